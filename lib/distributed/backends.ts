// What there is of PyTorch's backends: gloo.
import { bindArguments } from '../core/calls';
import { checkText, valueError } from '../core/errors';
import { type DeviceLike, device as makeDevice } from '../core/device';
import { native } from '../native';
import { world } from './group';
import { type ReduceOp, numberOf, suitsComplex } from './reduce_op';

/** How long a group's collectives wait where nothing else is said: 30 minutes, in milliseconds. */
export const defaultPgTimeout = 1_800_000;

/** Whether the backend of this name is there: `'gloo'` is, on Linux. */
export function isBackendAvailable(...args: [backend: string]): boolean {
  const [backend] = bindArguments('isBackendAvailable(backend)', args);
  checkText('isBackendAvailable', 'backend', backend);
  const names = backend.includes(':') ? backend.split(',').map((part) => part.split(':').at(-1)!) : [backend];
  return names.every((name) => name.toLowerCase() === 'gloo') && native.hasDistributed();
}

/** NCCL is not there yet: gloo carries tensors of the CPU. */
export function isNcclAvailable(...args: []): boolean {
  bindArguments('isNcclAvailable()', args);
  return false;
}
/** MPI is not there, as in PyTorch's own wheels. */
export function isMpiAvailable(...args: []): boolean {
  bindArguments('isMpiAvailable()', args);
  return false;
}
/** UCC is not there, as in PyTorch's own wheels. */
export function isUccAvailable(...args: []): boolean {
  bindArguments('isUccAvailable()', args);
  return false;
}
/** XCCL, which is for GPUs of Intel's, is not there. */
export function isXcclAvailable(...args: []): boolean {
  bindArguments('isXcclAvailable()', args);
  return false;
}

/** How many groups this process has made since it made the default one, which counts; 0 where there is none. */
export function getPgCount(...args: []): number {
  bindArguments('getPgCount()', args);
  return world.groupCount;
}

const OF_DEVICES: Readonly<Record<string, string>> = { cpu: 'gloo', cuda: 'nccl', xpu: 'xccl', mps: 'gloo' };

/** The name of the backend that PyTorch takes for a device's tensors, whether it is there or not. */
export function getDefaultBackendForDevice(...args: [device: DeviceLike]): string {
  const [device] = bindArguments('getDefaultBackendForDevice(device)', args);
  const backend = OF_DEVICES[makeDevice(device).type];
  if (backend !== undefined) return backend;
  throw valueError(`Default backend not registered for device : ${String(device)}`);
}

/** What `TORCH_DISTRIBUTED_DEBUG` says: with `'DETAIL'` all collectives are compared before they begin. */
export function getDebugLevel(...args: []): 'OFF' | 'INFO' | 'DETAIL' {
  bindArguments('getDebugLevel()', args);
  const level = process.env.TORCH_DISTRIBUTED_DEBUG;
  return level === 'INFO' || level === 'DETAIL' ? level : 'OFF';
}

/** Whether complex tensors can be reduced so. */
export function supportsComplex(...args: [reduceOp: ReduceOp]): boolean {
  const [reduceOp] = bindArguments('supportsComplex(reduceOp)', args);
  numberOf('supportsComplex', reduceOp);
  return suitsComplex(reduceOp);
}
