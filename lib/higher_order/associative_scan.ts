import { checkFunction, TorchError } from '../core/errors';
import { value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import * as tree from '../func/tree';
import { vmap } from '../func/vmap';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { alongFirst, finish, type ScanOptions } from './control_flow';

type Combine = (left: never, right: never) => unknown;
const ASSOCIATIVE = signature(
  'associativeScan',
  [value<Combine>()('combineFn'), value<unknown>()('xs')],
  { dim: 0, reverse: false } as Required<ScanOptions>,
  ['dim'],
);

const every = (xs: Tensor[], start: number, end?: number): Tensor[] =>
  xs.map((x) => aten.slice(x, 0, start, end ?? x.shape[0], 2));

// Elements of both lists in turns.
function interleaved(a: Tensor, b: Tensor): Tensor {
  const shorter = b.shape[0];
  const pairs = aten.flatten(aten.stack([a.narrow(0, 0, shorter), b], 1), 0, 1);
  return a.shape[0] === shorter ? pairs : aten.cat([pairs, a.narrow(0, shorter, 1)]);
}

// Neighbours are combined, the half is scanned, and the elements between follow from it.
function scanned(combine: (left: Tensor[], right: Tensor[]) => Tensor[], xs: Tensor[]): Tensor[] {
  const count = xs[0].shape[0];
  if (count < 2) return xs;
  const pairs = combine(every(xs, 0, count - 1), every(xs, 1));
  const odd = scanned(combine, pairs);
  const left = count % 2 === 0 ? odd.map((x) => x.narrow(0, 0, x.shape[0] - 1)) : odd;
  const right = every(xs, 2);
  const between = right[0].shape[0] > 0 ? combine(left, right) : right;
  const even = xs.map((x, i) => aten.cat([x.narrow(0, 0, 1), between[i]]));
  return even.map((x, i) => interleaved(x, odd[i]));
}

/**
 * All prefixes of `xs` along a dimension, combined by an associative function of two slices
 * (`torch._higher_order_ops.associative_scan`, `combine_mode='generic'`).
 *
 * @example
 * torch.higherOrder.associativeScan((a: Tensor, b: Tensor) => a.mul(b), torch.tensor([1, 2, 3])); // [1, 2, 6]
 */
export function associativeScan(
  ...args: Call<typeof ASSOCIATIVE, [combineFn: Combine, xs: unknown], [dim: number]>
): tree.Tree {
  const [combineFn, xs, options] = ASSOCIATIVE.bind(args);
  checkFunction('associativeScan', 'combineFn', combineFn);
  const leaves = alongFirst('associativeScan', xs, options);
  const { spec } = tree.flatten(xs);
  const mapped = vmap(combineFn as (left: unknown, right: unknown) => unknown);
  const combine = (left: Tensor[], right: Tensor[]): Tensor[] => {
    const result = tree.flatten(mapped(tree.unflatten(left, spec), tree.unflatten(right, spec)));
    if (tree.sameSpec(result.spec, spec)) return result.leaves as Tensor[];
    throw new TorchError('associativeScan(): combineFn must return values nested as xs');
  };
  const results = scanned(combine, leaves).map((leaf) =>
    aten.movedim(finish(leaf, options.reverse), 0, options.dim),
  );
  return tree.unflatten(results, spec);
}
