// Collectives between all pairs of ranks, and barriers.
import { bindArguments } from '../core/calls';
import { valueError } from '../core/errors';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import type { Tensor } from '../tensor';
import type { Handle } from '../../typings/native';
import { defaultPgTimeout } from './backends';
import { asReal, beginWork, checkDtypes, checkTensor, checkTensors, isOutside, nothing } from './begin';
import { type ProcessGroup, groupOf } from './group';
import { checkTimeout } from './store';
import type { Work } from './work';

type Group = ProcessGroup | null;

/**
 * Gives each rank a part of this rank's `input`, and gets one of each.
 *
 * Shapes: the parts are along the first dimension, of equal sizes or of `inputSplitSizes` and `outputSplitSizes`, one for
 * each rank.
 */
export function allToAllSingle(
  ...args:
    | [
        output: Tensor,
        input: Tensor,
        outputSplitSizes?: readonly number[] | null,
        inputSplitSizes?: readonly number[] | null,
        group?: Group,
      ]
    | [
        output: Tensor,
        input: Tensor,
        options: { outputSplitSizes?: readonly number[]; inputSplitSizes?: readonly number[]; group?: Group },
      ]
): Work {
  const [output, input, outputSizes, inputSizes, given] = bindArguments(
    'allToAllSingle(output, input, outputSplitSizes?, inputSplitSizes?, group?)',
    args as [
      output: Tensor,
      input: Tensor,
      outputSplitSizes?: readonly number[] | null,
      inputSplitSizes?: readonly number[] | null,
      group?: Group,
    ],
  );
  checkTensor('output', output);
  checkTensor('input', input);
  checkDtypes(output, input);
  const group = groupOf('allToAllSingle', given);
  if (isOutside('allToAllSingle', group)) return nothing();
  return beginWork('allToAllSingle', group, {
    outputs: [asReal(output)],
    inputs: [asReal(input)],
    numbers: splitSizes(output, input, outputSizes ?? null, inputSizes ?? null, group.size()),
  });
}

// The addon takes both lists or none.
function splitSizes(
  output: Tensor,
  input: Tensor,
  ofOutput: readonly number[] | null,
  ofInput: readonly number[] | null,
  ranks: number,
): readonly number[] {
  if (ofOutput === null && ofInput === null) return [];
  const equal = (tensor: Tensor): number[] => new Array<number>(ranks).fill(tensor.shape[0] / ranks);
  const sizes = [...(ofOutput ?? equal(output)), ...(ofInput ?? equal(input))];
  if (sizes.length === 2 * ranks && sizes.every((size) => Number.isInteger(size) && size >= 0)) return sizes;
  throw valueError(
    `allToAllSingle(): outputSplitSizes and inputSplitSizes need ${ranks} sizes, one for each rank`,
  );
}

/** Gives each rank one tensor of this rank's `inputTensorList`, and gets one of each. */
export function allToAll(
  ...args: [outputTensorList: readonly Tensor[], inputTensorList: readonly Tensor[], group?: Group]
): Work {
  const [outputs, inputs, given] = bindArguments('allToAll(outputTensorList, inputTensorList, group?)', args);
  checkTensors('outputTensorList', outputs);
  checkTensors('inputTensorList', inputs);
  checkDtypes(...outputs, ...inputs);
  const group = groupOf('allToAll', given);
  if (isOutside('allToAll', group)) return nothing();
  return beginWork('allToAll', group, { outputs: outputs.map(asReal), inputs: inputs.map(asReal) });
}

/** Waits until all ranks are here. */
export function barrier(...args: [group?: Group] | [options: { group?: Group; timeout?: number }]): Work {
  const [given, timeout] = bindArguments(
    'barrier(group?, timeout?)',
    args as [group?: Group, timeout?: number],
  );
  const group = groupOf('barrier', given);
  if (timeout !== undefined) checkTimeout('barrier', timeout);
  if (isOutside('barrier', group)) return nothing();
  return beginWork('barrier', group, { timeout: timeout ?? -1 });
}

/**
 * Waits until all ranks are here; where one is not after `timeout` milliseconds, the error names it: the first of them or,
 * with `waitAllRanks`, on rank 0 all.
 *
 * @throws TorchError that names the ranks.
 */
export function monitoredBarrier(
  ...args:
    | [group?: Group, timeout?: number | null, waitAllRanks?: boolean]
    | [options: { group?: Group; timeout?: number; waitAllRanks?: boolean }]
): Promise<void> {
  const [given, timeout, waitAllRanks = false] = bindArguments(
    'monitoredBarrier(group?, timeout?, waitAllRanks?)',
    args as [group?: Group, timeout?: number | null, waitAllRanks?: boolean],
  );
  return waitForAll(given, timeout ?? defaultPgTimeout, Boolean(waitAllRanks));
}

async function waitForAll(given: Group | undefined, timeout: number, waitAllRanks: boolean): Promise<void> {
  const group = groupOf('monitoredBarrier', given);
  checkTimeout('monitoredBarrier', timeout);
  if (isOutside('monitoredBarrier', group)) return;
  await native.monitoredBarrier(group[HANDLE] as Handle, timeout, waitAllRanks);
}
