// Tensors from JS values, from memory and from the factories.
import * as torch from 'nodetorch';
import { classAndMessage } from './errors';
import { Complex, tensor } from 'nodetorch';
import { type Call, call } from './fixtures/calls';
import fixture from './fixtures/creation.json';

const typeError = expect.objectContaining({ name: 'TypeError' });
const rangeError = expect.objectContaining({ name: 'RangeError' });
const calls = fixture.calls as unknown as Call[];
const made = (x: torch.Tensor) => [x.dtype.name, [...x.shape], x.tolist()];

describe('factories make what Python makes', () => {
  test.each([...new Set(calls.map(({ name }) => name))])('%s', (wanted) => {
    for (const { name, args, kwargs, result } of calls.filter((each) => each.name === wanted)) {
      expect([args, kwargs, call(name, args, kwargs)]).toEqual([args, kwargs, result]);
    }
  });
  test('sizes one by one, and options', () => {
    expect(torch.zeros(2, 3).shape).toEqual([2, 3]);
    const x = torch.ones([2], { dtype: torch.float64, requiresGrad: true });
    expect([x.dtype, x.requiresGrad, x.isLeaf, String(x.device)]).toEqual([torch.float64, true, true, 'cpu']);
    expect(torch.empty([2, 3, 4, 4], { memoryFormat: torch.channelsLast }).stride()).toEqual([48, 1, 12, 3]);
    expect(torch.zeros([2], { device: 'meta' }).isMeta).toBe(true);
    const out = torch.empty([0]);
    expect(torch.zeros([2], { out })).toBe(out);
    expect(out.shape).toEqual([2]);
  });
  test('full: a number makes the default dtype, a bigint int64, a boolean bool', () => {
    expect(made(torch.full([2], 3))).toEqual(['float32', [2], [3, 3]]);
    expect(made(torch.full([1], 3n))).toEqual(['int64', [1], [3]]);
    expect(made(torch.full([1], true))).toEqual(['bool', [1], [true]]);
    expect(made(torch.full([1], new Complex(1, 2)))).toEqual(['complex64', [1], [new Complex(1, 2)]]);
  });
  test('what is wrong', () => {
    expect(() => torch.zeros([-1])).toThrow('negative');
    expect(() => torch.zeros([1.5])).toThrow(typeError);
    expect(() => torch.zeros([2], { dtype: 'float33' as never })).toThrow(typeError);
    expect(() => torch.zeros([2], { colour: 'red' } as never)).toThrow("unexpected keyword 'colour'");
    expect(() => torch.zeros([2], { device: 'cuda:999' })).toThrow();
  });
});

