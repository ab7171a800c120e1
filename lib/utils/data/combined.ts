// Datasets made of others.
import { bindArguments } from '../../core/calls';
import { TorchError, argumentError, valueError } from '../../core/errors';
import { isPlainObject } from '../../core/realm';
import { checkTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import { Dataset, type DatasetLike, IterableDataset, beginAsync, beginSync } from './dataset';
import { isPromise, itemsOf, together } from './items';
import { type MapSource, lengthOf, toMapDataset } from './source';

const assertion = (message: string): TorchError => new TorchError(message, 'AssertionError');

/**
 * Rows of tensors that have equally many (`torch.utils.data.TensorDataset`): item `i` is the list of the tensors' rows `i`.
 *
 * @example
 * const dataset = new TensorDataset(torch.randn([100, 3]), torch.zeros([100]));
 * const [x, y] = dataset.get(0);
 *
 * @throws AssertionError where the first dimensions differ.
 */
export class TensorDataset<T extends readonly Tensor[] = Tensor[]> extends Dataset<{
  [K in keyof T]: Tensor;
}> {
  readonly tensors: T;

  constructor(...tensors: T) {
    super();
    for (const tensor of tensors) checkTensor('TensorDataset', 'tensors', tensor);
    if (tensors.some((tensor) => tensor.size(0) !== tensors[0].size(0))) {
      throw assertion('Size mismatch between tensors');
    }
    this.tensors = tensors;
  }

  /** The number of rows. */
  get length(): number {
    return this.tensors[0].size(0);
  }

  /** Row `index` of each tensor, as views. */
  get(index: number): { [K in keyof T]: Tensor } {
    return this.tensors.map((tensor) => tensor.at(index)) as { [K in keyof T]: Tensor };
  }
}

type ItemOf<D> = D extends MapSource<infer Item> ? Item : never;
type Stacked<D extends readonly unknown[]> = D extends readonly [
  infer Named extends Record<string, MapSource<unknown>>,
]
  ? { [K in keyof Named]: ItemOf<Named[K]> }
  : { [K in keyof D]: ItemOf<D[K]> };

/**
 * Several datasets side by side (`torch.utils.data.StackDataset`): item `i` is the list of their items `i`, or an object
 * of them where the datasets are given by name.
 *
 * @example
 * const pairs = new StackDataset(images, texts); // [image, text]
 * const named = new StackDataset({ image: images, text: texts }); // { image, text }
 *
 * @throws ValueError where there is no dataset, or they have different lengths.
 */
export class StackDataset<
  D extends readonly MapSource<unknown>[] | readonly [Record<string, MapSource<unknown>>],
> extends Dataset<Stacked<D>> {
  /** The datasets, in the form in which they were given. */
  readonly datasets: readonly DatasetLike<unknown>[] | Record<string, DatasetLike<unknown>>;
  /** How many items each of them has. */
  readonly length: number;
  readonly #names: readonly string[] | null;
  readonly #list: readonly DatasetLike<unknown>[];

  constructor(...datasets: D) {
    super();
    const [first] = datasets;
    const named = datasets.length === 1 && isNamed(first) ? first : null;
    const given = named ? Object.values(named) : (datasets as readonly MapSource<unknown>[]);
    if (given.length === 0) throw valueError('At least one dataset should be passed');
    this.#list = given.map((one) => toMapDataset('StackDataset', one));
    this.#names = named && Object.keys(named);
    this.length = lengthOf(this.#list[0]);
    if (this.#list.some((one) => lengthOf(one) !== this.length))
      throw valueError('Size mismatch between datasets');
    this.datasets = this.#names
      ? Object.fromEntries(this.#names.map((name, i) => [name, this.#list[i]]))
      : this.#list;
  }

  #item(values: readonly unknown[]): Stacked<D> {
    const item = this.#names ? Object.fromEntries(this.#names.map((name, i) => [name, values[i]])) : values;
    return item as Stacked<D>;
  }

  /** The datasets' items of one index. */
  get(index: number): Stacked<D> | Promise<Stacked<D>> {
    const values = together(this.#list.map((one) => one.get(index)));
    return isPromise(values) ? values.then((all) => this.#item(all)) : this.#item(values);
  }

  /** The datasets' items of several indices. */
  override getItems(indices: readonly number[]): Stacked<D>[] | Promise<Stacked<D>[]> {
    const columns = together(this.#list.map((one) => itemsOf(one, indices)));
    const rows = (all: (readonly unknown[])[]): Stacked<D>[] => {
      for (const { length } of all) if (length !== indices.length) throw wrongSize(indices.length, length);
      return indices.map((_, row) => this.#item(all.map((column) => column[row])));
    };
    return isPromise(columns) ? columns.then(rows) : rows(columns);
  }
}

const isNamed = (value: unknown): value is Record<string, MapSource<unknown>> =>
  isPlainObject(value) && typeof value.get !== 'function';

const wrongSize = (expected: number, got: number): TorchError =>
  valueError(`Nested dataset's output size mismatch. Expected ${expected}, got ${got}`);

function iterableOf<T>(datasets: Iterable<T>): Iterable<T> {
  if (typeof (datasets as Partial<Iterable<T>> | null | undefined)?.[Symbol.iterator] === 'function')
    return datasets;
  throw argumentError('ConcatDataset', 'datasets', 'an iterable of datasets', datasets);
}

/**
 * Datasets one behind the other (`torch.utils.data.ConcatDataset`).
 *
 * @throws AssertionError for an empty list and for an IterableDataset.
 */
export class ConcatDataset<Item> extends Dataset<Item> {
  readonly datasets: readonly DatasetLike<Item>[];
  /** For each dataset, how many items there are up to its end. */
  readonly cumulativeSizes: readonly number[];

  constructor(...args: [datasets: Iterable<MapSource<Item>>]) {
    super();
    const [datasets] = bindArguments('ConcatDataset(datasets)', args);
    const list = [...iterableOf(datasets)];
    if (list.length === 0) throw assertion('datasets should not be an empty iterable');
    if (list.some((one) => one instanceof IterableDataset)) {
      throw assertion('ConcatDataset does not support IterableDataset');
    }
    this.datasets = list.map((one) => toMapDataset('ConcatDataset', one));
    let sum = 0;
    this.cumulativeSizes = this.datasets.map((one) => (sum += lengthOf(one)));
  }

  /** The number of items in all datasets. */
  get length(): number {
    return this.cumulativeSizes.at(-1)!;
  }

  /** The item of an index, which counts from the end if it is negative. */
  get(index: number): Item | PromiseLike<Item> {
    if (index < 0 && -index > this.length) {
      throw valueError('absolute value of index should not exceed dataset length');
    }
    const place = index < 0 ? this.length + index : index;
    const i = bisectRight(this.cumulativeSizes, place);
    if (i === this.datasets.length) throw new TorchError('list index out of range', 'IndexError');
    return this.datasets[i].get(i === 0 ? place : place - this.cumulativeSizes[i - 1]);
  }
}

// How many of the sorted numbers are at most `value`.
function bisectRight(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Iterable datasets one after the other (`torch.utils.data.ChainDataset`).
 *
 * @throws AssertionError, when it is iterated over, for what is no IterableDataset.
 */
export class ChainDataset<Item> extends IterableDataset<Item> {
  readonly datasets: Iterable<IterableDataset<Item>>;

  constructor(...args: [datasets: Iterable<IterableDataset<Item>>]) {
    super();
    [this.datasets] = bindArguments('ChainDataset(datasets)', args);
  }

  *#checked(): Generator<IterableDataset<Item>> {
    for (const one of this.datasets) {
      if (!(one instanceof IterableDataset)) throw assertion('ChainDataset only supports IterableDataset');
      yield one;
    }
  }

  override *[Symbol.iterator](): Generator<Item> {
    for (const one of this.#checked()) yield* { [Symbol.iterator]: () => beginSync(one) };
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (const one of this.#checked()) {
      yield* { [Symbol.asyncIterator]: () => beginAsync(one) as AsyncIterator<Item> };
    }
  }

  /** The number of items in all datasets, where each knows its own. */
  get length(): number {
    return [...this.#checked()].reduce((sum, one) => sum + lengthOf(one), 0);
  }
}
