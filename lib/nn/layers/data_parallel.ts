import * as aten from '../../tensor/aten';
import { currentAccelerator, deviceCount } from '../../accelerator';
import { device, type DeviceLike } from '../../core/device';
import { TorchError, TorchTypeError, valueError } from '../../core/errors';
import { flatten, unflatten } from '../../func/tree';
import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { Tensor } from '../../tensor';
import { repr } from '../../tensor/repr';
import { warn } from '../../core/warn';
import { Module } from '../module/module';
import { call } from '../utils/functional_call';

/** A GPU: its number, or a device. */
export type GpuLike = number | DeviceLike;

/** Options of `nn.DataParallel`. */
export interface DataParallelOptions {
  /** The GPUs; the first has the parameters. Default: all. */
  deviceIds?: readonly GpuLike[] | null;
  /** Where the result goes; -1 is the CPU. Default: the first of `deviceIds`. */
  outputDevice?: GpuLike | null;
  /** The dimension that is split. Default: 0. */
  dim?: number;
}
const DEFAULTS: Required<DataParallelOptions> = { deviceIds: null, outputDevice: null, dim: 0 };
const dataParallel = <M>() => signature('DataParallel', [value<M>()('module')], DEFAULTS);
const DATA_PARALLEL = dataParallel<Module>();

const accelerator = (): string => currentAccelerator()?.type ?? 'cuda';
function indexOf(gpu: GpuLike): number {
  if (typeof gpu === 'number') return gpu;
  const given = device(gpu);
  if (given.type === accelerator()) return given.index ?? 0;
  throw valueError(`Expected a ${accelerator()} device, but got: ${given}`);
}
// Python's -1 is the CPU.
const gpu = (index: number) => device(index === -1 ? 'cpu' : `${accelerator()}:${index}`);

// The arguments of each GPU's call: tensors are split, all else is given to each.
function scatter(args: unknown[], devices: readonly number[], dim: number): unknown[][] {
  const { leaves, spec } = flatten(args);
  const parts = leaves.map((leaf) =>
    leaf instanceof Tensor
      ? leaf.chunk(devices.length, dim).map((part, i) => part.to(gpu(devices[i])))
      : devices.map(() => leaf),
  );
  const count = args.length === 0 ? 1 : Math.min(...parts.map((part) => part.length));
  const argsOf = (i: number): unknown =>
    unflatten(
      parts.map((part) => part[i]),
      spec,
    );
  return devices.slice(0, count).map((_, i) => argsOf(i) as unknown[]);
}

function gatherTensors(tensors: Tensor[], target: number, dim: number): Tensor {
  const scalars = tensors.every((tensor) => tensor.dim() === 0);
  if (scalars) {
    warn(
      'Was asked to gather along dimension 0, but all input tensors were scalars; will instead unsqueeze and ' +
        'return a vector.',
    );
  }
  const moved = tensors.map((tensor) => (scalars ? tensor.unsqueeze(0) : tensor).to(gpu(target)));
  return aten.cat(moved, scalars ? 0 : dim);
}

function gather(outputs: unknown[], target: number, dim: number): unknown {
  const all = outputs.map((output) => flatten(output));
  for (const leaf of all.flatMap((one) => one.leaves)) {
    if (leaf == null || leaf instanceof Tensor) continue;
    throw new TorchTypeError(`DataParallel: the results of all GPUs must be tensors, not ${repr(leaf)}`);
  }
  const kindsOf = ({ leaves }: { leaves: unknown[] }) => leaves.map((leaf) => leaf instanceof Tensor).join();
  if (new Set(all.map(kindsOf)).size > 1) {
    throw valueError('DataParallel: the results of all GPUs must have the same structure');
  }
  const leaves = all[0].leaves.map((leaf, i) =>
    leaf instanceof Tensor
      ? gatherTensors(
          all.map((one) => one.leaves[i] as Tensor),
          target,
          dim,
        )
      : leaf,
  );
  return unflatten(leaves, all[0].spec);
}

/**
 * Calls a module on several GPUs at once, each with a part of the batch, and puts the results together.
 * Without a GPU, or with an empty list of them, it calls the module. Buffers that the call changes are kept on the first GPU only.
 *
 * Differs from PyTorch: `torch.nn.DataParallel` runs one GPU's forward after the other in one thread, with kernels
 * that still overlap; and it does not warn of GPUs that are unequal.
 *
 * @throws TorchError when a parameter or buffer is not on the first of `deviceIds`.
 * @throws TorchTypeError when the module gives something else than tensors, such as a promise or a number.
 */
export class DataParallel<Args extends unknown[] = never[], Out = unknown> extends Module<Args, Out> {
  readonly module: Module<Args, Out>;
  readonly dim: number;
  readonly deviceIds: readonly number[];
  readonly outputDevice: number | null;

  constructor(
    ...args: Call<
      ReturnType<typeof dataParallel<Module<Args, Out>>>,
      [module: Module<Args, Out>],
      [deviceIds: readonly GpuLike[] | null, outputDevice: GpuLike | null, dim: number]
    >
  ) {
    super();
    const [module, given] = DATA_PARALLEL.bind(args);
    this.module = module;
    const all = Array.from({ length: deviceCount() }, (_, index) => index);
    this.dim = given.dim;
    this.deviceIds = all.length === 0 ? [] : (given.deviceIds ?? all).map(indexOf);
    const [first] = this.deviceIds;
    this.outputDevice = first === undefined ? null : indexOf(given.outputDevice ?? first);
    if (this.deviceIds.length === 1) module.to(gpu(first));
  }

  override forward(...args: Args): Out {
    const { module, deviceIds, dim } = this;
    if (deviceIds.length === 0) return module(...args);
    const source = gpu(deviceIds[0]);
    for (const tensor of [...module.parameters(), ...module.buffers()]) {
      if (String(tensor.device) === String(source)) continue;
      throw new TorchError(
        `module must have its parameters and buffers on device ${source} (device_ids[0]) but found one of ` +
          `them on device: ${tensor.device}`,
      );
    }
    const parts = scatter(args, deviceIds, dim) as Args[];
    if (deviceIds.length === 1) return module(...parts[0]);
    const outputs = parts.map((part, i) => this.#replica(deviceIds[i], part));
    return gather(outputs, this.outputDevice!, dim) as Out;
  }

  // The module with its tensors on another GPU; gradients flow back to its own.
  #replica(index: number, args: Args): unknown {
    if (index === this.deviceIds[0]) return this.module(...args);
    const { module } = this;
    const tensors = [...module.namedParameters(), ...module.namedBuffers()];
    const moved = new Map(tensors.map(([name, tensor]) => [name, tensor.to(gpu(index))]));
    return call(module as Module, moved, args, null, undefined);
  }
}
