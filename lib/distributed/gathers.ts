// Collectives that hand tensors over as they are. All ranks of a group call the same ones in the same order.
import { bindArguments } from '../core/calls';
import { TorchTypeError, valueError } from '../core/errors';
import type { Tensor } from '../tensor';
import { asReal, beginWork, checkDtypes, checkTensor, checkTensors, isOutside, nothing } from './begin';
import { type ProcessGroup, groupOf, rankIn } from './group';
import type { Work } from './work';

type Group = ProcessGroup | null;

/**
 * Gives all ranks the tensor of rank `src`, of the default group, or `groupSrc`, of `group`.
 *
 * Shapes: the same on all ranks.
 */
export function broadcast(
  ...args:
    | [tensor: Tensor, src?: number | null, group?: Group, groupSrc?: number | null]
    | [tensor: Tensor, options: { src?: number; group?: Group; groupSrc?: number }]
): Work {
  const [tensor, src, given, groupSrc] = bindArguments(
    'broadcast(tensor, src?, group?, groupSrc?)',
    args as [tensor: Tensor, src?: number | null, group?: Group, groupSrc?: number | null],
  );
  const group = groupOf('broadcast', given);
  checkTensor('tensor', tensor);
  if (isOutside('broadcast', group)) return nothing();
  const peer = rankIn(group, src, groupSrc);
  return beginWork('broadcast', group, {
    inputs: [asReal(tensor)],
    peer,
    detail: ` from rank ${group.ranks[peer]}`,
  });
}

/**
 * Gives all ranks the tensors of all.
 *
 * Shapes: `tensorList` has one for each rank, of the shape of that rank's `tensor`.
 */
export function allGather(...args: [tensorList: readonly Tensor[], tensor: Tensor, group?: Group]): Work {
  const [tensorList, tensor, given] = bindArguments('allGather(tensorList, tensor, group?)', args);
  checkTensors('tensorList', tensorList);
  checkTensor('tensor', tensor);
  checkDtypes(tensor, ...tensorList);
  const group = groupOf('allGather', given);
  if (isOutside('allGather', group)) return nothing();
  return beginWork('allGather', group, { outputs: tensorList.map(asReal), inputs: [asReal(tensor)] });
}

/**
 * {@link allGather} into one tensor.
 *
 * Shapes: `output` is `(ranks · n, *)` or `(ranks, n, *)` where `input` is `(n, *)`.
 */
export function allGatherIntoTensor(
  ...args: [outputTensor: Tensor, inputTensor: Tensor, group?: Group]
): Work {
  return gatherInto(
    'allGatherIntoTensor',
    bindArguments('allGatherIntoTensor(outputTensor, inputTensor, group?)', args),
  );
}

/** {@link allGatherIntoTensor} by its newer name. */
export function allGatherSingle(...args: [outputTensor: Tensor, inputTensor: Tensor, group?: Group]): Work {
  return gatherInto(
    'allGatherSingle',
    bindArguments('allGatherSingle(outputTensor, inputTensor, group?)', args),
  );
}

function gatherInto(
  fn: string,
  [output, input, given]: [outputTensor: Tensor, inputTensor: Tensor, group?: Group],
): Work {
  checkTensor('inputTensor', input);
  checkTensor('outputTensor', output);
  checkDtypes(input, output);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return nothing();
  return beginWork('allGatherIntoTensor', group, { outputs: [asReal(output)], inputs: [asReal(input)] });
}

