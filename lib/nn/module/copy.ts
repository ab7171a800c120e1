// A second module like a first one: Python's `copy.deepcopy`.
import { argumentError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { keep } from '../../tensor/memory';
import { isMap, isPlainObject, isSet } from '../../core/realm';
import { Tensor } from '../../tensor';
import { getField, internals, isModule, setField } from './fields';
import type { HookList, HookOptions } from './hooks';
import { Module } from './module';
import { Buffer, Parameter, UninitializedBuffer, UninitializedParameter } from '../parameter';

type Seen = Map<unknown, unknown>;

/**
 * A module of the same class with copies of all tensors; what is shared in `module` is shared in the
 * copy. Hooks are the same. The constructor does not run.
 *
 * Differs from PyTorch: a module whose class has `#private` members cannot be copied, which
 * `fuseConvBnEval` and `fuseLinearBnEval` do; `private` ones of TypeScript can.
 */
export function copyModule<M extends Module>(module: M, seen: Seen = new Map()): M {
  if (!isModule(module)) throw argumentError('copyModule', 'module', 'a Module', module);
  const copy = Reflect.construct(Module, [], module.constructor) as M;
  seen.set(module, copy);
  for (const name of Object.keys(module)) setField(copy, name, copyValue(getField(module, name), seen));
  const [from, to] = [internals(module), internals(copy)];
  for (const [name, registration] of from.registered) to.registered.set(name, registration);
  for (const kind of Object.keys(from.hooks) as (keyof typeof from.hooks)[]) {
    const list = from.hooks[kind] as HookList<unknown>;
    for (const { hook, ...options } of list.entries())
      (to.hooks[kind] as HookList<unknown>).add(hook, options as HookOptions);
  }
  return copy;
}

function copyTensor(tensor: Tensor): Tensor {
  const { device, dtype } = tensor;
  if (tensor instanceof UninitializedParameter)
    return new UninitializedParameter(tensor.requiresGrad, { device, dtype });
  if (tensor instanceof UninitializedBuffer) {
    const { persistent } = tensor;
    return new UninitializedBuffer(tensor.requiresGrad, { device, dtype, persistent });
  }
  const data = aten.clone(tensor.detach());
  if (tensor instanceof Parameter) return new Parameter(data, tensor.requiresGrad);
  if (tensor instanceof Buffer) return new Buffer(data, { persistent: tensor.persistent });
  return keep(data);
}

function copyValue(value: unknown, seen: Seen): unknown {
  if (seen.has(value)) return seen.get(value);
  if (isModule(value)) return copyModule(value, seen);
  let copy = value;
  if (value instanceof Tensor) copy = copyTensor(value);
  else if (Array.isArray(value)) copy = value.map((item: unknown) => copyValue(item, seen));
  else if (isPlainObject(value))
    copy = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyValue(item, seen)]));
  else if (isMap(value))
    copy = new Map([...value].map(([name, item]: [unknown, unknown]) => [name, copyValue(item, seen)]));
  else if (isSet(value)) copy = new Set([...value].map((item) => copyValue(item, seen)));
  if (copy !== value) seen.set(value, copy);
  return copy;
}
