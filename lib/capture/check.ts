// A replay beside the function itself.
import { uint8 } from '../core/dtype';
import { TorchError } from '../core/errors';
import { native } from '../native';
import { newTensor, isTensor } from '../native/tensor_base';
import { flatten } from '../func/tree';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { keepState, stateNow } from './saved_state';
import type { Given } from './given';
import type { Variant } from './variant';

const bytes = (tensor: Tensor): Tensor =>
  tensor.detach().resolveConj().resolveNeg().contiguous().reshape([-1]).view(uint8);

function sameBits(a: Tensor | null, b: Tensor | null): boolean {
  if (a === null || b === null) return a === b;
  const same =
    a.dtype === b.dtype && String(a.shape) === String(b.shape) && a.requiresGrad === b.requiresGrad;
  return same && (a.numel() === 0 || (aten.equal(bytes(a), bytes(b)) as unknown as boolean));
}

type Named = [name: string, tensor: Tensor | null];

/**
 * Runs `fn`, puts back what it changed, replays, and compares.
 *
 * @throws TorchError that names the first tensor that differs.
 */
export function checkedReplay(fn: (...args: unknown[]) => unknown, variant: Variant, given: Given): unknown {
  if (given.tensors.some((tensor) => !tensor.isLeaf)) {
    throw new TorchError(
      'torch.capture: check: an argument has a graph of its own, which a backward pass can go through once: detach() it',
    );
  }
  const { handle, hosts, objects: inside } = variant.recorded;
  const others = native.captureOthers(handle).map((other) => newTensor(other));
  const tensors = [...given.tensors, ...others.filter((tensor) => tensor.isLeaf)];
  const objects = [...new Set([...hosts.flatMap(({ object, args }) => [object, ...args]), ...inside])];
  const restore = keepState(tensors, objects);
  const seen = (result: unknown): Named[] => {
    const outputs = flatten(result).leaves.filter(isTensor);
    return [
      ...outputs.map((tensor, i): Named => [`output ${i}`, tensor.detach().clone()]),
      ...stateNow(tensors, objects),
    ];
  };
  let wanted: Named[];
  try {
    wanted = seen(fn(...given.args));
  } finally {
    restore();
  }
  const result = variant.replay(given);
  const got = seen(result);
  const differs = wanted.findIndex(([, tensor], i) => !sameBits(tensor, got[i]?.[1] ?? null));
  if (differs >= 0 || got.length !== wanted.length) {
    const name = wanted[differs]?.[0] ?? 'the number of outputs';
    throw new TorchError(`torch.capture: check: ${name} differs between the function and its replay`);
  }
  return result;
}