describe('tensor', () => {
  // What it makes of them is in the fixture.
  test('of tensors: refuses those of more than one element, and what they cannot become', () => {
    const x = torch.tensor([1.5, 2]);
    const complex = tensor(new Complex(1, 2));
    const refuses = (data: torch.TensorData, options?: torch.TensorOptions) =>
      classAndMessage(() => tensor(data, options));
    const one = 'only one element tensors can be converted to Python scalars';
    const index = 'only integer tensors of a single element can be converted to an index';
    expect(refuses([x, x])).toBe(`ValueError: ${one}`);
    expect(refuses([1, torch.zeros([0])])).toBe(`ValueError: ${one}`);
    expect(refuses([x.at(0)], { dtype: torch.int64 })).toBe(`TypeError: ${index}`);
    expect(refuses([x.at(0)], { dtype: torch.bool })).toBe(`TypeError: ${index}`);
    expect(refuses([complex], { dtype: torch.int64 })).toBe(`TypeError: ${index}`);
    expect(refuses([complex], { dtype: torch.float32 })).toBe(
      'RuntimeError: value cannot be converted to type double without overflow',
    );
    expect(refuses([torch.empty([], { device: 'meta' })])).toBe(
      'RuntimeError: Tensor.item() cannot be called on meta tensors',
    );
    expect(refuses([[1, 2], x.at('0:1')])).toMatch(
      /^ValueError: .*expected sequence of length 2 at dim 1 \(got 1\)/,
    );
    expect(refuses([[1], x.at(0)])).toMatch(/^TypeError: /);
    expect(refuses([x.at(0), [1]])).toMatch(/^TypeError: /);
  });
  test('of tensors: keeps the bits of int64, and leaves the graph behind', () => {
    const exact = 9007199254740993n;
    expect(tensor([tensor(exact), 1n]).tolist()).toEqual([exact, 1]);
    const leaf = tensor(2, { requiresGrad: true });
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation();
    expect([tensor([leaf, leaf.mul(2)]).requiresGrad, tensor([leaf]).tolist()]).toEqual([false, [2]]);
    expect(warned.mock.calls.map(([text]) => String(text).split('\n')[0])).toEqual([
      'Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.',
    ]);
    warned.mockRestore();
    const copy = tensor([leaf, 1], { requiresGrad: true });
    expect([copy.isLeaf, copy.requiresGrad, copy.newTensor([leaf]).dtype]).toEqual([
      true,
      true,
      torch.float32,
    ]);
  });
  test.each<[string, torch.TensorData, unknown[]]>([
    ['a number', 5, ['float32', [], 5]],
    ['a bigint', 5n, ['int64', [], 5]],
    ['a boolean', true, ['bool', [], true]],
    ['a complex number', new Complex(1, -2), ['complex64', [], new Complex(1, -2)]],
    [
      'numbers',
      [
        [1, 2],
        [3, 4],
      ],
      [
        'float32',
        [2, 2],
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ],
    ['bigints', [1n, -(2n ** 63n)], ['int64', [2], [1, -(2n ** 63n)]]],
    ['booleans', [true, false], ['bool', [2], [true, false]]],
    ['bigints and booleans', [1n, true], ['int64', [2], [1, 1]]],
    ['numbers and bigints', [1.5, 2n], ['float32', [2], [1.5, 2]]],
    [
      'complex and other numbers',
      [new Complex(1, 2), 3],
      ['complex64', [2], [new Complex(1, 2), new Complex(3, 0)]],
    ],
    ['nothing', [], ['float32', [0], []]],
    ['nested nothing', [[], []], ['float32', [2, 0], [[], []]]],
    ['a Uint8Array', new Uint8Array([1, 255]), ['uint8', [2], [1, 255]]],
    ['a Uint8ClampedArray', new Uint8ClampedArray([1, 255]), ['uint8', [2], [1, 255]]],
    ['a Buffer', Buffer.from([1, 2]), ['uint8', [2], [1, 2]]],
    ['an Int8Array', new Int8Array([-1]), ['int8', [1], [-1]]],
    ['an Int16Array', new Int16Array([-1]), ['int16', [1], [-1]]],
    ['a Uint16Array', new Uint16Array([65535]), ['uint16', [1], [65535]]],
    ['an Int32Array', new Int32Array([-1]), ['int32', [1], [-1]]],
    ['a Uint32Array', new Uint32Array([2 ** 32 - 1]), ['uint32', [1], [2 ** 32 - 1]]],
    ['a Float32Array', new Float32Array([0.5]), ['float32', [1], [0.5]]],
    ['a Float64Array', new Float64Array([0.1]), ['float64', [1], [0.1]]],
    ['a BigInt64Array', new BigInt64Array([-1n]), ['int64', [1], [-1]]],
    ['a BigUint64Array', new BigUint64Array([2n ** 64n - 1n]), ['uint64', [1], [2n ** 64n - 1n]]],
    [
      'typed arrays in an array',
      [new Float64Array([1, 2]), new Float64Array([3, 4])],
      [
        'float32',
        [2, 2],
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ],
    ['an empty typed array', new Float32Array(0), ['float32', [0], []]],
    ['part of a buffer', new Float32Array(new Float32Array([1, 2, 3]).buffer, 4, 1), ['float32', [1], [2]]],
  ])('of %s', (_, data, expected) => expect(made(tensor(data))).toEqual(expected));

  test.each<[torch.DTypeName, torch.TensorData, unknown]>([
    ['int64', [1.9, -1.9], [1, -1]],
    ['uint8', [255, 0.5], [255, 0]],
    ['bool', [0, 2, NaN], [false, true, true]],
    ['float64', [1n, true], [1, 1]],
    ['float16', [1 / 3], [0.333251953125]],
    ['complex128', [1, new Complex(0, 1)], [new Complex(1, 0), new Complex(0, 1)]],
    ['int32', new Float32Array([1.5, -2.5]), [1, -2]],
    ['int64', [true, 5n, 2], [1, 5, 2]],
  ])('as %s', (dtype, data, values) => {
    const x = tensor(data, { dtype });
    expect([x.dtype.name, x.tolist()]).toEqual([dtype, values]);
  });

  test('copies', () => {
    const array = new Float32Array([1, 2]);
    const x = tensor(array);
    array[0] = 9;
    const y = tensor(x);
    x.fill_(5);
    expect([x.tolist(), y.tolist(), y.requiresGrad]).toEqual([[5, 5], [1, 2], false]);
  });
  test('options', () => {
    const x = tensor([1], { requiresGrad: true, device: 'cpu', dtype: 'torch.float64' as never });
    expect([x.requiresGrad, x.isLeaf, x.dtype]).toEqual([true, true, torch.float64]);
    expect(tensor([1], { dtype: null, device: null }).dtype).toBe(torch.float32);
    expect(tensor([[1, 2]], { device: 'meta' }).shape).toEqual([1, 2]);
  });
  test.each<[string, unknown, string]>([
    ['a number among rows', [[1], 2], 'expected an array at dimension 1, got number'],
    ['a row among numbers', [1, [2]], 'deeper than its neighbours'],
    ['a string', 'text', 'got string'],
    ['strings', ['1'], 'got string'],
    ['undefined', [undefined], 'got undefined'],
    ['a hole', new Array(2), 'got undefined'],
    ['a DataView', new DataView(new ArrayBuffer(8)), 'typed array'],
  ])('%s: a TypeError', (_, data, message) => {
    expect(() => tensor(data as torch.TensorData)).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(message) }),
    );
  });
  test.each<[string, unknown, string]>([
    ['null', [null], 'got null'],
    ['an object', {}, 'got object'],
    ['a symbol', Symbol('x'), 'got symbol'],
  ])('%s: what no dtype is for, a RuntimeError', (_, data, what) => {
    const message = `RuntimeError: tensor(): data must hold numbers, bigints or booleans, ${what}`;
    expect(classAndMessage(() => tensor(data as torch.TensorData))).toBe(message);
  });
  test('ragged rows: a ValueError', () => {
    const message = 'ValueError: tensor(): expected sequence of length 2 at dim 1 (got 1)';
    expect(classAndMessage(() => tensor([[1, 2], [3]]))).toBe(message); // prettier-ignore
  });
  test.each<[torch.DTypeName, torch.TensorData]>([
    ['uint8', [256]],
    ['uint8', [-1]],
    ['int8', [128]],
    ['int8', [NaN]],
    ['int32', [2 ** 31]],
    ['int32', [Infinity]],
    ['int64', [2 ** 53]],
    ['int64', [NaN]],
    ['int64', [2n ** 63n]],
    ['uint64', [-1n]],
    ['uint32', [2n ** 32n]],
  ])('what %s cannot hold: a RangeError', (dtype, data) => {
    expect(() => tensor(data, { dtype })).toThrow(rangeError);
  });
  test('a detached buffer, a cycle, a complex value for a real dtype', () => {
    const array = new Float32Array(2);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(tensor(array).shape).toEqual([0]);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => tensor(cycle as never)).toThrow('nested more than 64 deep');
    expect(() => tensor([new Complex(1, 0)], { dtype: 'float32' })).toThrow('a complex value cannot become');
    expect(() => tensor([1], { dtype: 'floaty' as never })).toThrow(typeError);
    expect(() => tensor([1], 'float32' as never)).toThrow(typeError);
    expect(() => tensor([1n], { requiresGrad: true })).toThrow(
      'only Tensors of floating point dtype can require gradients',
    );
  });
});

