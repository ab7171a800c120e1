import { bindArguments } from '../../core/calls';
import { TorchError, TorchTypeError, valueError } from '../../core/errors';
import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { warn } from '../../core/warn';
import * as aten from '../../tensor/aten';
import { int64 } from '../../core/dtype';
import type { Generator } from '../../tensor/random';
import { Dataset, type DatasetLike } from './dataset';
import { itemsOf } from './items';
import { type MapSource, lengthOf, toMapDataset } from './source';

/**
 * The items of a dataset at some indices (`torch.utils.data.Subset`). A subclass that has a `get` of its own has a
 * `getItems` as well, which is what a loader calls.
 *
 * @throws NotImplementedError for a subclass without that.
 */
export class Subset<Item> extends Dataset<Item> {
  readonly dataset: DatasetLike<Item>;
  readonly indices: readonly number[];

  constructor(...args: [dataset: MapSource<Item>, indices: readonly number[]]) {
    super();
    const [dataset, indices] = bindArguments('Subset(dataset{}, indices)', args);
    this.dataset = toMapDataset('Subset', dataset);
    this.indices = indices;
    const { get, getItems } = Subset.prototype as Subset<Item>;
    if (this.get !== get && this.getItems === getItems) {
      throw new TorchError(
        `${new.target.name} overrides get but not getItems. When subclassing Subset and overriding get, you must also ` +
          'override getItems to ensure DataLoader works correctly with your custom logic. A simple implementation:\n\n' +
          'getItems(indices) {\n  return indices.map((index) => this.get(index));\n}',
        'NotImplementedError',
      );
    }
  }

  /** How many indices there are. */
  get length(): number {
    return this.indices.length;
  }

  #at(index: number): number {
    const found = this.indices.at(index);
    if (found === undefined) throw new TorchError('list index out of range', 'IndexError');
    return found;
  }

  /** The dataset's item at `indices[index]`. */
  get(index: number): Item | PromiseLike<Item> {
    return this.dataset.get(this.#at(index));
  }

  /** The items of several indices, by the dataset's own `getItems` if it has one. */
  override getItems(indices: readonly number[]): readonly Item[] | PromiseLike<readonly Item[]> {
    return itemsOf(
      this.dataset,
      indices.map((index) => this.#at(index)),
    );
  }
}

const RANDOM_SPLIT = signature(
  'randomSplit',
  [value<MapSource<unknown>>()('dataset'), value<readonly number[]>()('lengths')],
  { generator: null as Generator | null },
);

// Python's math.isclose(a, 1).
const isAboutOne = (a: number): boolean => Math.abs(a - 1) <= 1e-9 * Math.max(Math.abs(a), 1);
const sumOf = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0);

/**
 * A dataset in parts that have no item in common, chosen at random (`torch.utils.data.random_split`). Lengths that sum up
 * to 1 are fractions: each is rounded down, and what is left over goes to the first parts, one item for each.
 *
 * @example
 * const [train, test] = randomSplit(dataset, [0.9, 0.1], { generator: new torch.Generator().manualSeed(42) });
 *
 * @throws ValueError where the lengths do not sum up to the dataset's.
 */
export function randomSplit<Item>(
  ...args: Call<
    typeof RANDOM_SPLIT,
    [dataset: MapSource<Item>, lengths: readonly number[]],
    [generator: Generator | null]
  >
): Subset<Item>[] {
  const [source, given, { generator }] = RANDOM_SPLIT.bind(args);
  if (!Array.isArray(given))
    throw new TorchTypeError("randomSplit(): argument 'lengths' must be an array of numbers");
  const dataset = toMapDataset('randomSplit', source as MapSource<Item>);
  const size = lengthOf(dataset);
  const total = sumOf(given);
  const lengths = isAboutOne(total) && total <= 1 ? lengthsOf(given, size) : given;
  if (sumOf(lengths) !== size) {
    throw valueError('Sum of input lengths does not equal the length of the input dataset!');
  }
  const indices = aten.randperm(size, { generator, dtype: int64 }).tolist<number[]>();
  let end = 0;
  return lengths.map((length) => new Subset(dataset, indices.slice(end, (end += length))));
}

function lengthsOf(fractions: readonly number[], size: number): number[] {
  const lengths = fractions.map((fraction, i) => {
    if (fraction < 0 || fraction > 1) throw valueError(`Fraction at index ${i} is not between 0 and 1`);
    return Math.floor(size * fraction);
  });
  const rest = size - sumOf(lengths);
  for (let i = 0; i < rest; i++) lengths[i % lengths.length]++;
  lengths.forEach((length, i) => {
    if (length === 0) warn(`Length of split at index ${i} is 0. This might result in an empty dataset.`);
  });
  return lengths;
}
