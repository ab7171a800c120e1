// Datasets, what batches are made of, what loaders refuse, and how they go on from a state.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import torch, { type Tensor } from 'nodetorch';
import { classAndMessage } from '../../errors';
import { discard, pack, unpack } from '../../../lib/utils/data/packing';
import { Numbers, Streamed } from './support/cases';

const { data } = torch.utils;

/** Tensors as their dtype and values. */
function told(value: unknown): unknown {
  if (torch.isTensor(value)) return [(value as Tensor).dtype.name, (value as Tensor).tolist()];
  if (Array.isArray(value)) return value.map(told);
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, told(one)]));
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, told(one)]));
}

// What Python's default_collate gives of the same items, with the differences that docs/differences.md names.
test.each<[name: string, batch: unknown[], expected: unknown]>([
  ['ints', [1, 2, 3], ['int64', [1, 2, 3]]],
  ['floats', [0.5, 2], ['float64', [0.5, 2]]],
  ['bigints', [1n, 2n ** 60n], ['int64', [1, 2n ** 60n]]],
  ['booleans', [true, false], ['bool', [true, false]]],
  ['not a number', [NaN, 1], ['float64', [NaN, 1]]],
  ['strings', ['a', 'b'], ['a', 'b']],
  ['bytes', [Buffer.from('a'), Buffer.from('bc')], [Buffer.from('a'), Buffer.from('bc')]],
  ['tensors', [torch.tensor([1, 2]), torch.tensor([3, 4])], ['float32', [[1, 2], [3, 4]]]], // prettier-ignore
  ['typed arrays', [new Int16Array([1, 2]), new Int16Array([3, 4])], ['int16', [[1, 2], [3, 4]]]], // prettier-ignore
  ['bytes of pixels', [new Uint8Array([1]), new Uint8Array([2])], ['uint8', [[1], [2]]]],
  ['pairs', [[1, 'a'], [2, 'b']], [['int64', [1, 2]], ['a', 'b']]], // prettier-ignore
  [
    'objects',
    [
      { x: 1, y: [0.5] },
      { x: 2, y: [1.5] },
    ],
    { x: ['int64', [1, 2]], y: [['float64', [0.5, 1.5]]] },
  ],
  ['Maps', [new Map([['x', 1]]), new Map([['x', 2]])], new Map([['x', ['int64', [1, 2]]]])],
])('defaultCollate of %s', (_, batch, expected) =>
  expect(told(data.defaultCollate(batch))).toEqual(expected),
);

test.each<[batch: unknown[], message: RegExp]>([
  [[[1], [1, 2]], /^RuntimeError: each element in list of batch should be of equal size/],
  [[null, null], /^TypeError: default_collate: batch must contain .*; found null/],
  [[new Date(0)], /found Date/],
  [[1, 'a'], /found string/],
  [[{ x: 1 }, { y: 1 }], /^KeyError: 'x'/],
  [
    [torch.ones([1]), torch.ones([2])],
    /stack expects each tensor to be equal size, but got \[1\] at entry 0 and \[2\] at entry 1/,
  ],
  [[new Float32Array(1), new Float32Array(2)], /stack expects each tensor to be equal size/],
  [[torch.ones([1]).toSparse()], /Batches of sparse tensors are not currently supported/],
  [[], /must be an array of at least one item/],
])('defaultCollate refuses %#', (batch, message) => {
  expect(classAndMessage(() => data.defaultCollate(batch))).toMatch(message);
});

test('defaultConvert makes tensors of typed arrays alone', () => {
  const item = { x: new Float64Array([1]), list: [new Uint8Array([2]), 3], map: new Map([['a', 'b']]) };
  const expected = { x: ['float64', [1]], list: [['uint8', [2]], 3], map: new Map([['a', 'b']]) };
  expect(told(data.defaultConvert(item))).toEqual(expected);
});

