import { bindArguments } from '../core/calls';
import { TorchError, checkFunction } from '../core/errors';
import * as tree from '../func/tree';
import { recording } from '../native/recording';
import * as aten from '../tensor/aten';
import { Tensor } from '../tensor';
import { repr } from '../tensor/repr';

type Flat = ReturnType<typeof tree.flatten>;

const shown = (value: unknown): string =>
  value instanceof Tensor ? `a tensor of shape [${value.shape.join(', ')}]` : repr(value);

/**
 * Calls `trueFn` where `pred` is true, and `falseFn` where it is not, with `operands`: a branch that a program can have
 * (`torch.cond`). `torch.export.export` looks at both; they must then give tensors of the same dtypes and sizes, new ones,
 * and write to nothing that is not theirs.
 *
 * Differs from PyTorch: `torch.cond`, where it is not exported, calls the branch that is taken and does not look at the
 * other one.
 *
 * @throws TorchError where `pred` is neither a boolean nor a tensor of one element, and where an operand is no tensor.
 *
 * @example
 * const x = torch.tensor([1, 2]);
 * torch.cond(x.sum().gt(2), (x: Tensor) => x.mul(2), (x: Tensor) => x.neg(), [x]); // [2, 4]
 */
export function cond<Operands extends unknown[], Result>(
  ...args: [
    pred: Tensor | boolean,
    trueFn: (...operands: Operands) => Result,
    falseFn: (...operands: Operands) => Result,
    operands?: Operands,
  ]
): Result {
  const [pred, trueFn, falseFn, given = []] = bindArguments('cond(pred, trueFn, falseFn, operands?)', args);
  if (pred instanceof Tensor ? pred.numel() !== 1 : typeof pred !== 'boolean')
    throw new TorchError(`Expected pred to be bool or single-element tensor, but got ${String(pred)}.`);
  checkFunction('cond', 'trueFn', trueFn);
  checkFunction('cond', 'falseFn', falseFn);
  const { leaves } = tree.flatten(given);
  if (!Array.isArray(given) || !leaves.every((leaf) => leaf instanceof Tensor)) {
    throw new TorchError(
      'Expect operands to be a tuple of possibly nested dict/list/tuple that only consists of tensor leaves, but got ' +
        `${leaves.map(shown).join(', ')}.`,
    );
  }
  const operands = given as Operands;
  if (typeof pred === 'boolean') return pred ? trueFn(...operands) : falseFn(...operands);
  const control = recording.active?.control;
  if (!control) return aten.isNonzero(pred) ? trueFn(...operands) : falseFn(...operands);
  const results: Flat[] = [];
  const body = (fn: typeof trueFn) => () => {
    results.push(tree.flatten(fn(...operands)));
    return results.at(-1)!.leaves.filter((leaf) => leaf instanceof Tensor);
  };
  const found = control({
    operator: 'cond',
    pred,
    operands: leaves as Tensor[],
    carried: [],
    xs: [],
    bodies: [body(trueFn), body(falseFn)],
    results: ([ours]) => {
      checkBranches(results[0], results[1]);
      return ours;
    },
  })[Symbol.iterator]();
  const [{ leaves: first, spec }] = results;
  return tree.unflatten(
    first.map((leaf) => (leaf instanceof Tensor ? found.next().value : leaf)),
    spec,
  ) as Result;
}

// What both must have alike, in Python's words.
function checkBranches(ours: Flat, theirs: Flat): void {
  if (!tree.sameSpec(ours.spec, theirs.spec)) {
    throw new TorchError(
      'torch.cond: Expected branches to return the same pytree structure, but got ' +
        `${tree.specText(ours.spec)} and ${tree.specText(theirs.spec)}`,
      'UncapturedHigherOrderOpError',
    );
  }
  ours.leaves.forEach((a, i) => {
    const b = theirs.leaves[i];
    const merging = "When merging two branches' output in torch.cond, ";
    if (!(a instanceof Tensor) || !(b instanceof Tensor)) {
      if (!Object.is(a, b))
        throw new TorchError(`${merging} expected the same value but got ${shown(a)} and ${shown(b)}.`);
      return;
    }
    for (const name of ['dtype', 'device', 'layout', 'shape'] as const) {
      if (String(a[name]) === String(b[name])) continue;
      throw new TorchError(
        `${merging} expected same ${name} but got ${String(a[name])} and ${String(b[name])}.`,
      );
    }
    if (String(a.stride()) === String(b.stride())) return;
    throw new TorchError(
      "The sorted order of strides of the two branches' output doesn't match.this indicates the contiguousness of the two " +
        `branches are different. True branch has stride (${a.stride().join(', ')}) but false branch has stride ` +
        `(${b.stride().join(', ')}).Consider using contiguous() to make the two branches have the same contiguousness.`,
    );
  });
}
