// Loops as nodes with graphs, where a recording takes them for such.
import { bool } from '../core/dtype';
import { TorchError } from '../core/errors';
import { contiguousFormat } from '../core/layout';
import * as tree from '../func/tree';
import { type Region, recording } from '../native/recording';
import * as aten from '../tensor/aten';
import { Tensor } from '../tensor';

type Fn = (...args: never[]) => unknown;
type Called = (...args: unknown[]) => unknown;

const NONE = { pred: null, operands: [], carried: [], xs: [] } as const;

/** What stands for the results of a region of the recording. */
export const regionOf = (
  region: Pick<Region, 'operator' | 'bodies' | 'results'> & Partial<Region>,
): Tensor[] => recording.active!.control!({ ...NONE, ...region }) as Tensor[];

/** Whether it is a boolean, or a tensor of one without a dimension. */
export const isTruthValue = (pred: unknown): pred is Tensor | boolean =>
  pred instanceof Tensor ? pred.dim() === 0 && pred.dtype === bool : typeof pred === 'boolean';

/** What a value is, for messages. */
export const kindOf = (value: unknown): string =>
  value instanceof Tensor ? `${value.dtype} of shape [${value.shape.join(', ')}]` : typeof value;

/** The leaves, which must be tensors. */
export function tensorLeaves(fn: string, what: string, value: unknown): Tensor[] {
  return tree.flatten(value).leaves.map((leaf) => {
    if (leaf instanceof Tensor) return leaf;
    throw new TorchError(`${fn}: ${what} must be tensors in a program, got ${typeof leaf}`);
  });
}

/** Runs `fn`, of which a region keeps how its result is nested. */
function returned(fn: string, result: unknown): { leaves: Tensor[]; spec: tree.TreeSpec } {
  return { leaves: tensorLeaves(fn, 'results', result), spec: tree.flatten(result).spec };
}

// What is carried has the sizes and dtype that it began with.
function checkCarried(fn: string, before: readonly Tensor[], after: readonly Tensor[]): void {
  const text = (x: Tensor): string => `${x.dtype}[${x.shape.join(', ')}]`;
  const differs = before.findIndex((x, i) => after[i] === undefined || text(x) !== text(after[i]));
  if (differs < 0 && before.length === after.length) return;
  throw new TorchError(
    `${fn}: what is carried must keep its number, dtypes and sizes in a program: ${before.map(text).join(', ')} became ` +
      after.map(text).join(', '),
  );
}

export function whileRegion(condFn: Fn, bodyFn: Fn, carriedInputs: readonly unknown[]): unknown[] {
  const { spec } = tree.flatten(carriedInputs);
  const carried = tensorLeaves('whileLoop()', 'carriedInputs', carriedInputs);
  const call = (fn: Fn, leaves: readonly unknown[]): unknown =>
    (fn as Called)(...(tree.unflatten(leaves, spec) as unknown[]));
  const results = regionOf({
    operator: 'while_loop',
    carried,
    bodies: [
      (now) => {
        const pred = call(condFn, now);
        if (pred instanceof Tensor && isTruthValue(pred)) return [pred];
        throw new TorchError(
          `whileLoop(): condFn must return a boolean scalar tensor in a program but got ${kindOf(pred)}`,
        );
      },
      (now) => {
        const next = tensorLeaves('whileLoop()', 'results of bodyFn', call(bodyFn, now));
        checkCarried('whileLoop()', carried, next);
        return next;
      },
    ],
    results: ([, next]) => next,
  });
  return tree.unflatten(results, spec) as unknown[];
}

const stackedLike = (x: Tensor, count: number): Tensor =>
  aten.clone(aten.expand(aten.unsqueeze(x, 0), [count, ...x.shape]), { memoryFormat: contiguousFormat });

export function mapRegion(
  f: Fn,
  xs: readonly Tensor[],
  spec: tree.TreeSpec,
  args: readonly unknown[],
): unknown {
  let out: tree.TreeSpec = null;
  const results = regionOf({
    operator: 'map_impl',
    xs,
    operands: tree.flatten(args).leaves.filter((leaf) => leaf instanceof Tensor),
    bodies: [
      (_, slices) => {
        const result = returned('map()', (f as Called)(tree.unflatten(slices, spec), ...args));
        out = result.spec;
        return result.leaves;
      },
    ],
    results: ([one]) => one.map((x) => stackedLike(x as Tensor, xs[0].shape[0])),
  });
  return tree.unflatten(results, out);
}

export function scanRegion(
  combineFn: Fn,
  init: unknown,
  xs: readonly Tensor[],
  spec: tree.TreeSpec,
): [carry: unknown, ys: unknown] {
  const start = returned('scan()', init);
  let out: tree.TreeSpec = null;
  const results = regionOf({
    operator: 'scan',
    carried: start.leaves,
    xs,
    bodies: [
      (carried, slices) => {
        const pair = (combineFn as Called)(tree.unflatten(carried, start.spec), tree.unflatten(slices, spec));
        if (!Array.isArray(pair) || pair.length !== 2)
          throw new TorchError('scan(): combineFn must return the next carry and an output');
        const [next, y] = pair.map((one) => returned('scan()', one));
        checkCarried('scan()', start.leaves, next.leaves);
        out = y.spec;
        return [...next.leaves, ...y.leaves];
      },
    ],
    results: ([all]) => {
      const count = start.leaves.length;
      return all.map((x, i) => (i < count ? x : stackedLike(x as Tensor, xs[0].shape[0])));
    },
  });
  const count = start.leaves.length;
  return [tree.unflatten(results.slice(0, count), start.spec), tree.unflatten(results.slice(count), out)];
}
