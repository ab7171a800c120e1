// Which implementation of an update to run, and what the implementations have in common.
import { privateUse1 } from '../core/device';
import * as aten from '../tensor/aten';
import { tensor } from '../tensor/creation';
import { float32 } from '../core/dtype';
import { TorchError, TorchTypeError } from '../core/errors';
import { repr } from '../tensor/repr';
import { Tensor } from '../tensor';
import { valueError } from './group';
import { type Value, numberOf } from './scalar';

/** Options that most optimizers have. */
export interface ImplementationOptions {
  /** Move against the sign: maximize the objective. Default: false. */
  maximize?: boolean;
  /** Use libtorch's multi-tensor operators. Default: null, which is true on CUDA. */
  foreach?: boolean | null;
  /** Let autograd record the step; parameters need not be leaves then. Default: false. */
  differentiable?: boolean;
  /** Keep all arithmetic on the device, so that a CUDA graph can capture the step. Default: false. */
  capturable?: boolean;
}
export interface FusedOptions {
  /** Use libtorch's one-kernel operators. Default: null, which is false. */
  fused?: boolean | null;
}

/** What GradScaler leaves at the optimizer for fused implementations. */
export interface Scaling {
  gradScale: Tensor | null;
  foundInf: Tensor | null;
}

export type Implementation = 'singleTensor' | 'multiTensor' | 'fused';

/** What decides about the implementation for a group. */
export interface ImplementationGroup {
  foreach: boolean | null;
  fused?: boolean | null;
  differentiable?: boolean;
  capturable?: boolean;
  maximize: boolean;
}

const foreachDevices = ['cuda', 'xpu', 'mtia', 'privateuseone'];
const fusedDevices = ['mps', 'cuda', 'xpu', 'hpu', 'cpu', 'mtia', 'privateuseone'];
/** Where `capturable` works. */
export const capturableDevices = ['cuda', 'xpu', 'hpu', 'privateuseone', 'xla'];

// The devices of libraries go by another name once they have one.
const named = (types: readonly string[]): string[] =>
  types.map((type) => (type === 'privateuseone' ? privateUse1() : type));

/** PyTorch's rule: what the group says; else the multi-tensor one when all parameters live on an accelerator. */
export function chooseImplementation(group: ImplementationGroup, params: readonly Tensor[]): Implementation {
  if (group.fused) return 'fused';
  if (group.foreach) return 'multiTensor';
  const free = group.foreach === null && group.fused == null && !group.differentiable;
  const onAccelerator = () => params.every((param) => named(foreachDevices).includes(param.device.type));
  return free && onAccelerator() ? 'multiTensor' : 'singleTensor';
}

/** Positions of `tensors`, by device and dtype: one call of a multi-tensor operator each. */
export function byDeviceAndDtype(tensors: readonly Tensor[]): number[][] {
  const groups = new Map<string, number[]>();
  tensors.forEach((tensor, i) => {
    const key = `${tensor.device} ${tensor.dtype}`;
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  });
  return [...groups.values()];
}

/** A complex tensor as one of pairs of reals. */
export const asReal = (value: Tensor): Tensor => (value.isComplex() ? aten.viewAsReal(value) : value);

/** Adds one to counters on one device. */
export function count(steps: Tensor[]): void {
  if (steps[0].isCpu) aten._foreachAdd_(steps, tensor(1, { dtype: float32 }), { alpha: 1 });
  else aten._foreachAdd_(steps, 1);
}

/** A hyperparameter as an operator's argument: both kinds have an overload. */
export const scalar = (value: Value): number => value as number;

/** A list of hyperparameters as an operator's last argument, under the name of its overload. */
export function listOf(values: readonly Value[]): { other: readonly Tensor[] } {
  if (values[0] instanceof Tensor) return { other: values as Tensor[] };
  return { scalars: values } as never;
}

export function checkImplementation(options: FusedOptions & ImplementationOptions): void {
  if (!options.fused) return;
  if (options.differentiable) throw new TorchError('`fused` does not support `differentiable`');
  if (options.foreach) throw new TorchError('`fused` and `foreach` cannot be `True` together.');
}

export function checkFused(param: Tensor): void {
  if (param.isFloatingPoint() && named(fusedDevices).includes(param.device.type)) return;
  throw new TorchError(
    '`fused=True` requires all the params to be floating point Tensors of ' +
      `supported devices: [${named(fusedDevices).map(repr).join(', ')}] but ${param.dtype} and ${param.device.type}`,
  );
}

/** Throws Python's AssertionError where `capturable` is asked for and cannot be had. */
export function checkCapturable(
  group: { capturable?: boolean },
  param: Tensor,
  counters: readonly Tensor[],
  { names = 'params and state_steps', xla = true } = {},
): void {
  if (!group.capturable) return;
  const devices = named(capturableDevices).filter((type) => xla || type !== 'xla');
  const { type } = param.device;
  if (devices.includes(type) && counters.every((counter) => counter.device.type === type)) return;
  throw new TorchError(
    `If capturable=True, ${names} must be on supported devices: [${devices.map(repr).join(', ')}].`,
    'AssertionError',
  );
}

export function checkNotDifferentiable(group: { differentiable?: boolean }): void {
  if (group.differentiable) throw new TorchError("_foreach ops don't support autograd", 'AssertionError');
}

/** Throws Python's ValueError unless `value` is a number from 0 up. */
export function checkNotNegative(what: string, value: Value): void {
  const number = numberOf(value);
  if (!(number >= 0)) throw valueError(`Invalid ${what}: ${repr(number)}`);
}

export function checkLearningRate(lr: Value, message = 'Invalid learning rate: '): void {
  if (lr instanceof Tensor && lr.numel() !== 1) throw valueError('Tensor lr must be 1-element');
  if (!(numberOf(lr) >= 0)) throw valueError(`${message}${repr(numberOf(lr))}`);
}

/** Throws Python's ValueErrors for the options that Adam, Adamax, NAdam and RAdam share. */
export function checkAdamOptions(options: {
  lr: Value;
  betas: readonly Value[];
  eps: number;
  weightDecay: Value;
}): void {
  checkLearningRate(options.lr);
  checkNotNegative('epsilon value', options.eps);
  checkBetas(options.betas);
  checkNotNegative('weight_decay value', options.weightDecay);
}

export function checkBetas(betas: readonly Value[]): void {
  if (!Array.isArray(betas)) throw new TorchTypeError(`betas must be two numbers, not ${repr(betas)}`);
  if (betas.length !== 2) throw valueError(`betas must be two numbers, not ${betas.length}`);
  betas.forEach((beta, i) => {
    const value = numberOf(beta);
    if (!(value >= 0 && value < 1)) throw valueError(`Invalid beta parameter at index ${i}: ${repr(value)}`);
  });
}
