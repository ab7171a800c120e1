// What a tensor says of itself, conversions, identity, and the methods written by hand.
import util from 'node:util';
import * as torch from 'nodetorch';
import { classAndMessage } from './errors';
import { Tensor } from 'nodetorch';
import { live } from './fixtures/live';

const typeError = expect.objectContaining({ name: 'TypeError' });
const rangeError = expect.objectContaining({ name: 'RangeError' });

describe('properties', () => {
  const x = torch.arange(24, { dtype: 'float32' }).reshape([2, 3, 4]);
  test('sizes', () => {
    expect(x.shape).toEqual([2, 3, 4]);
    expect(x.size()).toEqual([2, 3, 4]);
    expect(x.size(1)).toBe(3);
    expect(x.size(-1)).toBe(4);
    expect(x.ndim).toBe(3);
    expect(x.dim()).toBe(3);
    expect(x.numel()).toBe(24);
    expect(x.stride()).toEqual([12, 4, 1]);
    expect(x.stride(0)).toBe(12);
    expect(x.storageOffset()).toBe(0);
    expect(x.elementSize()).toBe(4);
    expect(x.itemsize).toBe(4);
    expect(x.nbytes).toBe(96);
    expect(torch.tensor(1).shape).toEqual([]);
    expect(torch.tensor(1).stride()).toEqual([]);
    expect(torch.tensor(1).numel()).toBe(1);
    for (const dim of [3, -4, 0.5, NaN]) {
      expect(() => x.size(dim)).toThrow(rangeError);
      expect(() => x.stride(dim)).toThrow(rangeError);
    }
  });
  test('layout in memory', () => {
    const y = x.at(1, ':', '1:');
    expect(y.shape).toEqual([3, 3]);
    expect(y.stride()).toEqual([4, 1]);
    expect(y.storageOffset()).toBe(13);
    expect(y.isContiguous()).toBe(false);
    expect(y.dataPtr() - x.dataPtr()).toBe(52n);
    expect(y.storage()).toEqual(x.storage());
    expect(x.storage().nbytes).toBe(96);
    expect(x.clone().storage().id).not.toBe(x.storage().id);
    const image = torch.zeros([1, 3, 4, 4]).contiguous({ memoryFormat: torch.channelsLast });
    expect(image.isContiguous()).toBe(false);
    expect(image.isContiguous({ memoryFormat: torch.channelsLast })).toBe(true);
    expect(() => x.isContiguous({ memoryFormat: 'odd' as never })).toThrow(typeError);
  });
  test('dtype, device and layout', () => {
    expect(x.dtype).toBe(torch.float32);
    expect(x.isFloatingPoint()).toBe(true);
    expect(x.isComplex()).toBe(false);
    expect(x.isCpu).toBe(true);
    expect(x.isCuda).toBe(false);
    expect(x.isMeta).toBe(false);
    expect(x.isSparse).toBe(false);
    expect(x.layout).toBe(torch.strided);
    expect(x.device).toBe(torch.device('cpu'));
    expect(torch.eye(2).toSparse().isSparse).toBe(true);
    expect(torch.zeros([2], { device: 'meta' }).dataPtr()).toBe(0n);
    expect(x.isPinned()).toBe(false);
  });
  test('shape cannot be changed through what is returned', () => {
    const y = torch.zeros([2, 3]);
    try {
      (y.shape as unknown as number[])[0] = 100;
    } catch {
      // Frozen: just as good.
    }
    expect(y.shape).toEqual([2, 3]);
    expect(torch.zeros([2, 3]).shape).toEqual([2, 3]);
  });
});

