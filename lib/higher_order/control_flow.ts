import { isGradEnabled } from '../autograd/mode';
import { bindArguments } from '../core/calls';
import { checkFunction, TorchError, valueError } from '../core/errors';
import { value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import * as tree from '../func/tree';
import { recording } from '../native/recording';
import * as aten from '../tensor/aten';
import { Tensor } from '../tensor';
import { isTruthValue, kindOf, mapRegion, scanRegion, whileRegion } from './regions';

const tensorsOf = (fn: string, name: string, given: unknown): Tensor[] =>
  tree.flatten(given).leaves.map((leaf) => {
    if (leaf instanceof Tensor) return leaf;
    throw new TorchError(`${fn}(): all ${name} leaves must be Tensors, got ${typeof leaf}`);
  });

/**
 * Runs `bodyFn` on its own results while `condFn` says so of them (`torch._higher_order_ops.while_loop`); gives the last.
 *
 * @throws TorchError where `condFn` gives no boolean, or `bodyFn` results of another structure.
 *
 * @example
 * const [n] = torch.higherOrder.whileLoop((i: Tensor) => i.lt(5), (i: Tensor) => [i.add(2)], [torch.tensor(0)]);
 * n.item(); // 6
 */
export function whileLoop<Carried extends unknown[]>(
  ...args: [
    condFn: (...carried: Carried) => Tensor | boolean,
    bodyFn: (...carried: Carried) => unknown,
    carriedInputs: Carried,
  ]
): Carried {
  const [condFn, bodyFn, carriedInputs] = bindArguments('whileLoop(condFn, bodyFn, carriedInputs)', args);
  checkFunction('whileLoop', 'condFn', condFn);
  checkFunction('whileLoop', 'bodyFn', bodyFn);
  if (!Array.isArray(carriedInputs)) throw valueError('whileLoop(): carriedInputs must be a list of tensors');
  const { spec } = tree.flatten(carriedInputs);
  if (recording.active?.control) return whileRegion(condFn, bodyFn, carriedInputs) as Carried;
  let carried = carriedInputs;
  for (;;) {
    const pred = condFn(...carried);
    if (!isTruthValue(pred))
      throw new TorchError(
        `cond_fn must return a boolean scalar tensor or a boolean but got ${kindOf(pred)}`,
      );
    if (!(pred instanceof Tensor ? aten.isNonzero(pred) : pred)) {
      if (carried !== carriedInputs) return carried;
      return carried.map((one) => (one instanceof Tensor ? one.clone() : one)) as Carried; // never an input
    }
    const returned = bodyFn(...carried);
    const next = Array.isArray(returned) ? returned : [returned];
    if (!tree.sameSpec(tree.flatten(next).spec, spec)) {
      throw new TorchError(
        `body_fn should return the same number of elements as the carried inputs: expected ${tree.specText(spec)}, ` +
          `got ${tree.specText(tree.flatten(next).spec)}`,
      );
    }
    carried = next as Carried;
  }
}

/** Options of `torch.higherOrder.scan` and `associativeScan`. */
export interface ScanOptions {
  /** Along which dimension. Default: 0. */
  dim?: number;
  /** Whether from the end. Default: `false`. */
  reverse?: boolean;
}
const OPTIONS: Required<ScanOptions> = { dim: 0, reverse: false };
type Step = (carry: never, x: never) => [carry: unknown, y: unknown];
const SCAN = signature(
  'scan',
  [value<Step>()('combineFn'), value<unknown>()('init'), value<unknown>()('xs')],
  OPTIONS,
  [],
);

const moved = (x: Tensor, from: number, to: number): Tensor => (from === to ? x : aten.movedim(x, from, to));

function alongFirst(fn: string, xs: unknown, { dim, reverse }: Required<ScanOptions>): Tensor[] {
  const leaves = tensorsOf(fn, 'xs', xs).map((leaf) => {
    if (dim >= -leaf.dim() && dim < leaf.dim()) return moved(leaf, dim, 0);
    throw valueError(`All xs leaves must at least have 'dim' number of dimensions and scan dimension > 0`);
  });
  if (leaves.length === 0) throw valueError('Expected at least 1 xs leaf');
  if (leaves.some((leaf) => leaf.shape[0] === 0 || leaf.shape[0] !== leaves[0].shape[0]))
    throw valueError('All xs leaves must have the same scan dimension, greater than 0');
  return reverse ? leaves.map((leaf) => aten.flip(leaf, [0])) : leaves;
}

const finish = (leaf: Tensor, reverse: boolean): Tensor => (reverse ? aten.flip(leaf, [0]) : leaf);

function stackSteps(steps: unknown[], { dim, reverse }: Required<ScanOptions>): unknown {
  const flat = steps.map((step) => tree.flatten(step).leaves);
  const { spec } = tree.flatten(steps[0]);
  const stacked = flat[0].map((first, i) =>
    first instanceof Tensor
      ? aten.movedim(finish(aten.stack(flat.map((leaves) => leaves[i] as Tensor)), reverse), 0, dim)
      : first,
  );
  return tree.unflatten(stacked, spec);
}

/**
 * Goes over the slices of `xs` with a carry: `combineFn(carry, x)` gives the next carry and what is stacked
 * (`torch._higher_order_ops.scan`). Gives the last carry and the stack, which has the steps along `dim`.
 *
 * @example
 * const add = (sum: Tensor, x: Tensor): [Tensor, Tensor] => [sum.add(x), sum.add(x)];
 * const [last, sums] = torch.higherOrder.scan(add, torch.zeros([]), torch.ones([3]));
 * sums.tolist(); // [1, 2, 3]
 */
export function scan(
  ...args: Call<typeof SCAN, [combineFn: Step, init: unknown, xs: unknown]>
): [carry: tree.Tree, ys: tree.Tree] {
  const [combineFn, init, xs, options] = SCAN.bind(args);
  checkFunction('scan', 'combineFn', combineFn);
  const leaves = alongFirst('scan', xs, options);
  const { spec } = tree.flatten(xs);
  const initSpec = tree.flatten(init).spec;
  if (recording.active?.control) {
    const [last, ys] = scanRegion(combineFn, init, leaves, spec);
    return [last, tree.map(ys, (y) => moved(finish(y as Tensor, options.reverse), 0, options.dim))];
  }
  let carry = init;
  const steps: unknown[] = [];
  for (let i = 0; i < leaves[0].shape[0]; i++) {
    const slice = tree.unflatten(
      leaves.map((leaf) => leaf.select(0, i)),
      spec,
    );
    const returned = (combineFn as (carry: unknown, x: unknown) => unknown)(carry, slice);
    if (!Array.isArray(returned) || returned.length !== 2)
      throw new TorchError('scan(): combineFn must return the next carry and an output');
    [carry] = returned as unknown[];
    if (!tree.sameSpec(tree.flatten(carry).spec, initSpec)) {
      throw new TorchError(
        `scan(): the carry of combineFn must have the structure of init: expected ${tree.specText(initSpec)}, got ` +
          tree.specText(tree.flatten(carry).spec),
      );
    }
    steps.push(returned[1]);
  }
  return [carry, stackSteps(steps, options)];
}

// What every step gets. The gradients of the steps are stacked and summed, which fixes their order.
function forEachStep(args: unknown[], count: number): unknown[][] {
  const { leaves, spec } = tree.flatten(args);
  const spread = leaves.map((leaf) =>
    leaf instanceof Tensor && leaf.requiresGrad && isGradEnabled()
      ? (aten.unbind(leaf.expand([count, ...leaf.shape])) as Tensor[])
      : leaf,
  );
  return Array.from(
    { length: count },
    (_, i) =>
      tree.unflatten(
        spread.map((one, k) => (one === leaves[k] ? one : (one as Tensor[])[i])),
        spec,
      ) as unknown[],
  );
}

/** `f` on each slice of `xs` along the first dimension, and the results stacked (`torch._higher_order_ops.map`). */
export function map(f: (x: never, ...args: never[]) => unknown, xs: unknown, ...args: unknown[]): tree.Tree {
  checkFunction('map', 'f', f);
  const leaves = alongFirst('map', xs, OPTIONS);
  const { spec } = tree.flatten(xs);
  if (recording.active?.control) return mapRegion(f, leaves, spec, args);
  const steps = forEachStep(args, leaves[0].shape[0]).map((shared, i) => {
    const slice = tree.unflatten(
      leaves.map((leaf) => leaf.select(0, i)),
      spec,
    );
    return (f as (...all: unknown[]) => unknown)(slice, ...shared);
  });
  return stackSteps(steps, OPTIONS);
}

export { alongFirst, finish };
