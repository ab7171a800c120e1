// Run by workers.process.test.ts, bundled: a loop over worker threads by name. Workers load this file, too.
import assert from 'node:assert';
import path from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';
import '../../../../lib/utils/data/thread';
import torch, { type Tensor } from '../../../../lib';
import fixture from '../loaders.json';
import { type Case, Numbers, Streamed, runCase } from './cases';

const { data } = torch.utils;
const file = path.join(__dirname, path.basename(__filename));
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

export { Numbers, Streamed };

/** Items that say where they lie in memory, and do what `trouble` says at index 5. */
export class Items extends data.Dataset<unknown> {
  readonly length = 12;
  constructor(readonly trouble = 'none') {
    super();
  }
  get(index: number): unknown {
    if (index === 5) this.#fail();
    const value = torch.full([3], index);
    return { value, address: Number(value.dataPtr()), worker: data.getWorkerInfo()!.id };
  }
  #fail(): void {
    if (this.trouble === 'type') throw new TypeError('wrong type of item');
    if (this.trouble === 'torch') torch.ones([2]).matmul(torch.ones([3]));
    if (this.trouble === 'exit') process.exit(7);
    if (this.trouble === 'memory')
      for (const list: unknown[] = []; ;) list.push(new Array(1e5).fill(list.length));
    if (this.trouble === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    if (this.trouble === 'later') queueMicrotask(() => { throw new Error('thrown later'); }); // prettier-ignore
  }
}

export class Large extends data.Dataset<Tensor> {
  readonly length = 60;
  get(): Tensor {
    return torch.ones([1e6]);
  }
}

export const first = (items: { value: Tensor }[]): Tensor => items[0].value;
export const givesFunction = (): unknown => () => 1;
export const failing = (): never => {
  throw new RangeError('no start');
};
/** Counts what it has given: its state is one number. */
export class Ticks extends data.IterableDataset<[number, Tensor]> {
  #next = 0;
  override *[Symbol.iterator](): Generator<[number, Tensor]> {
    const { id, numWorkers } = data.getWorkerInfo() ?? { id: 0, numWorkers: 1 };
    while (this.#next < 20) {
      const value = this.#next++;
      if (value % numWorkers === id) yield [value, torch.rand([])];
    }
    this.#next = 0;
  }
  stateDict(): unknown {
    return { next: this.#next };
  }
  loadStateDict({ next }: { next: number }): void {
    this.#next = next;
  }
}

type Options = Record<string, unknown>;
const items = (trouble?: string) => data.workerDataset(file, Items, ...(trouble ? [trouble] : []));
const loaderOf = (dataset: object, options: Options) =>
  new data.DataLoader<unknown, unknown>(dataset as never, { numWorkers: 1, batchSize: 2, ...options });
async function errorOf(run: () => unknown): Promise<Record<string, unknown>> {
  try {
    await run();
  } catch (error) {
    const { name, kind, message, cause } = error as Error & { kind?: string };
    return { name, kind, message: message.split('\n')[0], where: message, cause: (cause as Error)?.message };
  }
  return { message: 'nothing was thrown' };
}
async function consume(loader: AsyncIterable<unknown>, most = Infinity): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const batch of loader) if (all.push(batch) >= most) break;
  return all;
}
const threads = (): string[] =>
  process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Timeout/.test(name));
