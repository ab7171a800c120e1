// What autocast does with the arguments of an operator of JavaScript: its kernel for autocast's keys.
import type { DType } from '../core/dtype';
import { valueError } from '../core/errors';
import * as tree from '../func/tree';
import { Scope, within } from '../native/scope';
import { Tensor } from '../tensor';
import { callInOrder, implement, type Overload } from './operators';

const KEYS: Readonly<Record<string, string>> = { cpu: 'AutocastCPU', cuda: 'AutocastCUDA' };

/** Casts floating-point tensors of the device, and calls the operator without autocast. */
export function implementAutocast(op: Overload, deviceType: unknown, dtype: DType): void {
  if (typeof deviceType !== 'string' || !Object.hasOwn(KEYS, deviceType))
    throw valueError(`Device type '${String(deviceType)}' does not support autocast.`);
  const cast = (leaf: unknown): unknown => {
    const isOfDevice = leaf instanceof Tensor && leaf.device.type === deviceType && leaf.isFloatingPoint();
    return isOfDevice && leaf.dtype.name !== 'float64' ? leaf.to(dtype) : leaf;
  };
  implement(op, KEYS[deviceType], (args) =>
    within(
      op.name,
      Scope.excludedKeys,
      () => callInOrder(op, tree.map(args, cast) as unknown[]),
      KEYS[deviceType],
    ),
  );
}
