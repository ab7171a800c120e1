// The memory behind tensors, as Python has it, and what a program could do to it.
import torch, { UntypedStorage } from 'nodetorch';
import { results } from './storages.json';
import { classAndMessage } from './errors';

function said(call: () => unknown): unknown {
  let value: unknown;
  const error = classAndMessage(() => void (value = call()));
  if (error !== 'nothing') return error;
  if (value instanceof UntypedStorage) return value.tolist();
  return typeof value === 'bigint' ? Number(value) : (value ?? null);
}
// Python names its own types in messages.
const inOurs = (all: readonly unknown[]): unknown[] =>
  all.map((one) => (typeof one === 'string' ? one.replace('but got float', 'but got number') : one));

const x = torch.arange(4).float();
const s = x.untypedStorage();
const of = (...values: number[]) => new UntypedStorage(values);
const meta = new UntypedStorage(2, { device: 'meta' });

test('sizes, bytes and identity', () => {
  expect([s.nbytes(), s.size(), s.size(), s.elementSize(), s.resizable(), s.isShared()]).toEqual(
    results.sizes,
  );
  expect([
    s === x.at('1:').untypedStorage(),
    s.dataPtr() === x.dataPtr(),
    s === x.clone().untypedStorage(),
    s.untyped() === s,
    s.cpu() === s,
    s.to({ device: 'cpu' }) === s,
    s.copy_(s) === s,
    torch.isStorage(s),
    torch.isStorage(x),
  ]).toEqual(results.identity);
  expect(s.tolist()).toEqual(results.bytes);
  expect([String(s.device), s.getDevice(), s.isCuda, s.isPinned(), s.isSparse]).toEqual([
    'cpu',
    -1,
    false,
    false,
    false,
  ]);
});

test('bytes by their place', () => {
  const mine = of(1, 2, 3, 4);
  expect([-1, 6, 16, -17].map((i) => said(() => s.get(i)))).toEqual(results.indices);
  const slices = [s.slice(2, 6), s.slice(-2), s.slice(14, 99), s.slice(5, 3)];
  expect(slices.map((one) => said(() => one))).toEqual(results.slices);
  expect([
    ...[300, -1, 7].map((value) => said(() => mine.set(0, value))),
    said(() => mine),
    said(() => mine.set(4, 1)),
  ]).toEqual(results.set);
  expect([300, -1, 3, 1.5].map((value) => said(() => mine.fill_(value)))).toEqual(inOurs(results.fill));
  expect([of(1, 2, 300), new UntypedStorage(0), new UntypedStorage()].map((one) => said(() => one))).toEqual(
    results.made,
  );
  const part = mine.slice(1, 3);
  part.fill_(9);
  expect(mine.tolist()).toEqual([3, 9, 9, 3]);
});

test('copies', () => {
  const mine = of(1, 2, 3, 4);
  expect([
    said(() => mine.copy_(of(5, 6, 7, 8))),
    said(() => s.copy_(new UntypedStorage(4))),
    said(() => s.copy_(of(9))),
  ]).toEqual(results.copy);
  expect([
    said(() => mine.clone()),
    mine.clone().dataPtr() === mine.dataPtr(),
    said(() => mine.new()),
  ]).toEqual(results.clone);
});

test('another size', () => {
  const mine = of(5, 6, 7, 8);
  expect([
    said(() => mine.resize_(2)),
    said(() => mine.resize_(5).nbytes()),
    said(() => mine.resize_(0)),
    said(() => mine.resize_(2.5)),
    said(() => new UntypedStorage(2, { device: 'meta' }).resize_(7).nbytes()),
    said(() => of(1, 2).share_memory_().resizable()),
    said(() => of(1, 2).share_memory_().isShared()),
    said(() => of(1, 2).share_memory_()),
    said(() => s.slice(2, 6).resizable()),
    said(() => s.slice(2, 6).resize_(3)),
  ]).toEqual(inOurs(results.resize));
});

test('no memory at all', () => {
  expect([
    said(() => meta.get(0)),
    said(() => meta.tolist()),
    said(() => meta.dataPtr()),
    said(() => meta.cpu()),
    said(() => meta.isShared()),
  ]).toEqual(results.meta);
  expect([
    said(() => torch.eye(2).toSparse().untypedStorage()),
    said(() => torch.eye(2).toSparseCsr().untypedStorage()),
    said(() => torch.eye(2).toMkldnn().untypedStorage()),
  ]).toEqual(results.none);
  expect([of(1, 2), new UntypedStorage(0), meta].map(String)).toEqual(results.text);
});

