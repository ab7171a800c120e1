// The arguments of one call.
import { Complex } from '../core/complex';
import { type TreeSpec, flatten, sameSpec } from '../func/tree';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';

/** Arguments as they were nested. */
export interface Given {
  readonly args: readonly unknown[];
  readonly leaves: readonly unknown[];
  readonly spec: TreeSpec;
  readonly tensors: readonly Tensor[];
}

const flatSpecs: TreeSpec[] = Array.from({ length: 8 }, (_, count) => ({
  kind: 'list',
  children: new Array<null>(count).fill(null),
}));

/** Arguments, and what `reads` gives. */
export function given(args: readonly unknown[], reads: (() => unknown) | null): Given {
  if (reads !== null) {
    const { leaves, spec } = flatten([args, reads()]);
    return { args, leaves, spec, tensors: leaves.filter(isTensor) };
  }
  if (args.length < flatSpecs.length && args.every(isTensor)) {
    return { args, leaves: args, spec: flatSpecs[args.length], tensors: args };
  }
  const { leaves, spec } = flatten(args);
  return { args, leaves, spec, tensors: leaves.filter(isTensor) };
}

// Which of the tensors are one: a recording cannot tell them apart.
function samePattern(a: readonly Tensor[], b: readonly Tensor[]): boolean {
  for (let i = 1; i < a.length; i++) if (a.indexOf(a[i]) !== b.indexOf(b[i])) return false;
  return true;
}

// Complex numbers are made anew at each call.
function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  return a instanceof Complex && b instanceof Complex && Object.is(a.re, b.re) && Object.is(a.im, b.im);
}

/** Whether arguments are nested alike, with the same values beside their tensors. */
export function sameKind(a: Given, b: Given): boolean {
  if (a.leaves.length !== b.leaves.length || !sameSpec(a.spec, b.spec)) return false;
  for (let i = 0; i < b.leaves.length; i++) {
    const [leaf, own] = [a.leaves[i], b.leaves[i]];
    if (isTensor(leaf) ? !isTensor(own) : !sameValue(leaf, own)) return false;
  }
  return samePattern(a.tensors, b.tensors);
}
