// What stands for a dataset: arrays and tensors have items by index, other iterables one after the other.
import { TorchError } from '../../core/errors';
import { Tensor } from '../../tensor';
import { type AnyIterable, type DatasetLike, IterableDataset } from './dataset';

/** What may be given for a dataset of items by key. */
export type MapSource<Item, Key = number> = DatasetLike<Item, Key> | readonly Item[];

/** What may be given for a dataset. */
export type DatasetSource<Item, Key = number> =
  MapSource<Item, Key> | IterableDataset<Item> | AnyIterable<Item>;

/** An array, or the rows of a tensor, as a dataset. */
export class Rows<Item> implements DatasetLike<Item> {
  constructor(readonly source: readonly Item[] | Tensor) {}

  get length(): number {
    return this.source instanceof Tensor ? this.source.size(0) : this.source.length;
  }

  get(index: number): Item {
    const { length } = this;
    if (!(index >= -length && index < length)) {
      throw new TorchError(`index ${index} is out of bounds for ${length} items`, 'IndexError');
    }
    return this.source.at(index) as Item;
  }
}

/** The dataset of items by key that `source` is or stands for; undefined where it is none. */
function findMapDataset<Item, Key>(source: DatasetSource<Item, Key>): DatasetLike<Item, Key> | undefined {
  if (Array.isArray(source) || source instanceof Tensor) {
    return new Rows(source as readonly Item[]) as unknown as DatasetLike<Item, Key>;
  }
  return typeof (source as Partial<DatasetLike<Item, Key>> | null)?.get === 'function'
    ? (source as DatasetLike<Item, Key>)
    : undefined;
}

/** @throws NotImplementedError for what has no items by key. */
export function toMapDataset<Item, Key = number>(
  fn: string,
  source: MapSource<Item, Key>,
): DatasetLike<Item, Key> {
  const found = findMapDataset(source);
  if (found) return found;
  throw new TorchError(`${fn}: Subclasses of Dataset should implement get(index)`, 'NotImplementedError');
}

/** The dataset that `source` is, or stands for. */
export function toDataset<Item, Key>(
  source: DatasetSource<Item, Key>,
): DatasetLike<Item, Key> | IterableDataset<Item> {
  if (source instanceof IterableDataset) return source;
  const found = findMapDataset(source);
  if (found) return found;
  const iterable = source as Partial<AsyncIterable<Item> & Iterable<Item>> | null;
  const isText = typeof source === 'string';
  if (!isText && (iterable?.[Symbol.asyncIterator] || iterable?.[Symbol.iterator])) {
    return IterableDataset.from(iterable as AnyIterable<Item>);
  }
  throw new TorchError(
    'DataLoader: a dataset has get(index) and length, or is an IterableDataset, an array, a tensor or an iterable',
    'NotImplementedError',
  );
}

/** @throws TypeError, in Python's words, where the length is not known. */
export function lengthOf(value: unknown): number {
  if (value instanceof Tensor) return value.size(0);
  const { length } = (value ?? {}) as { length?: unknown };
  if (typeof length === 'number') return length;
  const name = value == null ? 'NoneType' : ((value as object).constructor?.name ?? typeof value);
  throw new TorchError(`object of type '${name}' has no length`, 'TypeError');
}