describe('the default dtype', () => {
  afterEach(() => torch.setDefaultDtype('float32'));
  test('of numbers and factories', () => {
    torch.setDefaultDtype(torch.float64);
    expect(torch.getDefaultDtype()).toBe(torch.float64);
    const dtypes = [
      tensor(1),
      torch.zeros([1]),
      torch.rand([1]),
      torch.full([1], 2),
      tensor(new Complex(1, 1)),
      torch.arange(0.5),
    ].map((x) => x.dtype.name);
    expect(dtypes).toEqual(['float64', 'float64', 'float64', 'float64', 'complex128', 'float64']);
    expect([tensor(1n).dtype, torch.arange(3).dtype]).toEqual([torch.int64, torch.int64]);
  });
  test('must be a floating-point dtype', () => {
    expect(() => torch.setDefaultDtype('int64')).toThrow(
      'only floating-point types are supported as the default type',
    );
    expect(() => torch.setDefaultDtype(3 as never)).toThrow(typeError);
    expect(torch.getDefaultDtype()).toBe(torch.float32);
  });
});

describe('asTensor', () => {
  test('is the tensor itself where nothing changes', () => {
    const x = tensor([1]);
    expect(torch.asTensor(x)).toBe(x);
    expect(torch.asTensor(x, { dtype: 'float64' }).dtype).toBe(torch.float64);
    expect(torch.asTensor([1, 2]).tolist()).toEqual([1, 2]);
  });
});

