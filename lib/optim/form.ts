// Which of the three forms of an update to run, and how tensors are grouped for it.
import { TorchError } from '../errors';
import { repr } from '../repr';
import { Tensor } from '../tensor';
import { valueError } from './group';

/** Options that every optimizer has. `null` leaves the choice of form to the optimizer. */
export interface FormOptions {
  /** Move against the sign: maximize the objective. Default: false. */
  maximize?: boolean;
  /** Use libtorch's multi-tensor operators. Default: on CUDA, yes. */
  foreach?: boolean | null;
  /** Use libtorch's one-kernel operators. Default: no. */
  fused?: boolean | null;
}

export type Form = 'single' | 'foreach' | 'fused';

const foreachDevices = ['cuda', 'xpu', 'mtia', 'privateuseone'];

/** PyTorch's rule: what the group says; else foreach when all parameters live on an accelerator. */
export function chooseForm(
  group: { foreach: boolean | null; fused: boolean | null },
  params: readonly Tensor[],
): Form {
  if (group.fused) return 'fused';
  if (group.foreach) return 'foreach';
  const free = group.foreach === null && group.fused === null;
  return free && params.every((param) => foreachDevices.includes(param.device.type)) ? 'foreach' : 'single';
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

export function checkForm({ foreach, fused }: FormOptions): void {
  if (fused && foreach) throw new TorchError('`fused` and `foreach` cannot be `True` together.');
}

export function checkFused(param: Tensor): void {
  if (param.isFloatingPoint()) return;
  throw new TorchError(
    '`fused=True` requires all the params to be floating point Tensors of supported devices, ' +
      `but ${param.dtype} and ${param.device.type}`,
  );
}

/** Throws Python's ValueError unless `value` is a number from 0 up. */
export function checkNotNegative(what: string, value: number): void {
  if (!(value >= 0)) throw valueError(`Invalid ${what}: ${repr(value)}`);
}

export function checkLearningRate(lr: number | Tensor): void {
  if (lr instanceof Tensor && lr.numel() !== 1) throw valueError('Tensor lr must be 1-element');
  checkNotNegative('learning rate', numberOf(lr));
}

export function numberOf(value: number | Tensor): number {
  return value instanceof Tensor ? (value.item() as number) : value;
}
