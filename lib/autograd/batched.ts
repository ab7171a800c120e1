// Nested tensors into a level of vmap and out of it.
import { TorchError } from '../core/errors';
import * as tree from '../func/tree';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { atLevel, Scope } from '../native/scope';
import { Tensor } from '../tensor';
import type { VmapInfo } from './function_rules';

export type Dim = number | null;

/** The values at that level, and their mapped dimensions nested in the same way. */
export function unwrapBatched(value: unknown, level: number): [value: unknown, dims: unknown] {
  const { leaves, spec } = tree.flatten(value);
  const dims: Dim[] = [];
  const values = leaves.map((leaf) => {
    const parts = leaf instanceof Tensor ? native.transformOf(leaf) : null;
    const isOfLevel = parts !== null && parts[0] === level && parts[1] !== null;
    dims.push(isOfLevel ? parts[1] : null);
    return isOfLevel ? wrap(parts[2]) : leaf;
  });
  return [tree.unflatten(values, spec), tree.unflatten(dims, spec)];
}

/** `dims` may be a prefix of the nesting. */
export function addBatchDims(value: unknown, dims: unknown, level: number): unknown {
  const { leaves, spec } = tree.flatten(value);
  const each = tree.broadcast(dims, spec) as Dim[] | null;
  if (each === null) {
    throw new TorchError(
      `vmap: dimensions ${JSON.stringify(dims)} do not fit values of the structure ${tree.specText(spec)}`,
    );
  }
  const batched = leaves.map((leaf, i) => {
    const dim = each[i];
    return dim === null || !(leaf instanceof Tensor) ? leaf : wrap(native.addBatchDim(leaf, dim, level));
  });
  return tree.unflatten(batched, spec);
}

/** `func` at a new level of vmap; what it returns comes with its mapped dimensions. */
export function atBatchedLevel(
  func: (...args: unknown[]) => unknown,
  args: unknown[],
  inDims: unknown,
  { batchSize, randomness }: VmapInfo,
): [value: unknown, dims: unknown] {
  const run = (level: number) =>
    unwrapBatched(func(...(addBatchDims(args, inDims, level) as unknown[])), level);
  return atLevel(Scope.vmap, run, batchSize, randomness);
}
