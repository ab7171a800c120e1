// Values on their way to another thread: tensors go without a copy, everything else as postMessage takes it.
import { TorchError } from '../../core/errors';
import { isMap, isPlainObject, isSet } from '../../core/realm';
import { collect } from '../../native/collect';
import { Tensor } from '../../tensor';
import { type SharedTensor, receive, share } from '../../tensor/memory';

function change(value: unknown, leaf: (value: object) => unknown, seen: Map<unknown, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const replaced = leaf(value);
  if (replaced !== undefined) {
    seen.set(value, replaced);
    return replaced;
  }
  const inner = (one: unknown): unknown => change(one, leaf, seen);
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    seen.set(value, list);
    for (const one of value) list.push(inner(one));
    return list;
  }
  if (isMap(value)) {
    const map = new Map<unknown, unknown>();
    seen.set(value, map);
    for (const [key, one] of value) map.set(inner(key), inner(one));
    return map;
  }
  if (isSet(value)) {
    const set = new Set<unknown>();
    seen.set(value, set);
    for (const one of value) set.add(inner(one));
    return set;
  }
  if (!isPlainObject(value)) return value;
  const object: Record<string, unknown> = {};
  seen.set(value, object);
  for (const [key, one] of Object.entries(value)) object[key] = inner(one);
  return object;
}

/** Thrown in a thread that has begun to end, where native calls give nothing any more. */
export const ENDING = new TorchError('this thread is ending');

function shared(tensor: Tensor): SharedTensor {
  const made = share(tensor);
  if (made.nodetorchShared === undefined) throw ENDING;
  return made;
}

/** The value with each tensor as {@link share} gives it. Each must be received, once. */
export function pack(value: unknown): unknown {
  return change(value, (one) => (one instanceof Tensor ? shared(one) : undefined), new Map());
}

/** Bytes of tensors that came since garbage was collected. */
let received = 0;
const COLLECT_AFTER = 2 ** 25;

// Memory that is made asks for a collection by itself; what another thread made does not, and a loop that only looks at its
// batches would keep them all.
function take(shared: SharedTensor): Tensor {
  const tensor = receive(shared);
  received += tensor.nbytes;
  if (received >= COLLECT_AFTER) {
    received = 0;
    collect(false);
  }
  return tensor;
}

const isShared = (one: object): one is SharedTensor => 'nodetorchShared' in one;

/** The value that {@link pack} was given, with tensors of this thread. */
export function unpack<T>(packed: unknown): T {
  return change(packed, (one) => (isShared(one) ? take(one) : undefined), new Map()) as T;
}

/** Frees the tensors of a packed value that nobody wants any more. */
export function discard(packed: unknown): void {
  const dispose = (one: object): unknown => {
    if (!isShared(one)) return undefined;
    receive(one).dispose();
    return null;
  };
  change(packed, dispose, new Map());
}
