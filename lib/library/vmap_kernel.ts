// The batching rule of an operator of JavaScript: its kernel for tensors of a level of vmap.
import { addBatchDims, unwrapBatched } from '../autograd/batched';
import type { VmapInfo } from '../autograd/function_rules';
import { TorchError } from '../core/errors';
import * as tree from '../func/tree';
import { native } from '../native';
import { Scope, within } from '../native/scope';
import { callInOrder, implement, type Overload, partArguments } from './operators';

/** A batching rule: the output, and the mapped dimensions nested as it is. */
export type VmapRule = (
  info: VmapInfo,
  inDims: never[],
  ...args: never[]
) => readonly [output: unknown, outDims: unknown];

/** Registers the kernel. */
export function implementVmap(op: Overload, rule: VmapRule): void {
  implement(op, 'FuncTorchBatched', (args) => {
    const transform = native.innermostTransform();
    if (transform === null) throw new TorchError(`${op.name}: a batched tensor outside of vmap`);
    const [, level, , batchSize, randomness] = transform;
    const outside = <T>(body: () => T): T => within(op.name, Scope.excludedKeys, body, 'FuncTorchBatched');
    const [below, dims] = unwrapBatched(args, level) as [unknown[], unknown[]];
    if (tree.flatten(dims).leaves.every((dim) => dim === null)) return outside(() => callInOrder(op, args));
    const { positional, keywords } = partArguments(op, below);
    const inDims = partArguments(op, dims).positional;
    const call = rule as (...all: unknown[]) => unknown;
    const result = outside(() =>
      call({ batchSize, randomness }, inDims, ...positional, ...(keywords ? [keywords] : [])),
    );
    if (!Array.isArray(result) || result.length !== 2) {
      throw new TorchError(
        'Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure ' +
          'compatible with the output.',
      );
    }
    return addBatchDims(result[0], result[1], level);
  });
}
