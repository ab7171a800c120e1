/**
 * Who keeps the functions alive that hang on tensors: hooks, and `backward` of custom Functions. The objects of the
 * tensors do, so that the garbage collector sees what refers to what; the addon does as well while a graph leads to the
 * function (native/src/runtime/held_functions.h).
 */
import { native } from '../native';
import type { NativeHandle } from '../native/handle';
import type { Tensor } from '../tensor';

type Held = Set<unknown>;
const HELD = Symbol('nodetorch.held');

// A property, and no WeakMap: what an old one refers to outlives collections of young objects.
function heldBy(tensor: Tensor): Held | undefined {
  const holder = tensor as { [HELD]?: Held };
  if (!holder[HELD]) Reflect.defineProperty(tensor, HELD, { value: new Set() });
  return holder[HELD];
}

/**
 * Has `tensors`, which have one gradient function or none, hold what was given to the addon for `owner`. Where one is
 * frozen, the addon alone holds it, for as long as its graph or its tensor lives.
 *
 * @returns what takes it away again.
 */
export function hold(owner: NativeHandle, fn: unknown, tensors: readonly Tensor[]): () => void {
  const holders = tensors.map(heldBy);
  if (holders.includes(undefined)) return () => undefined;
  for (const held of holders) held!.add(fn);
  native.holdFunction(owner, tensors);
  return () => holders.forEach((held) => held!.delete(fn));
}
