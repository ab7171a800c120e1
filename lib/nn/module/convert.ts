// Moving a module's tensors to another dtype or device, in place.
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import { isTensor } from '../../tensor/creation';
import type { DeviceLike } from '../../core/device';
import type { DTypeLike } from '../../core/dtype';
import { TorchError, TorchTypeError } from '../../core/errors';
import type { MemoryFormat } from '../../core/layout';
import { keep } from '../../tensor/memory';
import type { Tensor } from '../../tensor';
import { toArguments } from '../../tensor/to_arguments';
import { warn } from '../../core/warn';
import { bufferFields, internals, isPersistent, parameterFields, setField } from './fields';
import type { ModuleBase } from './base';
import { Parameter, isLazy } from '../parameter';

/** Options of `module.to`. */
export interface ModuleToOptions {
  device?: DeviceLike | null;
  /** A floating point or complex dtype; integer tensors keep theirs. */
  dtype?: DTypeLike | null;
  /** Copy without waiting, where memory is pinned. Default: `false`. */
  nonBlocking?: boolean;
  /** For parameters and buffers of 4 and 5 dimensions. */
  memoryFormat?: MemoryFormat | null;
}

/** The conversion that `Module.to(...args)` applies to each tensor. */
export function conversion(args: readonly unknown[]): (tensor: Tensor) => Tensor {
  const { device, dtype, nonBlocking, copy, memoryFormat } = toArguments('Module.to', args, isTensor);
  if (copy) throw new TorchError('.to() does not accept copy argument');
  if (dtype && !dtype.isFloatingPoint && !dtype.isComplex) {
    throw new TorchTypeError(
      `nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=${dtype}`,
    );
  }
  if (dtype?.isComplex) {
    warn(
      'Complex modules are a new feature under active development whose design may change, and some modules ' +
        'might not work as expected when using complex tensors as parameters or buffers.',
    );
  }
  return (tensor) => {
    const changes = tensor.isFloatingPoint() || tensor.isComplex();
    const images = tensor.dim() === 4 || tensor.dim() === 5;
    try {
      return tensor.to({
        device,
        dtype: changes ? dtype : undefined,
        nonBlocking,
        memoryFormat: images ? memoryFormat : undefined,
      });
    } catch (error) {
      if (
        !(error instanceof TorchError) ||
        !error.message.startsWith('Cannot copy out of meta tensor; no data!')
      )
        throw error;
      throw new TorchError(
        'Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead of ' +
          'torch.nn.Module.to() when moving module from meta to a different device.',
        error.kind,
      );
    }
  };
}

// Whether `tensor` can take over what `applied` holds and stay the same object.
function canHold(tensor: Tensor, applied: Tensor): boolean {
  return aten._hasCompatibleShallowCopyType(tensor, applied);
}

function applyToParameter(
  module: ModuleBase,
  name: string,
  param: Parameter,
  fn: (tensor: Tensor) => Tensor,
): void {
  const grad = param.grad;
  const applied = noGrad(() => fn(param));
  let own = param;
  if (canHold(param, applied)) {
    param.data = applied;
  } else {
    own = new Parameter(applied, param.requiresGrad);
    setField(module, name, own);
  }
  if (grad === null) return;
  const appliedGrad = noGrad(() => fn(grad));
  if (own === param && canHold(grad, appliedGrad)) grad.data = appliedGrad;
  else own.grad = appliedGrad.requiresGrad_(grad.requiresGrad);
}

/** Applies `fn` to the module's own parameters, their gradients, and its buffers. */
export function applyToTensors(module: ModuleBase, fn: (tensor: Tensor) => Tensor): void {
  for (const [name, param] of parameterFields(module)) {
    if (param !== null) applyToParameter(module, name, param, fn);
  }
  for (const [name, buffer] of bufferFields(module)) {
    if (buffer === null) continue;
    const applied = fn(buffer);
    if (applied === buffer) continue;
    if (isLazy(buffer)) {
      buffer.data = applied;
      continue;
    }
    const persistent = isPersistent(module, name);
    internals(module).registered.set(name, { kind: 'buffer', persistent });
    setField(module, name, keep(applied));
  }
}
