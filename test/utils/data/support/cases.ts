// Runs a row of loaders.json as loaders.py did: its datasets and samplers here.
import crypto from 'node:crypto';
import torch, { type Tensor } from 'nodetorch';

const { data } = torch.utils;
const { aten } = torch.ops;
type Generator = InstanceType<typeof torch.Generator>;

export interface Case {
  length: number;
  seed?: number;
  generator?: number | null;
  draws?: boolean;
  stream?: boolean;
  shared?: boolean;
  between?: boolean;
  sampler?: [kind: string, ...rest: unknown[]];
  batches?: [size: number, dropLast: boolean];
  options: Record<string, unknown>;
  epochs: (number | null)[];
  results: { batches: unknown[]; between: number | null; default: string; own: string | null }[];
  size: number;
}

const drawn = (): Tensor => torch.rand([], { dtype: torch.float64 });

/** Items are their indices, or with a number that is drawn. */
export class Numbers extends data.Dataset<unknown> {
  constructor(
    readonly length: number,
    readonly draws = false,
  ) {
    super();
  }
  get(index: number): unknown {
    return this.draws ? [index, drawn()] : index;
  }
}

/** The whole range in each worker, or its share of it; with a number that is drawn. */
export class Streamed extends data.IterableDataset<unknown> {
  constructor(
    readonly length: number,
    readonly shared: boolean,
    readonly draws: boolean,
  ) {
    super();
  }
  override *[Symbol.iterator](): globalThis.Generator<unknown> {
    const info = data.getWorkerInfo();
    const [start, step] = info && this.shared ? [info.id, info.numWorkers] : [0, 1];
    for (let i = start; i < this.length; i += step) yield this.draws ? [i, drawn()] : i;
  }
}

/** Draws when it is begun, and again for each index. */
class Drawing extends data.Sampler {
  constructor(readonly length: number) {
    super();
  }
  #draw(): number {
    return (aten.randint(this.length, [], { dtype: torch.int64 }) as Tensor).item();
  }
  override [Symbol.iterator](): Iterator<number> {
    return this.#indices(this.#draw());
  }
  *#indices(first: number): globalThis.Generator<number> {
    yield first;
    for (let i = 1; i < this.length; i++) yield this.#draw();
  }
}

/* eslint-disable @typescript-eslint/no-explicit-any -- the arguments are those of the row */
function samplerOf(
  [kind, ...rest]: [string, ...any[]],
  dataset: { length: number },
  generator: Generator | null,
): any {
  const n = dataset.length;
  const weights = Array.from({ length: n }, (_, i) => (i % 5) + 0.5);
  const makers: Record<string, () => unknown> = {
    sequential: () => new data.SequentialSampler(dataset),
    random: () => new data.RandomSampler(dataset, { generator }),
    samples: () => new data.RandomSampler(dataset, { numSamples: rest[0], generator }),
    replacement: () => new data.RandomSampler(dataset, true, rest[0], generator),
    subset: () => new data.SubsetRandomSampler(rest[0], generator),
    weighted: () => new data.WeightedRandomSampler(weights, rest[0], rest[1], generator),
    distributed: () => {
      const [numReplicas, rank, shuffle, seed, dropLast] = rest;
      return new data.DistributedSampler(dataset, { numReplicas, rank, shuffle, seed, dropLast });
    },
    list: () => rest[0],
    drawing: () => new Drawing(n),
  };
  return makers[kind]();
}
/* eslint-enable @typescript-eslint/no-explicit-any */

const digest = (generator: Generator): string =>
  crypto.createHash('sha256').update(generator.getState().toTypedArray()).digest('hex').slice(0, 16);

function plain(batch: unknown): unknown {
  if (torch.isTensor(batch)) return (batch as Tensor).tolist();
  return Array.isArray(batch) ? batch.map(plain) : batch;
}

const camelCase = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

export function makeLoader(
  row: Case,
  wrap: <T extends object>(dataset: T, args: unknown[]) => T = (one) => one,
) {
  const own = row.generator == null ? null : new torch.Generator().manualSeed(row.generator);
  const { length, draws = false, shared = false } = row;
  const dataset = row.stream
    ? wrap(new Streamed(length, shared, draws), [length, shared, draws])
    : wrap(new Numbers(length, draws), [length, draws]);
  const sampler = row.sampler ? (samplerOf(row.sampler, dataset, own) as never) : null;
  const options: Record<string, unknown> = { generator: own };
  for (const [key, value] of Object.entries(row.options)) options[camelCase(key)] = value;
  if (row.batches) {
    const keys = sampler ?? new data.SequentialSampler(dataset);
    options.batchSampler = new data.BatchSampler(keys, ...row.batches);
  } else if (sampler !== null) options.sampler = sampler;
  const loader = new data.DataLoader<unknown, unknown>(dataset, options);
  return { loader, own, sampler: sampler as unknown };
}

/** Epochs as the row has them, in a loop that waits or in one that does not. */
export async function runCase(
  row: Case,
  waits: boolean,
  wrap?: <T extends object>(dataset: T, args: unknown[]) => T,
): Promise<Pick<Case, 'results' | 'size'>> {
  torch.manualSeed(BigInt(row.seed ?? 0));
  const { loader, own, sampler } = makeLoader(row, wrap);
  const results: Case['results'] = [];
  for (const [number, stop] of row.epochs.entries()) {
    if (sampler instanceof data.DistributedSampler) sampler.setEpoch(number);
    const batches: unknown[] = [];
    const isLast = (batch: unknown): boolean => batches.push(plain(batch)) === stop;
    if (waits) {
      for await (const batch of loader) if (isLast(batch)) break;
    } else {
      for (const batch of loader) if (isLast(batch)) break;
    }
    const between = row.between ? torch.rand([]).item() : null;
    results.push({ batches, between, default: digest(torch.defaultGenerator()), own: own && digest(own) });
  }
  const { length } = loader;
  await loader.close();
  return { results, size: length };
}