test.each([torch.float16, torch.bfloat16])('a Uint16Array is refused for %s: numbers, or bits?', (dtype) => {
  const bits = tensor([1, 2], { dtype }).toTypedArray();
  expect(() => tensor(bits, { dtype })).toThrow(
    `For the bits write torch.fromBlob(data, { dtype: ${dtype} }).clone(), for the numbers ` +
      `torch.tensor(data).to(${dtype})`,
  );
  expect(torch.fromBlob(bits, { dtype }).clone().tolist()).toEqual([1, 2]);
  expect(
    tensor(new Uint16Array([3]))
      .to(dtype)
      .tolist(),
  ).toEqual([3]);
  expect(tensor(new Uint16Array([3]), { dtype: torch.float32 }).tolist()).toEqual([3]);
  expect(tensor([3], { dtype }).newTensor([4]).dtype).toBe(dtype);
});
// Node 24 and later.
const withFloat16 = 'Float16Array' in globalThis ? test : test.skip;
withFloat16('a Float16Array makes float16', () => {
  const { Float16Array } = globalThis as unknown as {
    Float16Array: new (values: number[]) => ArrayBufferView;
  };
  const values = new Float16Array([1.5, -2]);
  expect(made(tensor(values))).toEqual(['float16', [2], [1.5, -2]]);
  expect(made(tensor(values, { dtype: torch.float16 }))).toEqual(['float16', [2], [1.5, -2]]);
  expect(made(torch.fromBlob(values))).toEqual(['float16', [2], [1.5, -2]]);
});

describe('fromBlob', () => {
  test('shares memory both ways', () => {
    const array = new Float32Array([1, 2, 3, 4]);
    const x = torch.fromBlob(array, { shape: [2, 2] });
    array[3] = 9;
    x.setAt([0, 0], 7);
    expect([x.tolist(), [...array]]).toEqual([
      [
        [7, 2],
        [3, 9],
      ],
      [7, 2, 3, 9],
    ]);
    expect(torch.fromBlob(array).storage().id).not.toBe(0n);
  });
  test('of an ArrayBuffer, of a part, with another dtype', () => {
    const { buffer } = new Uint16Array([0x3f80, 0x4000]);
    expect(made(torch.fromBlob(buffer))).toEqual(['uint8', [4], [0x80, 0x3f, 0, 0x40]]);
    expect(made(torch.fromBlob(buffer, { dtype: 'bfloat16' }))).toEqual(['bfloat16', [2], [1, 2]]);
    expect(
      made(torch.fromBlob(new Uint16Array(buffer, 2), { dtype: torch.bfloat16, shape: [1, 1] })),
    ).toEqual(['bfloat16', [1, 1], [[2]]]);
    expect(torch.fromBlob(new Float32Array([1]), { requiresGrad: true }).requiresGrad).toBe(true);
  });
  test('keeps the memory when the buffer is transferred', () => {
    const array = new Float32Array([1, 2, 3]);
    const x = torch.fromBlob(array);
    const moved = structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(array.length).toBe(0);
    expect(x.mul(2).tolist()).toEqual([2, 4, 6]);
    new Float32Array(moved)[0] = 5;
    expect(x.tolist()).toEqual([5, 2, 3]);
  });
  test('what does not fit', () => {
    expect(() => torch.fromBlob(new Float32Array(2), { shape: [3] })).toThrow(rangeError);
    expect(() => torch.fromBlob(new Uint8Array(3), { dtype: 'float32' })).toThrow(rangeError);
    expect(() => torch.fromBlob(new Uint8Array(new ArrayBuffer(8), 1, 4), { dtype: 'float32' })).toThrow(
      rangeError,
    );
    expect(() => torch.fromBlob(new Float32Array(new SharedArrayBuffer(8)))).toThrow(typeError);
    expect(() => torch.fromBlob([1, 2] as never)).toThrow(typeError);
    expect(() => torch.fromBlob(new Float32Array(2), { shape: [-1] })).toThrow(rangeError);
    const Resizable = ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer;
    expect(() => torch.fromBlob(new Resizable(8, { maxByteLength: 16 }))).toThrow('resizable');
    expect(torch.fromBlob(new Float32Array(0)).shape).toEqual([0]);
  });
});

test('isTensor', () => {
  expect([torch.isTensor(tensor(1)), torch.isTensor([1]), torch.isTensor(null)]).toEqual([
    true,
    false,
    false,
  ]);
});
