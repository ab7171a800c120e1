// Which keys of a dataset are read, and in which order. The draws are Python's, one by one.
import { int64, float64 } from '../../core/dtype';
import { TorchError, TorchTypeError, valueError } from '../../core/errors';
import { object, value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { asTensor } from '../../tensor/creation';
import { Generator } from '../../tensor/random';
import type { Sized } from './dataset';
import { lengthOf } from './source';

/**
 * Gives the keys of a dataset in some order, or lists of them: batches (`torch.utils.data.Sampler`). A subclass has
 * `[Symbol.iterator]`, which begins an epoch, and `length` if it knows that.
 *
 * @example
 * class ByLength extends Sampler {
 *   constructor(readonly texts: string[]) {
 *     super();
 *   }
 *   override *[Symbol.iterator]() {
 *     yield* torch.argsort(torch.tensor(this.texts.map((text) => text.length))).tolist<number[]>();
 *   }
 * }
 */
export class Sampler<Key = number> implements Iterable<Key> {
  /** Begins an epoch. */
  [Symbol.iterator](): Iterator<Key> {
    throw new TorchError('Subclasses of Sampler should implement [Symbol.iterator]', 'NotImplementedError');
  }
}

/** A sampler, or any other iterable that can be begun anew. */
export type SamplerLike<Key> = Iterable<Key> & Partial<Sized>;

const dataSource = object<Sized>()('dataSource');
const SEQUENTIAL = signature('SequentialSampler', [dataSource], {});

/** The indices of a dataset from first to last (`torch.utils.data.SequentialSampler`). */
export class SequentialSampler extends Sampler {
  readonly dataSource: Sized;

  constructor(...args: Call<typeof SEQUENTIAL, [dataSource: Sized]>) {
    super();
    [this.dataSource] = SEQUENTIAL.bind(args);
  }

  override *[Symbol.iterator](): Draws<number> {
    const length = lengthOf(this.dataSource);
    for (let i = 0; i < length; i++) yield i;
  }

  /** How many indices it gives. */
  get length(): number {
    return lengthOf(this.dataSource);
  }
}

/** What a generator function gives; `Generator` is PyTorch's here. */
export type Draws<T> = globalThis.Generator<T, void, void>;

const isCount = (number: unknown): number is number => Number.isSafeInteger(number) && (number as number) > 0;

export function checkCount(name: string, given: unknown): void {
  if (!isCount(given)) {
    throw valueError(`${name} should be a positive integer value, but got ${name}=${String(given)}`);
  }
}

export function checkBoolean(name: string, given: unknown): void {
  if (typeof given !== 'boolean') {
    throw valueError(`${name} should be a boolean value, but got ${name}=${String(given)}`);
  }
}

/** A number from all of int64's that are not negative, as loaders and samplers draw seeds. */
export const drawSeed = (generator: Generator | null): bigint =>
  aten.empty([], { dtype: int64 }).random_({ generator }).itemBigInt();

const permutation = (n: number, generator: Generator | null): number[] =>
  aten.randperm(n, { generator, dtype: int64 }).tolist<number[]>();

/** Options of `torch.utils.data.RandomSampler`. */
export interface RandomSamplerOptions {
  /** Whether an index may come again. Default: `false`. */
  replacement?: boolean;
  /** How many indices to give. Default: the length of the dataset. */
  numSamples?: number | null;
  /** What draws them. Default: one that is seeded by the default generator at the beginning of each epoch. */
  generator?: Generator | null;
}
const RANDOM = signature('RandomSampler', [dataSource], {
  replacement: false,
  numSamples: null,
  generator: null,
} as Required<RandomSamplerOptions>);

/**
 * The indices of a dataset in a random order (`torch.utils.data.RandomSampler`).
 *
 * @throws ValueError where the dataset is empty, or `numSamples` is not positive.
 */
export class RandomSampler extends Sampler {
  readonly dataSource: Sized;
  readonly replacement: boolean;
  readonly generator: Generator | null;
  readonly #numSamples: number | null;

  constructor(
    ...args: Call<
      typeof RANDOM,
      [dataSource: Sized],
      [replacement: boolean, numSamples: number | null, generator: Generator | null]
    >
  ) {
    super();
    const [source, options] = RANDOM.bind(args);
    this.dataSource = source;
    this.replacement = options.replacement;
    this.#numSamples = options.numSamples;
    this.generator = options.generator;
    if (typeof this.replacement !== 'boolean') {
      const given = String(this.replacement);
      throw new TorchTypeError(`replacement should be a boolean value, but got replacement=${given}`);
    }
    checkCount('num_samples', this.numSamples);
  }

  /** How many indices it gives: where that was not said, as many as the dataset has now. */
  get numSamples(): number {
    return this.#numSamples ?? lengthOf(this.dataSource);
  }

  override *[Symbol.iterator](): Draws<number> {
    const n = lengthOf(this.dataSource);
    const generator = this.generator ?? new Generator().manualSeed(drawSeed(null));
    const draw = (count: number): number[] =>
      aten.randint(n, [count], { dtype: int64, generator }).tolist<number[]>();
    const { numSamples } = this;
    if (this.replacement) {
      for (let i = 0; i < Math.floor(numSamples / 32); i++) yield* draw(32);
      yield* draw(numSamples % 32);
    } else {
      for (let i = 0; i < Math.floor(numSamples / n); i++) yield* permutation(n, generator);
      yield* permutation(n, generator).slice(0, numSamples % n); // drawn even where none of it is left
    }
  }

  /** How many indices it gives. */
  get length(): number {
    return this.numSamples;
  }
}

const SUBSET_RANDOM = signature('SubsetRandomSampler', [value<readonly unknown[]>()('indices')], {
  generator: null as Generator | null,
});

/** Given indices, or other keys, in a random order (`torch.utils.data.SubsetRandomSampler`). */
export class SubsetRandomSampler<Key = number> extends Sampler<Key> {
  readonly indices: readonly Key[];
  readonly generator: Generator | null;

  constructor(...args: Call<typeof SUBSET_RANDOM, [indices: readonly Key[]], [generator: Generator | null]>) {
    super();
    const [indices, { generator }] = SUBSET_RANDOM.bind(args);
    this.indices = indices as readonly Key[];
    this.generator = generator;
  }

  override *[Symbol.iterator](): Draws<Key> {
    for (const i of permutation(this.indices.length, this.generator)) yield this.indices[i];
  }

  /** How many indices it gives. */
  get length(): number {
    return this.indices.length;
  }
}

// By a name of ours: in TypeScript below 5.7 Float64Array is not generic, and declarations would spell it as if it were.
interface Doubles extends Float64Array {}
const WEIGHTED = signature(
  'WeightedRandomSampler',
  [value<readonly number[] | Doubles | Tensor>()('weights'), value<number>()('numSamples')],
  { replacement: true, generator: null as Generator | null },
);

/**
 * Indices from 0 to the number of weights, each as probable as its weight (`torch.utils.data.WeightedRandomSampler`). The
 * weights need not sum up to 1.
 *
 * @throws ValueError where `numSamples` is not positive or the weights are no list.
 */
export class WeightedRandomSampler extends Sampler {
  readonly weights: Tensor;
  readonly numSamples: number;
  readonly replacement: boolean;
  readonly generator: Generator | null;

  constructor(
    ...args: Call<
      typeof WEIGHTED,
      [weights: readonly number[] | Doubles | Tensor, numSamples: number],
      [replacement: boolean, generator: Generator | null]
    >
  ) {
    super();
    const [weights, numSamples, options] = WEIGHTED.bind(args);
    checkCount('num_samples', numSamples);
    checkBoolean('replacement', options.replacement);
    this.weights = asTensor(weights, { dtype: float64 });
    if (this.weights.dim() !== 1) {
      const { shape } = this.weights;
      const text = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
      throw valueError(`weights should be a 1d sequence but given weights have shape ${text}`);
    }
    this.numSamples = numSamples;
    this.replacement = options.replacement;
    this.generator = options.generator;
  }

  override *[Symbol.iterator](): Draws<number> {
    const { generator } = this;
    yield* aten
      .multinomial(this.weights, this.numSamples, this.replacement, { generator })
      .tolist<number[]>();
  }

  /** How many indices it gives. */
  get length(): number {
    return this.numSamples;
  }
}