describe('datasets', () => {
  const [x, y] = [torch.arange(12).view([6, 2]), torch.arange(6)];
  const tensors = new data.TensorDataset(x, y);

  test('TensorDataset gives rows; a loader takes a whole batch of them at once, with the same values', () => {
    expect(told(tensors.get(-1))).toEqual(told([x.at(-1), y.at(5)]));
    const slow = new data.Subset({ length: 6, get: (i: number) => tensors.get(i) }, [5, 0, 0, 3]);
    const fast = new data.Subset(tensors, [5, 0, 0, 3]);
    const batches = (dataset: typeof slow) => told([...new data.DataLoader(dataset, { batchSize: 3 })]);
    expect(batches(fast)).toEqual(batches(slow));
    const graph = new data.TensorDataset(torch.ones([4, 2], { requiresGrad: true }));
    const [[rows]] = [...new data.DataLoader(graph, 4)];
    rows.sum().backward();
    expect(graph.tensors[0].grad!.tolist()).toEqual(torch.ones([4, 2]).tolist());
    expect(() => new data.TensorDataset(x, torch.ones([2]))).toThrow('Size mismatch between tensors');
  });

  test('ConcatDataset, StackDataset and ChainDataset', () => {
    const concat = new data.ConcatDataset([[1, 2], [], [3]]);
    expect([concat.length, concat.cumulativeSizes, concat.get(2), concat.get(-3)]).toEqual([
      3,
      [2, 2, 3],
      3,
      1,
    ]);
    expect(() => concat.get(-4)).toThrow('absolute value of index should not exceed dataset length');
    expect(() => new data.ConcatDataset([])).toThrow('datasets should not be an empty iterable');
    expect(new data.StackDataset([1, 2], ['a', 'b']).get(1)).toEqual([2, 'b']);
    const named = new data.StackDataset({ x: [1, 2], y: new data.Subset(['a', 'b'], [1, 0]) });
    expect([named.length, named.getItems([1, 0])]).toEqual([2, [{ x: 2, y: 'a' }, { x: 1, y: 'b' }]]); // prettier-ignore
    expect(() => new data.StackDataset([1], [1, 2])).toThrow('Size mismatch between datasets');
    expect(() => new data.StackDataset()).toThrow('At least one dataset should be passed');
    const chain = new data.ChainDataset([new Streamed(2, false, false), data.IterableDataset.from([7])]);
    expect([...(chain as Iterable<unknown>)]).toEqual([0, 1, 7]);
  });

  test('a Subset with a get of its own needs getItems', () => {
    class Doubled extends data.Subset<number> {
      override get(index: number): number {
        return 2 * index;
      }
    }
    expect(() => new Doubled([1], [0])).toThrow('Doubled overrides get but not getItems');
    expect(() => new data.Subset([1], [3]).get(0)).toThrow('index 3 is out of bounds for 1 items');
  });

  test('what is read asynchronously needs a loop that waits', async () => {
    const slow = { length: 3, get: (index: number) => Promise.resolve(index) };
    const batches = [];
    for await (const batch of new data.DataLoader(slow, { batchSize: 2 })) batches.push(batch.tolist());
    expect(batches).toEqual([[0, 1], [2]]);
    const lines = () => Readable.from(['a', 'b', 'c']);
    const texts = [];
    const loader = new data.DataLoader(data.IterableDataset.from(lines), { batchSize: 2 });
    for await (const batch of loader) texts.push(batch);
    for await (const batch of loader) texts.push(batch);
    expect(texts).toEqual([['a', 'b'], ['c'], ['a', 'b'], ['c']]);
    for (const dataset of [slow, data.IterableDataset.from(lines)]) {
      expect(() => [...new data.DataLoader<unknown>(dataset)]).toThrow(/for await \(const batch of loader\)/);
    }
  });

  test('leaving a loop ends the iterator of the dataset', async () => {
    const ended: string[] = [];
    function* numbers(name: string) {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        ended.push(name);
      }
    }
    for (const _ of new data.DataLoader(data.IterableDataset.from(() => numbers('for')))) break;
    for await (const _ of new data.DataLoader(data.IterableDataset.from(() => numbers('for await')))) break;
    const controller = new AbortController();
    const stream = data.IterableDataset.from(() => numbers('abort'));
    const loader = new data.DataLoader(stream, { signal: controller.signal });
    await expect(
      (async () => {
        for await (const _ of loader) controller.abort(new Error('enough'));
      })(),
    ).rejects.toThrow('enough');
    expect(ended).toEqual(['for', 'for await', 'abort']);
  });
});

const five = [1, 2, 3, 4, 5];
test.each<[options: object, message: string, dataset?: unknown]>([
  [{ numWorkers: -1 }, 'num_workers option should be non-negative'],
  [{ timeout: -1 }, 'timeout option should be non-negative'],
  [{ prefetchFactor: 2 }, 'prefetch_factor option could only be specified in multiprocessing'],
  [{ persistentWorkers: true }, 'persistent_workers option needs num_workers > 0'],
  [{ shuffle: true, sampler: [1] }, 'sampler option is mutually exclusive with shuffle'],
  [{ batchSampler: [[1]], batchSize: 2 }, 'batch_sampler option is mutually exclusive with batch_size'],
  [{ batchSize: null, dropLast: true }, 'batch_size=None option disables auto-batching'],
  [{ batchSize: 0 }, 'batch_size should be a positive integer value, but got batch_size=0'],
  [{ shuffle: true }, 'expected unspecified shuffle option', new Streamed(1, false, false)],
  [{ sampler: [1] }, 'expected unspecified sampler option', new Streamed(1, false, false)],
  [{ shuffle: true }, 'num_samples should be a positive integer value, but got num_samples=0', []],
  [{ collateFn: 3 }, "argument 'collateFn' must be a function"],
  [{ sampler: 3 }, "argument 'sampler' must be an iterable of keys"],
  [{ generator: 3 }, "argument 'generator' must be a Generator"],
  [{}, 'a dataset has get(index) and length', 5],
])('a loader refuses %j', (options, message, dataset = five) => {
  expect(() => new data.DataLoader(dataset as never, options as never)).toThrow(message);
});