describe('identity', () => {
  test('an in-place operator returns the very object', () => {
    const x = torch.ones([2]);
    expect(x.add_(1)).toBe(x);
    expect(x.mul_(2).sub_(1).clamp_(0, 2)).toBe(x);
    const out = torch.empty([0]);
    expect(torch.add(x, x, { out })).toBe(out);
  });
  test('is: one tensor behind two objects', () => {
    const x = torch.ones([2], { requiresGrad: true });
    x.sum().backward();
    expect(x.grad!.is(x.grad!)).toBe(true);
    expect(x.is(x.detach())).toBe(false);
    expect(x.is(x)).toBe(true);
    expect(() => x.is(3 as never)).toThrow(typeError);
  });
  test('version counts changes in place, also through views', () => {
    const x = torch.tensor([0, 0]);
    x.add_(1);
    x.at(0).mul_(2);
    x.setAt([1], 5);
    expect(x.version).toBe(3);
    expect(x.at(0).version).toBe(3);
  });
});

describe('to', () => {
  const x = torch.tensor([1.5, -2.5]);
  test('a dtype, device, tensor or options', () => {
    expect(x.to(torch.int64).tolist()).toEqual([1, -2]);
    expect(x.to('float64').dtype).toBe(torch.float64);
    expect(x.to('cpu', 'int32').dtype).toBe(torch.int32);
    expect(x.to(torch.ones([1], { dtype: 'int8' })).dtype).toBe(torch.int8);
    expect(x.to({ dtype: 'bool' }).tolist()).toEqual([true, true]);
    expect(x.to('meta').isMeta).toBe(true);
  });
  test('is the tensor itself where nothing changes, and a copy on demand', () => {
    for (const y of [x.to('cpu'), x.float(), x.to({}), x.cpu()]) expect(y).toBe(x);
    expect(x.to({ copy: true }).storage().id).not.toBe(x.storage().id);
  });
  test.each([
    ['double', 'float64'],
    ['float', 'float32'],
    ['half', 'float16'],
    ['bfloat16', 'bfloat16'],
    ['long', 'int64'],
    ['int', 'int32'],
    ['short', 'int16'],
    ['char', 'int8'],
    ['bool', 'bool'],
    ['cfloat', 'complex64'],
    ['cdouble', 'complex128'],
  ] as const)('%s', (method, dtype) => expect(x[method]().dtype.name).toBe(dtype));
  test('keeps strides or takes a memory format', () => {
    const image = torch.zeros([2, 3, 4, 4]);
    expect(image.double({ memoryFormat: torch.channelsLast }).stride()).toEqual([48, 1, 12, 3]);
    expect(torch.zeros([2, 3]).t().double().stride()).toEqual([1, 3]);
  });
  test('is differentiable', () => {
    const y = torch.ones([1], { requiresGrad: true });
    y.double().mul(3).sum().backward();
    expect(y.grad!.dtype).toBe(torch.float32);
    expect(y.grad!.tolist()).toEqual([3]);
  });
  test('wrong arguments', () => {
    for (const bad of [3, true, Symbol('x'), () => 1]) expect(() => x.to(bad as never)).toThrow(typeError);
    expect(() => x.to('nowhere' as never)).toThrow();
    expect(() => x.to({ dtype: 'nothing' as never })).toThrow(typeError);
    if (!torch.cuda.isAvailable()) expect(() => x.cuda()).toThrow('CUDA is not available');
  });
});

describe('iteration', () => {
  test('over the first dimension', () => {
    const x = torch.tensor([
      [1, 2],
      [3, 4],
    ]);
    const [first, second, ...more] = x;
    expect(first.tolist()).toEqual([1, 2]);
    expect(second.tolist()).toEqual([3, 4]);
    expect(more).toEqual([]);
    expect(() => [...torch.tensor(1)]).toThrow('iteration over a 0-d tensor');
  });
});