function plain(value: unknown): unknown {
  if (torch.isTensor(value)) return (value as Tensor).tolist();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

interface Saved {
  epoch: number;
  length: number;
  state: unknown;
  rng: Tensor;
}

/** Some epochs, with where the loader was after `stop` batches, or between them for -1; or what is left of them. */
async function followed(
  loader: ReturnType<typeof loaderOf>,
  stop: number | null,
  epochs: number,
  first = 0,
): Promise<{ seen: unknown[]; saved: Saved | null }> {
  const seen: unknown[] = [];
  let saved: Saved | null = null;
  let count = 0;
  for (let epoch = first; epoch < epochs; epoch++) {
    const save = (): Saved => {
      return { epoch, length: seen.length, state: loader.stateDict(), rng: torch.getRngState() };
    };
    if (stop === 0 || (stop === -1 && epoch === 1)) saved ??= save();
    for await (const batch of loader) {
      seen.push(plain(batch), torch.rand([]).item());
      if (++count === stop) saved = save();
    }
  }
  await loader.close();
  return { seen, saved };
}

const jobs: Record<string, () => unknown> = {
  async parity() {
    const rows = (fixture.cases as unknown as Case[]).filter(({ options }) => options.num_workers);
    for (const row of rows) {
      const { results, size, ...rest } = row;
      const Class: new (...args: never[]) => object = row.stream ? Streamed : Numbers;
      const run = await runCase(
        row,
        true,
        (_, args) => data.workerDataset(file, Class, ...(args as never[])) as never,
      );
      assert.deepStrictEqual(run, { results, size }, JSON.stringify(rest));
    }
    return rows.length;
  },
  async errors() {
    const found: Record<string, unknown> = {};
    for (const trouble of ['type', 'torch', 'exit', 'later']) {
      found[trouble] = await errorOf(() => consume(loaderOf(items(trouble), {})));
    }
    const workerOptions = { resourceLimits: { maxOldGenerationSizeMb: 50 } };
    found.memory = await errorOf(() => consume(loaderOf(items('memory'), { workerOptions })));
    found.slow = await errorOf(() => consume(loaderOf(items('slow'), { timeout: 0.5 })));
    const fn = (name: (...args: never[]) => unknown) => data.workerFunction(file, name);
    found.collate = await errorOf(() => consume(loaderOf(items(), { collateFn: fn(failing) })));
    found.init = await errorOf(() => consume(loaderOf(items(), { workerInitFn: fn(failing) })));
    found.uncloneable = await errorOf(() => consume(loaderOf(items(), { collateFn: fn(givesFunction) })));
    class Hidden extends Items {}
    found.noExport = await errorOf(() => consume(loaderOf(data.workerDataset(file, Hidden), {})));
    found.own = await errorOf(() => consume(loaderOf(new Items(), {})));
    found.closure = await errorOf(() => consume(loaderOf(items(), { collateFn: () => 1 })));
    found.sync = await errorOf(() => [...(loaderOf(items(), {}) as unknown as Iterable<unknown>)]);
    return { ...found, threads: threads() };
  },
  async values() {
    const loader = loaderOf(items(), { collateFn: data.workerFunction(file, first) });
    const firsts = plain(await consume(loader));
    const whole = (await consume(loaderOf(items(), { numWorkers: 2 }))) as {
      value: Tensor;
      address: Tensor;
      worker: Tensor;
    }[];
    const unbatched = loaderOf(items(), { batchSize: null, shuffle: true });
    const one = (await consume(unbatched)) as { value: Tensor; address: number }[];
    const inPlace = one.every(({ value, address }) => Number(value.dataPtr()) === address);
    const tensors = new data.TensorDataset(torch.arange(6), torch.arange(12).view([6, 2]));
    const parts = new data.ConcatDataset([new data.Subset(tensors, [5, 0]), tensors]);
    const short = data.workerDataset(file, Numbers, 6);
    return {
      firsts,
      workers: whole.map(({ worker }) => worker.tolist()),
      inPlace,
      tensors: plain(await consume(loaderOf(tensors, { batchSize: 4 }))),
      parts: plain(await consume(loaderOf(parts, { batchSize: 3 }))),
      named: plain(
        await consume(loaderOf(new data.StackDataset({ a: short, b: tensors }), { batchSize: 3 })),
      ),
      threads: torch.getNumThreads(),
    };
  },
  async numThreads() {
    const before = torch.getNumThreads();
    await consume(loaderOf(items(), {}));
    const code = `require('worker_threads').parentPort.postMessage(require(${JSON.stringify(file)}).count())`;
    const later = await new Promise((resolve) => new Worker(code, { eval: true }).on('message', resolve));
    return [before, torch.getNumThreads(), later];
  },
  async leaving() {
    const loader = loaderOf(data.workerDataset(file, Numbers, 1000), { prefetchFactor: 4 });
    const batches = plain(await consume(loader, 2));
    const after = threads();
    const controller = new AbortController();
    const aborted = loaderOf(items('slow'), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 300);
    const reason = await errorOf(() => consume(aborted));
    const again = await errorOf(() => consume(aborted));
    const persistent = loaderOf(data.workerDataset(file, Numbers, 10), { persistentWorkers: true });
    await consume(persistent, 1);
    const alive = plain(await consume(persistent));
    await persistent.close();
    return { batches, after, reason, again, alive, end: threads() };
  },
  /** A loop that makes no tensors of its own: the most megabytes that live of its 60 batches of 4. */
  async memory() {
    let most = 0;
    for await (const _ of loaderOf(data.workerDataset(file, Large), { batchSize: 1 })) {
      most = Math.max(most, torch.memory().bytes);
    }
    return most / 1e6;
  },
  async outOfOrder() {
    const loader = loaderOf(data.workerDataset(file, Numbers, 20), { numWorkers: 2, inOrder: false });
    const seen: number[] = [];
    const errors: unknown[] = [];
    for await (const batch of loader) {
      seen.push(...(batch as Tensor).tolist<number[]>());
      errors.push((await errorOf(() => loader.stateDict())).message);
    }
    const { finished } = loader.stateDict();
    return { seen: seen.sort((a, b) => a - b), errors: [...new Set(errors)], finished };
  },
  /** Whatever the rest of a run is after `stop` batches, a loader that is given the state there gives the same. */
  async resume() {
    const numbers = data.workerDataset(file, Numbers, 23, true);
    const stream = data.workerDataset(file, Streamed, 23, true, true);
    const counter = data.workerDataset(file, Ticks);
    const cases: [string, object, Options, stops: number[]][] = [
      ['map', numbers, { shuffle: true, generator: 5 }, [5]],
      ['persistent', numbers, { shuffle: true, persistentWorkers: true }, [-1]],
      ['stream', stream, { persistentWorkers: true }, [15]],
      ['stateful', counter, {}, [5]],
    ];
    const compared: string[] = [];
    for (const [name, dataset, { generator, ...options }, stops] of cases) {
      const make = () =>
        loaderOf(dataset, {
          ...options,
          numWorkers: 2,
          generator: generator ? new torch.Generator().manualSeed(5) : null,
        });
      const epochs = options.persistentWorkers ? 2 : 1;
      for (const stop of stops) {
        torch.manualSeed(3);
        const { seen, saved } = await followed(make(), stop, epochs);
        torch.manualSeed(99);
        const loader = make();
        loader.loadStateDict(saved!.state as never);
        torch.setRngState(saved!.rng);
        const { seen: rest } = await followed(loader, null, epochs, saved!.epoch);
        assert.deepStrictEqual(rest, seen.slice(saved!.length), `${name} after ${stop}`);
        compared.push(name);
      }
    }
    return compared.length;
  },
  /** The program ends here, in the middle of a loop. */
  async exit() {
    const loader = loaderOf(data.workerDataset(file, Numbers, 1000), { persistentWorkers: true });
    await loader[Symbol.asyncIterator]().next();
    return 'at its end';
  },
  async uncaught() {
    for await (const _ of loaderOf(data.workerDataset(file, Numbers, 1000), {}))
      throw new Error('nobody catches this');
  },
};

export const count = (): number => torch.getNumThreads();

if (isMainThread) {
  torch.setNumThreads(2);
  void (async () => say(await jobs[process.argv[2]]()))();
}
