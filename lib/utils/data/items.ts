// Values that a dataset gives at once or as promises.
import type { DatasetLike } from './dataset';

/** Promise or not, as a function that is not known may return either. */
export const isPromise = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

/** The values, waited for if one of them is a promise. */
export function together<T>(values: readonly (T | PromiseLike<T>)[]): T[] | Promise<T[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as T[]);
}

/** The items of `indices`, by `getItems` where the dataset has that, else one after the other. */
export function itemsOf<Item, Key>(
  dataset: DatasetLike<Item, Key>,
  indices: readonly Key[],
): readonly Item[] | PromiseLike<readonly Item[]> {
  if (dataset.getItems) return dataset.getItems(indices);
  const items: Item[] = [];
  for (const index of indices) {
    const item = dataset.get(index);
    if (isPromise(item)) return restOf(dataset, indices, items, item);
    items.push(item);
  }
  return items;
}

// One after the other, since the order in which items draw random numbers must not depend on how long each takes.
async function restOf<Item, Key>(
  dataset: DatasetLike<Item, Key>,
  indices: readonly Key[],
  items: Item[],
  pending: PromiseLike<Item>,
): Promise<Item[]> {
  items.push(await pending);
  while (items.length < indices.length) items.push(await dataset.get(indices[items.length]));
  return items;
}
