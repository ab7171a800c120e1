// Freed CPU memory that waits to be used again.
import { emptyCache, memory, setCpuCacheLimit } from '../../lib/tensor/memory';
import { runChild } from './support/child';
import { type Tensor, torch } from './support/torch';

const MiB = 2 ** 20;
const make = (bytes: number): Tensor => torch.empty([bytes], { dtype: 'uint8' }) as Tensor;
const { limit } = memory().cache;

beforeEach(() => emptyCache());
afterEach(() => setCpuCacheLimit(limit));

test('a freed block is given out again, for its size and a little less', () => {
  const first = make(3 * MiB);
  const address = first.dataPtr();
  first.dispose();
  const { bytes, reused } = memory().cache;
  expect(bytes).toBeGreaterThanOrEqual(3 * MiB);
  const second = make(3 * MiB - 1000);
  expect([second.dataPtr(), memory().cache.reused]).toEqual([address, reused + 1]);
  second.dispose();
  const larger = make(4 * MiB);
  expect(larger.dataPtr()).not.toBe(address);
});

test('blocks of every size are aligned and hold what was written', () => {
  for (const bytes of [1, 63, 64, 65, 4095, 4096, 4097, 65_535, 65_536, 65_537, MiB + 1, 40 * MiB]) {
    for (let round = 0; round < 3; round++) {
      const x = make(bytes);
      expect(x.dataPtr() % 64n).toBe(0n);
      x.fill_(7);
      const y = make(bytes).fill_(9) as Tensor;
      expect([x.min().item(), x.max().item(), y.max().item()]).toEqual([7, 7, 9]);
      x.dispose();
      y.dispose();
    }
  }
});

test('the limit holds: the oldest blocks go first', () => {
  setCpuCacheLimit(10 * MiB);
  const tensors = [4, 5, 6].map((size) => make(size * MiB));
  for (const one of tensors) one.dispose();
  const { bytes } = memory().cache;
  expect(bytes).toBeLessThanOrEqual(10 * MiB);
  expect(bytes).toBeGreaterThanOrEqual(6 * MiB);
  make(20 * MiB).dispose(); // more than the limit: not kept
  expect(memory().cache.bytes).toBe(bytes);
  setCpuCacheLimit(0);
  expect(memory().cache).toMatchObject({ bytes: 0, limit: 0 });
  make(MiB).dispose();
  expect(memory().cache.bytes).toBe(0);
  for (const wrong of [-1, 1.5, NaN, '5']) {
    expect(() => setCpuCacheLimit(wrong as number)).toThrow("argument 'bytes' must be a whole number");
  }
});

test('emptyCache gives the memory back to the system', () => {
  setCpuCacheLimit(1024 * MiB);
  const rss = () => process.memoryUsage.rss() / MiB;
  const x = make(300 * MiB).fill_(1) as Tensor;
  x.dispose();
  const held = rss();
  emptyCache();
  expect(memory().cache.bytes).toBe(0);
  expect(held - rss()).toBeGreaterThan(250);
});

test.each([
  ['0', '0 0\n'],
  ['64', '67108864 1\n'],
  ['nonsense', `${512 * MiB} 1\n`],
])('NODETORCH_CPU_CACHE=%s', (value, out) => {
  const child = runChild('cpu_cache_child.ts', [], { env: { NODETORCH_CPU_CACHE: value } });
  expect({ out: child.out, code: child.code }).toEqual({ out, code: 0 });
});
