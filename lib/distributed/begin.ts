// What all collectives have in common: checks, and the call of the addon.
import { TorchTypeError, valueError } from '../core/errors';
import { warn } from '../core/warn';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import { typeName } from '../tensor/repr';
import type { Handle } from '../../typings/native';
import type { ProcessGroup } from './group';
import { Work } from './work';

export function checkTensor(name: string, value: unknown): void {
  if (value instanceof Tensor) return;
  throw new TorchTypeError(
    `Invalid function argument. Expected parameter \`${name}\` of type torch.Tensor but got ${typeName(value)} instead.`,
  );
}

export function checkTensors(name: string, value: unknown): void {
  if (Array.isArray(value) && value.every((one) => one instanceof Tensor)) return;
  throw new TorchTypeError(
    `Invalid function argument. Expected parameter \`${name}\` of type List[torch.Tensor] but got ${typeName(value)} instead.`,
  );
}

// A complex number travels as two real ones, so a tensor of either may be the other's.
const realName = (tensor: Tensor): string =>
  tensor.isComplex() ? (tensor.dtype.name === 'complex64' ? 'float32' : 'float64') : tensor.dtype.name;

export function checkDtypes(...tensors: readonly Tensor[]): void {
  const [first] = tensors;
  const other = tensors.find((tensor) => realName(tensor) !== realName(first));
  if (other === undefined) return;
  throw valueError(
    `Invalid usage of tensors with different dtypes: found ${String(first.dtype)} and ${String(other.dtype)}`,
  );
}

export const asReal = (tensor: Tensor): Tensor => (tensor.isComplex() ? aten.viewAsReal(tensor) : tensor);

/** Whether this rank is not in the group, which is said once. */
export function isOutside(fn: string, group: ProcessGroup): boolean {
  if (group.handle !== null) return false;
  warn(`Running ${fn} on a rank which does not belong to the given group.`);
  return true;
}

/** A work that is done: of a rank that is not in the group. */
export const nothing = (): Work => new Work(null, () => undefined);

interface Settings {
  readonly outputs?: readonly Tensor[];
  readonly inputs?: readonly Tensor[];
  /** c10d::ReduceOp. */
  readonly op?: number;
  /** Root, source or destination in the group. */
  readonly peer?: number;
  /** In milliseconds; -1 is the group's. */
  readonly timeout?: number;
  readonly numbers?: readonly number[];
  /** What errors say behind the name: `' from rank 1'`. */
  readonly detail?: string;
}

/** Begins a collective of the addon's table. */
export function begin(
  name: string,
  group: ProcessGroup,
  { outputs = [], inputs = [], op = 0, peer = 0, timeout = -1, numbers = [], detail = '' }: Settings,
): Handle {
  return native.collective(
    group[HANDLE] as Handle,
    name,
    outputs,
    inputs,
    [op, peer, timeout],
    numbers,
    name + detail,
  );
}

/** The same, for collectives that leave nothing to do when they are done. */
export const beginWork = (name: string, group: ProcessGroup, settings: Settings): Work =>
  new Work(begin(name, group, settings), () => undefined);