describe('results', () => {
  test('lists, named tuples, numbers, booleans', () => {
    const x = torch.tensor([
      [3, 1],
      [2, 4],
    ]);
    const { values, indices } = x.max(1);
    expect(values.tolist()).toEqual([3, 4]);
    expect(indices.tolist()).toEqual([0, 1]);
    const [sorted] = x.sort(1);
    expect(sorted.tolist()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(x.split(1).map((part) => part.shape)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(x.equal(x.clone())).toBe(true);
    expect(x.isSameSize(x)).toBe(true);
    expect(torch.resultType(x, 1n)).toBe(torch.float32);
  });
});

describe('disposal', () => {
  test('frees at once; use afterwards is a TypeError', () => {
    const before = live().tensors;
    const x = torch.ones([2]);
    expect(torch.memory().tensors - before).toBe(1);
    expect(x.isDisposed).toBe(false);
    x.dispose();
    x.dispose();
    expect(torch.memory().tensors - before).toBe(0);
    expect(x.isDisposed).toBe(true);
    expect(String(x)).toBe('tensor(<disposed>)');
    expect(() => x.shape).toThrow(typeError);
    expect(() => x.add(1)).toThrow('disposed');
    expect(() => torch.add(torch.ones([1]), x)).toThrow('disposed');
    expect(() => x.at(0)).toThrow(typeError);
    expect(() => x.tolist()).toThrow(typeError);
    expect(() => x.backward()).toThrow(typeError);
  });
  test('views and graphs keep what they need', () => {
    const x = torch.ones([2], { requiresGrad: true });
    const y = x.mul(3);
    const row = y.at(0);
    y.dispose();
    row.backward();
    expect(x.grad!.tolist()).toEqual([3, 0]);
  });
  test('Symbol.dispose', () => {
    const x = torch.ones([1]);
    x[Symbol.dispose]();
    expect(x.isDisposed).toBe(true);
  });
});

describe('functions with a form of their own', () => {
  const x = torch.tensor([
    [3, 1],
    [1, 2],
  ]);
  test('norm', () => {
    expect(x.norm().item()).toBeCloseTo(Math.sqrt(15), 6);
    expect(x.norm(1).item()).toBe(7);
    expect(x.norm(Infinity, 1).tolist()).toEqual([3, 2]);
    expect(x.norm({ p: 1, dim: 0, keepdim: true }).tolist()).toEqual([[4, 3]]);
    expect(x.norm('nuc').item()).toBeCloseTo(5, 5);
    expect(torch.norm(x, 2, { dtype: 'float64' }).dtype).toBe(torch.float64);
    expect(() => x.norm({ q: 1 } as never)).toThrow("unexpected keyword argument 'q'");
  });
  test('unique and uniqueConsecutive', () => {
    expect(x.unique().tolist()).toEqual([1, 2, 3]);
    const [values, inverse, counts] = x.unique({ returnInverse: true, returnCounts: true });
    expect(values.tolist()).toEqual([1, 2, 3]);
    expect(inverse.tolist()).toEqual([
      [2, 0],
      [0, 1],
    ]);
    expect(counts.tolist()).toEqual([2, 1, 1]);
    const rows = torch.tensor([
      [1, 2],
      [1, 2],
      [0, 5],
    ]);
    expect(rows.unique({ dim: 0 }).tolist()).toEqual([
      [0, 5],
      [1, 2],
    ]);
    const [runs, lengths] = torch.tensor([1, 1, 2, 1]).uniqueConsecutive({ returnCounts: true });
    expect(runs.tolist()).toEqual([1, 2, 1]);
    expect(lengths.tolist()).toEqual([2, 1, 1]);
  });
  test('nonzero', () => {
    const y = torch.tensor([
      [0, 1],
      [2, 0],
    ]);
    expect(y.nonzero().tolist()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    const [rows, columns] = y.nonzero({ asTuple: true });
    expect(rows.tolist()).toEqual([0, 1]);
    expect(columns.tolist()).toEqual([1, 0]);
  });
  const a = torch.arange(6, { dtype: 'float32' }).reshape([2, 3]);
  test('einsum, tensordot and cdist', () => {
    expect(torch.einsum('ij,kj->ik', a, a).equal(a.matmul(a.t()))).toBe(true);
    expect(torch.einsum('ij,kj->ik', [a, a]).equal(a.matmul(a.t()))).toBe(true);
    expect(torch.tensordot(a, a, 2).item()).toBe(55);
    expect(torch.tensordot(a, a, [[1], [1]]).equal(a.matmul(a.t()))).toBe(true);
    expect(() => torch.tensordot(a, a, 3)).toThrow('dims=3');
    expect(torch.cdist(a, a).tolist()).toEqual([
      [0, Math.fround(Math.sqrt(27))],
      [Math.fround(Math.sqrt(27)), 0],
    ]);
  });
  test('meshgrid, cartesianProd and blockDiag', () => {
    const [p, q] = torch.meshgrid(torch.arange(2), torch.arange(3), { indexing: 'xy' });
    expect(p.tolist()).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(q.tolist()).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(torch.meshgrid([torch.arange(2), torch.arange(3)])[0].shape).toEqual([2, 3]);
    expect(torch.cartesianProd(torch.tensor([1, 2]), torch.tensor([3, 4])).tolist()).toEqual([
      [1, 3],
      [1, 4],
      [2, 3],
      [2, 4],
    ]);
    expect(torch.blockDiag(torch.ones([1, 2]), torch.ones([1])).tolist()).toEqual([
      [1, 1, 0],
      [0, 0, 1],
    ]);
  });
  test('broadcastTensors and broadcastShapes', () => {
    expect(torch.broadcastTensors(torch.ones([2, 1]), torch.ones([3])).map((y) => y.shape)).toEqual([
      [2, 3],
      [2, 3],
    ]);
    expect(torch.broadcastShapes([2, 1], 3, [1, 1, 1])).toEqual([1, 2, 3]);
    expect(classAndMessage(() => torch.broadcastShapes([2], [3]))).toMatch(
      /^RuntimeError: Attempting to broadcast/,
    );
    expect(classAndMessage(() => torch.broadcastShapes([-2]))).toMatch(/^ValueError: /);
  });
  test('atleast1d, atleast2d and unravelIndex', () => {
    expect(torch.atleast2d(torch.tensor(1)).shape).toEqual([1, 1]);
    expect(torch.atleast1d(torch.tensor(1), torch.ones([2, 2])).map((y) => y.shape)).toEqual([[1], [2, 2]]);
    const sizes = torch.tensor([3n, 4n]).tolist() as unknown as number[];
    expect(torch.unravelIndex(torch.tensor(11n), sizes).map((y) => y.item())).toEqual([2, 3]);
    expect(torch.unravelIndex(torch.tensor([5n, 11n]), [3, 4]).map((y) => y.tolist())).toEqual([
      [1, 2],
      [1, 3],
    ]);
  });
  test('newTensor keeps dtype and device', () => {
    expect(torch.ones([1], { dtype: 'int16' }).newTensor([1, 2]).dtype).toBe(torch.int16);
    expect(torch.ones([1]).newTensor([1n], { dtype: 'int64' }).tolist()).toEqual([1]);
  });
  test('constants', () => {
    expect(torch.pi).toBe(Math.PI);
    expect(torch.e).toBe(Math.E);
    expect(torch.inf).toBe(Infinity);
    expect(torch.nan).toBe(NaN);
    expect(torch.newaxis).toBe(null);
  });
});

test('what is no tensor', () => {
  const prototype = Object.create(Tensor.prototype) as Tensor;
  expect(() => prototype.shape).toThrow(typeError);
  expect(() => prototype.add(1)).toThrow(typeError);
  expect(() => new (Tensor as never as new (handle: unknown) => Tensor)({}).tolist()).toThrow(typeError);
});

test('util.inspect prints what toString prints', () => {
  const x = torch.tensor([1, 2]);
  expect(util.inspect(x)).toBe(String(x));
  expect(util.inspect({ x })).toContain('tensor(');
});
