// Collectives that make one tensor of several. All ranks of a group call the same ones in the same order.
import { bindArguments } from '../core/calls';
import { valueError } from '../core/errors';
import type { Tensor } from '../tensor';
import { asReal, beginWork, checkDtypes, checkTensor, checkTensors, isOutside, nothing } from './begin';
import { type ProcessGroup, groupOf, rankIn } from './group';
import { ReduceOp, numberOf, suitsComplex } from './reduce_op';
import type { Work } from './work';

type Group = ProcessGroup | null;

function checkComplex(fn: string, op: ReduceOp, tensors: readonly Tensor[]): void {
  if (suitsComplex(op) || !tensors.some((tensor) => tensor.isComplex())) return;
  throw valueError(`${fn} does not support ${op} on complex tensors`);
}

/**
 * Makes one tensor of those of all ranks, element by element, and gives it to all.
 *
 * Shapes: the same on all ranks.
 *
 * @throws TypeError for an `op` that is none of {@link ReduceOp}.
 *
 * @example
 * await dist.allReduce(loss, { op: dist.ReduceOp.AVG });
 */
export function allReduce(
  ...args:
    | [tensor: Tensor, op?: ReduceOp, group?: Group]
    | [tensor: Tensor, options: { op?: ReduceOp; group?: Group }]
): Work {
  const [tensor, op = ReduceOp.SUM, given] = bindArguments(
    'allReduce(tensor, op?, group?)',
    args as [tensor: Tensor, op?: ReduceOp, group?: Group],
  );
  checkTensor('tensor', tensor);
  const number = numberOf('allReduce', op);
  const group = groupOf('allReduce', given);
  if (isOutside('allReduce', group)) return nothing();
  checkComplex('allReduce', op, [tensor]);
  return beginWork('allReduce', group, { inputs: [asReal(tensor)], op: number });
}

/** {@link allReduce} of several tensors of one dtype at once. */
export function allReduceCoalesced(
  ...args:
    | [tensors: readonly Tensor[], op?: ReduceOp, group?: Group]
    | [tensors: readonly Tensor[], options: { op?: ReduceOp; group?: Group }]
): Work {
  const [tensors, op = ReduceOp.SUM, given] = bindArguments(
    'allReduceCoalesced(tensors, op?, group?)',
    args as [tensors: readonly Tensor[], op?: ReduceOp, group?: Group],
  );
  checkTensors('tensors', tensors);
  const number = numberOf('allReduceCoalesced', op);
  checkDtypes(...tensors);
  const group = groupOf('allReduceCoalesced', given);
  if (isOutside('allReduceCoalesced', group)) return nothing();
  checkComplex('allReduceCoalesced', op, tensors);
  return beginWork('allReduceCoalesced', group, { inputs: tensors.map(asReal), op: number });
}

/** {@link allReduce} whose result rank `dst` alone gets; the tensors of the others are undefined afterwards. */
export function reduce(
  ...args:
    | [tensor: Tensor, dst?: number | null, op?: ReduceOp, group?: Group, groupDst?: number | null]
    | [tensor: Tensor, options: { dst?: number; op?: ReduceOp; group?: Group; groupDst?: number }]
): Work {
  const [tensor, dst, op = ReduceOp.SUM, given, groupDst] = bindArguments(
    'reduce(tensor, dst?, op?, group?, groupDst?)',
    args as [tensor: Tensor, dst?: number | null, op?: ReduceOp, group?: Group, groupDst?: number | null],
  );
  const group = groupOf('reduce', given);
  checkTensor('tensor', tensor);
  const number = numberOf('reduce', op);
  if (isOutside('reduce', group)) return nothing();
  const peer = rankIn(group, dst, groupDst);
  const detail = ` to rank ${group.ranks[peer]}`;
  return beginWork('reduce', group, { inputs: [tensor], op: number, peer, detail });
}

/** Makes one tensor of each place of all ranks' `inputList`, and gives each rank that of its place. */
export function reduceScatter(
  ...args:
    | [output: Tensor, inputList: readonly Tensor[], op?: ReduceOp, group?: Group]
    | [output: Tensor, inputList: readonly Tensor[], options: { op?: ReduceOp; group?: Group }]
): Work {
  type Bound = Scattered<readonly Tensor[]>;
  return scatterOf(
    'reduceScatter',
    bindArguments('reduceScatter(output, inputList, op?, group?)', args as Bound),
  );
}

/**
 * {@link reduceScatter} of one tensor.
 *
 * Shapes: `input` is `(ranks · n, *)` or `(ranks, n, *)` where `output` is `(n, *)`.
 */
export function reduceScatterTensor(
  ...args:
    | [output: Tensor, input: Tensor, op?: ReduceOp, group?: Group]
    | [output: Tensor, input: Tensor, options: { op?: ReduceOp; group?: Group }]
): Work {
  type Bound = Scattered<Tensor>;
  return scatterOf(
    'reduceScatterTensor',
    bindArguments('reduceScatterTensor(output, input, op?, group?)', args as Bound),
  );
}

/** {@link reduceScatterTensor} by its newer name. */
export function reduceScatterSingle(
  ...args:
    | [output: Tensor, input: Tensor, op?: ReduceOp, group?: Group]
    | [output: Tensor, input: Tensor, options: { op?: ReduceOp; group?: Group }]
): Work {
  type Bound = Scattered<Tensor>;
  return scatterOf(
    'reduceScatterSingle',
    bindArguments('reduceScatterSingle(output, input, op?, group?)', args as Bound),
  );
}

type Scattered<T> = [output: Tensor, input: T, op?: ReduceOp, group?: Group];

function scatterOf(
  fn: string,
  [output, input, op = ReduceOp.SUM, given]: Scattered<Tensor | readonly Tensor[]>,
): Work {
  checkTensor('output', output);
  const isList = fn === 'reduceScatter';
  if (isList) checkTensors('inputList', input);
  else checkTensor('input', input);
  const inputs = (isList ? input : [input]) as readonly Tensor[];
  const number = numberOf(fn, op);
  checkDtypes(output, ...inputs);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return nothing();
  return beginWork(isList ? fn : 'reduceScatterTensor', group, { outputs: [output], inputs, op: number });
}