/** {@link allGather} of several tensors at once: `outputTensorLists` has a list for each rank. */
export function allGatherCoalesced(
  ...args: [
    outputTensorLists: readonly (readonly Tensor[])[],
    inputTensorList: readonly Tensor[],
    group?: Group,
  ]
): Work {
  const [lists, inputs, given] = bindArguments(
    'allGatherCoalesced(outputTensorLists, inputTensorList, group?)',
    args,
  );
  checkTensors('inputTensorList', inputs);
  if (!Array.isArray(lists))
    throw new TorchTypeError('Invalid function argument: outputTensorLists should be a list');
  for (const list of lists) checkTensors('outputTensorLists', list);
  if (lists.some((list) => list.length !== inputs.length))
    throw valueError(
      'allGatherCoalesced(): each list of outputTensorLists needs as many tensors as there are inputs',
    );
  checkDtypes(...inputs, ...lists.flat());
  const group = groupOf('allGatherCoalesced', given);
  if (isOutside('allGatherCoalesced', group)) return nothing();
  return beginWork('allGatherCoalesced', group, {
    outputs: lists.flat().map(asReal),
    inputs: inputs.map(asReal),
  });
}

/** Gives rank `dst`, which alone has a `gatherList`, the tensors of all. Default: rank 0. */
export function gather(
  ...args:
    | [
        tensor: Tensor,
        gatherList?: readonly Tensor[] | null,
        dst?: number | null,
        group?: Group,
        groupDst?: number | null,
      ]
    | [
        tensor: Tensor,
        options: { gatherList?: readonly Tensor[] | null; dst?: number; group?: Group; groupDst?: number },
      ]
): Work {
  const [tensor, gatherList, dst, given, groupDst] = bindArguments(
    'gather(tensor, gatherList?, dst?, group?, groupDst?)',
    args as [
      tensor: Tensor,
      gatherList?: readonly Tensor[] | null,
      dst?: number | null,
      group?: Group,
      groupDst?: number | null,
    ],
  );
  checkTensor('tensor', tensor);
  const outputs = gatherList ?? [];
  checkTensors('gatherList', outputs);
  checkDtypes(tensor, ...outputs);
  const group = groupOf('gather', given);
  if (isOutside('gather', group)) return nothing();
  const peer = rankIn(group, dst ?? (groupDst == null ? 0 : null), groupDst);
  const isDestination = peer === group.rank();
  if (isDestination && outputs.length === 0)
    throw valueError('Argument `gatherList` must be specified on destination rank.');
  if (!isDestination && outputs.length > 0)
    throw valueError('Argument `gatherList` must NOT be specified on non-destination ranks.');
  const detail = ` to rank ${group.ranks[peer]}`;
  return beginWork('gather', group, { outputs, inputs: [tensor], peer, detail });
}

/** Gives each rank one tensor of the `scatterList` that rank `src` alone has. Default: rank 0. */
export function scatter(
  ...args:
    | [
        tensor: Tensor,
        scatterList?: readonly Tensor[] | null,
        src?: number | null,
        group?: Group,
        groupSrc?: number | null,
      ]
    | [
        tensor: Tensor,
        options: { scatterList?: readonly Tensor[] | null; src?: number; group?: Group; groupSrc?: number },
      ]
): Work {
  const [tensor, scatterList, src, given, groupSrc] = bindArguments(
    'scatter(tensor, scatterList?, src?, group?, groupSrc?)',
    args as [
      tensor: Tensor,
      scatterList?: readonly Tensor[] | null,
      src?: number | null,
      group?: Group,
      groupSrc?: number | null,
    ],
  );
  checkTensor('tensor', tensor);
  const inputs = scatterList ?? [];
  checkTensors('scatterList', inputs);
  checkDtypes(tensor, ...inputs);
  const group = groupOf('scatter', given);
  if (isOutside('scatter', group)) return nothing();
  const peer = rankIn(group, src ?? (groupSrc == null ? 0 : null), groupSrc);
  const isSource = peer === group.rank();
  if (isSource && inputs.length === 0)
    throw valueError('Argument `scatterList` must be specified on source rank.');
  if (!isSource && inputs.length > 0)
    throw valueError('Argument `scatterList` must NOT be specified on non-source ranks.');
  const detail = ` from rank ${group.ranks[peer]}`;
  return beginWork('scatter', group, { outputs: [asReal(tensor)], inputs: inputs.map(asReal), peer, detail });
}