test('a tensor follows its memory', () => {
  const y = torch.zeros([2, 2]);
  const memory = y.untypedStorage();
  memory.fill_(64); // 0x40404040
  expect(y.tolist()).toEqual([
    [3.0039215087890625, 3.0039215087890625],
    [3.0039215087890625, 3.0039215087890625],
  ]);
  memory.resize_(64);
  y.resize_([4, 4]);
  expect([y.untypedStorage() === memory, (y.at(0).tolist() as number[])[0]]).toEqual([
    true,
    3.0039215087890625,
  ]);
  y.resize_([5, 5]);
  expect([memory.nbytes(), memory.tolist().length]).toEqual([100, 100]);
});

test('no tensor is left with less than it reads', () => {
  const y = torch.ones([4]);
  const memory = y.untypedStorage();
  expect(classAndMessage(() => memory.resize_(12))).toMatch(
    /^RuntimeError: resize_\(\): a tensor uses 16 bytes/,
  );
  const half = y.at(':2');
  expect(classAndMessage(() => memory.resize_(0))).toMatch(/a tensor uses/);
  y.dispose();
  // The half has the whole for its base.
  expect(classAndMessage(() => memory.resize_(8))).toMatch(/a view's base/);
  expect(half.tolist()).toEqual([1, 1]);
  const w = torch.ones([4], { requiresGrad: true });
  const kept = torch.ones([4]);
  const product = w.mul(kept);
  const saved = kept.untypedStorage();
  kept.dispose();
  expect(classAndMessage(() => saved.resize_(0))).toMatch(/a graph/);
  product.sum().backward();
  expect(w.grad?.tolist()).toEqual([1, 1, 1, 1]);
  product.dispose();
});

test('what cannot be', () => {
  expect(classAndMessage(() => s.resize_(-1))).toBe(
    'RuntimeError: resize_(): a storage cannot have -1 bytes',
  );
  expect(classAndMessage(() => new UntypedStorage(4).resize_(2 ** 52))).toMatch(
    /^RuntimeError.*allocate memory/s,
  );
  expect(classAndMessage(() => new UntypedStorage(2 ** 52))).toMatch(/^RuntimeError.*allocate memory/s);
  expect(classAndMessage(() => new UntypedStorage(-1))).toMatch(/^RuntimeError: UntypedStorage/);
  expect(classAndMessage(() => new UntypedStorage(x as never))).toMatch(/^TypeError: UntypedStorage/);
  expect(classAndMessage(() => s.copy_(x as never))).toMatch(/^TypeError: copy_\(\): argument 'source'/);
  expect(classAndMessage(() => s.get(1.5))).toMatch(/^TypeError/);
  const viewed = torch.ones([2]);
  expect(viewed.viewTypedArray()).toHaveLength(2);
  const external = viewed.untypedStorage();
  expect([external.resizable(), said(() => external.resize_(99))]).toEqual([
    false,
    'RuntimeError: Trying to resize storage that is not resizable',
  ]);
  expect(() => external.share_memory_()).toThrow('a typed array uses this memory');
  const gone = torch.ones([2]);
  const memory = gone.untypedStorage();
  gone.dispose();
  expect(memory.nbytes()).toBe(8); // it holds the memory itself
  memory.dispose();
  expect([memory.isDisposed, String(memory)]).toEqual([true, '[torch.storage.UntypedStorage(<disposed>)]']);
  for (const call of [
    () => memory.nbytes(),
    () => memory.resize_(1),
    () => memory.fill_(1),
    () => memory.clone(),
  ]) {
    expect(call).toThrow(/dispose/);
  }
  expect(() => gone.untypedStorage()).toThrow(/dispose/);
  const scoped = torch.tidy(() => [torch.ones([2]).untypedStorage()]);
  expect(scoped[0].isDisposed).toBe(true);
  expect(() => torch.func.vmap((one: torch.Tensor) => (one.untypedStorage(), one))(torch.ones([2]))).toThrow(
    'Cannot access storage of BatchedTensorImpl',
  );
});