test('a loader says what it is made of', () => {
  const loader = new data.DataLoader(five, 2, true, { dropLast: true });
  expect([loader.length, loader.batchSize, loader.dropLast, loader.numWorkers]).toEqual([2, 2, true, 0]);
  expect(loader.sampler).toBeInstanceOf(data.RandomSampler);
  expect(loader.constructor.name).toBe('DataLoader');
  const late = new data.DataLoader(five, { timeout: 1 });
  expect(() => [...late]).toThrow('_SingleProcessDataLoaderIter requires timeout == 0');
});

test('tensors cross threads without a copy, and are freed where nobody reads them', () => {
  const x = torch.ones([2]);
  const value = { list: [x, 'a', new Map([['x', x]])], none: null };
  const back = unpack<typeof value>(structuredClone(pack(value)));
  expect((back.list[0] as Tensor).dataPtr()).toBe(x.dataPtr());
  expect(told(back)).toEqual(told(value));
  const packed = pack(value);
  discard(packed);
  expect(() => unpack(packed)).toThrow('has been received already');
});

/** Counts what it has given: its state is one number. */
class Counter extends data.IterableDataset<number> {
  next = 0;
  override *[Symbol.iterator](): Generator<number> {
    while (this.next < 20) yield this.next++;
    this.next = 0;
  }
  stateDict(): unknown {
    return { next: this.next };
  }
  loadStateDict({ next }: { next: number }): void {
    this.next = next;
  }
}

describe('a loader that is given a state goes on with the very next batch', () => {
  const own = () => new torch.Generator().manualSeed(5);
  const samplers = { replacement: true, numSamples: 70 };
  const weights = Array.from({ length: 23 }, (_, i) => i + 1);
  test.each<[name: string, make: () => InstanceType<typeof data.DataLoader<unknown, unknown>>]>([
    ['map', () => new data.DataLoader(new Numbers(23, true), { batchSize: 2, shuffle: true })],
    [
      'own generator',
      () => new data.DataLoader(new Numbers(23), { batchSize: 2, shuffle: true, generator: own() }),
    ],
    [
      'sampler with a generator',
      () => {
        const sampler = new data.RandomSampler(five, { ...samplers, generator: own() });
        return new data.DataLoader(new Numbers(23), { batchSize: 5, sampler });
      },
    ],
    [
      'weights',
      () => new data.DataLoader(new Numbers(23), { sampler: new data.WeightedRandomSampler(weights, 20) }),
    ],
    ['stream', () => new data.DataLoader(new Streamed(23, false, false), { batchSize: 2 })],
    ['stream with a state', () => new data.DataLoader(new Counter(), { batchSize: 2 })],
    ['one by one', () => new data.DataLoader(new Numbers(23), { batchSize: null, shuffle: true })],
  ])('%s', async (_, make) => {
    for (const waits of [false, true]) {
      for (const stop of [0, 1, 7]) {
        torch.manualSeed(3);
        const { seen, saved } = await followed(make(), waits, stop);
        torch.manualSeed(99);
        const loader = make();
        loader.loadStateDict(saved!.state as never);
        torch.setRngState(saved!.rng);
        expect((await followed(loader, waits, null)).seen).toEqual(seen.slice(saved!.length));
      }
    }
  });

  interface Saved {
    length: number;
    state: unknown;
    rng: Tensor;
  }

  /** Two epochs, with where the loader was after `stop` batches of the first; or what is left of them. */
  async function followed(loader: InstanceType<typeof data.DataLoader>, waits: boolean, stop: number | null) {
    const seen: unknown[] = [];
    let saved: Saved | null = null;
    const save = (): Saved => ({ length: seen.length, state: loader.stateDict(), rng: torch.getRngState() });
    for (let epoch = 0; epoch < 2; epoch++) {
      let count = 0;
      if (stop === 0 && epoch === 0) saved = save();
      const take = (batch: unknown): void => {
        seen.push(told(batch), torch.rand([]).item());
        if (++count === stop && epoch === 0) saved = save();
      };
      if (waits) for await (const batch of loader) take(batch);
      else for (const batch of loader) take(batch);
    }
    return { seen, saved: saved as Saved | null };
  }

  test('from a file', () => {
    const make = () => new data.DataLoader(new Numbers(9), { batchSize: 2, shuffle: true, generator: own() });
    const loader = make();
    for (const _ of loader) break;
    const file = join(mkdtempSync(join(tmpdir(), 'nodetorch-data-')), 'state.pt');
    torch.save({ loader: loader.stateDict() }, file);
    const again = make();
    again.loadStateDict((torch.load(file) as Map<string, never>).get('loader')!);
    const all = [...make()].map(told);
    expect([...again].map(told)).toEqual(all.slice(1));
  });

  test('refuses what is no state, and that of a loader with workers', () => {
    const loader = new data.DataLoader(five);
    expect(classAndMessage(() => loader.loadStateDict({} as never))).toMatch(
      /not what a loader's stateDict gives/,
    );
    const state = {
      ...loader.stateDict(),
      finished: false,
      workers: [{ rng: null, rng_at_start: null, dataset: null, num_yielded: 0 }],
    };
    expect(() => loader.loadStateDict(state)).toThrow('the state is of 1 workers, and the loader has 0');
  });
});
