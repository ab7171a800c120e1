// A second value like a first one: Python's `copy.deepcopy`.
import { TorchError, argumentError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { keep } from '../../tensor/memory';
import { Generator } from '../../tensor/random';
import { noGrad } from '../../autograd/mode';
import { isMap, isPlainObject, isSet } from '../../core/realm';
import { strided } from '../../core/layout';
import { bindArguments } from '../../core/calls';
import { Tensor } from '../../tensor';
import { getField, internals, isModule, setField } from './fields';
import type { HookList, HookOptions } from '../../core/hooks';
import { Module } from './module';
import { Buffer, Parameter, UninitializedBuffer, UninitializedParameter } from '../parameter';

// The copies of what has been met: values by themselves, storages by their names.
type Seen = Map<unknown, unknown>;

/**
 * A copy of a module, tensor or generator, or of arrays, Maps, Sets and plain objects of such. What is shared in
 * `value` is shared in the copy: tied parameters, tensors over one storage, a model in an array beside its head.
 * The `.grad` of a tensor is copied, that of a parameter is not. A module keeps its hooks; its constructor does not
 * run. Other objects and functions are not copied: the copy holds the same.
 *
 * Differs from PyTorch: `torch.deepcopy` cannot copy a module whose class has `#private` members, which
 * `fuseConvBnEval` and `fuseLinearBnEval` do; `private` ones of TypeScript can. An optimizer is made anew and gets
 * the other's state.
 *
 * @throws TorchError for a tensor that is no leaf of the graph.
 *
 * @example
 * const teacher = torch.deepcopy(model).requiresGrad_(false).eval();
 */
export function deepcopy<T>(...args: [value: T]): T {
  const [value] = bindArguments('deepcopy(value{})', args);
  if (typeof value !== 'object' && typeof value !== 'function') return value;
  const copy = copyValue(value, new Map());
  if (copy === value && value !== null)
    throw argumentError('deepcopy', 'value', 'a Module, a Tensor or a list or dict of such', value);
  return copy as T;
}

/** {@link deepcopy} of a module. */
export function copyModule<M extends Module>(module: M, seen: Seen = new Map()): M {
  if (!isModule(module)) throw argumentError('copyModule', 'module', 'a Module', module);
  const its = (module as { _deepcopy?: () => M })._deepcopy?.(); // what libtorch holds, it copies
  if (its) {
    seen.set(module, its);
    return its;
  }
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

function copyTensor(tensor: Tensor, seen: Seen): Tensor {
  const { device, dtype } = tensor;
  if (tensor instanceof UninitializedParameter)
    return new UninitializedParameter(tensor.requiresGrad, { device, dtype });
  if (tensor instanceof UninitializedBuffer) {
    const { persistent } = tensor;
    return new UninitializedBuffer(tensor.requiresGrad, { device, dtype, persistent });
  }
  if (tensor instanceof Parameter) return new Parameter(aten.clone(tensor.detach()), tensor.requiresGrad);
  if (!tensor.isLeaf) {
    throw new TorchError(
      'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If ' +
        'you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see ' +
        'https://github.com/pytorch/pytorch/pull/103001',
    );
  }
  const data = noGrad(() => copyData(tensor.detach(), seen));
  const copy = tensor instanceof Buffer ? new Buffer(data, { persistent: tensor.persistent }) : keep(data);
  if (tensor.requiresGrad) copy.requiresGrad_();
  if (tensor.grad) copy.grad = copyTensor(tensor.grad, seen);
  return copy;
}

// Copies the whole storage, once, so that tensors that share it do so in the copy.
function copyData(tensor: Tensor, seen: Seen): Tensor {
  if (
    tensor.layout !== strided ||
    tensor.isMeta ||
    tensor.dtype.kind === 'quantized' ||
    tensor.dataPtr() === 0n
  )
    return aten.clone(tensor);
  const { id, nbytes } = tensor.storage();
  const name = `${id} ${tensor.device} ${tensor.dtype.name}`;
  const length = Math.floor(nbytes / tensor.dtype.itemsize);
  let whole = seen.get(name) as Tensor | undefined;
  if (!whole) {
    // What lies in memory, not what a conjugated or negated view of it shows.
    const unconjugated = aten.isConj(tensor) ? aten.conj(tensor) : tensor;
    const physical = aten.isNeg(unconjugated) ? aten._negView(unconjugated) : unconjugated;
    whole = aten.clone(aten.asStrided(physical, [length], [1], 0));
    seen.set(name, whole);
  }
  const empty = aten.empty([0], { dtype: tensor.dtype, device: tensor.device });
  let copy = aten.set_(empty, whole, tensor.storageOffset(), tensor.shape, tensor.stride());
  if (aten.isConj(tensor)) copy = aten.conjPhysical(copy);
  if (aten.isNeg(tensor)) copy = aten.neg(copy);
  return copy;
}

function copyValue(value: unknown, seen: Seen): unknown {
  if (seen.has(value)) return seen.get(value);
  if (isModule(value)) return copyModule(value, seen);
  // Containers are known before they are filled: what is in them may lead back to them.
  const met = <T>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  if (value instanceof Tensor) return met(copyTensor(value, seen));
  if (value instanceof Generator) return met(new Generator(value.device).setState(value.getState()));
  if (ArrayBuffer.isView(value)) return met(structuredClone(value));
  if (Array.isArray(value)) {
    const copy = met<unknown[]>([]);
    for (const item of value as unknown[]) copy.push(copyValue(item, seen));
    return copy;
  }
  if (isPlainObject(value)) {
    const copy = met<Record<string, unknown>>({});
    for (const [name, item] of Object.entries(value)) {
      const member = { value: copyValue(item, seen), writable: true, enumerable: true, configurable: true };
      Object.defineProperty(copy, name, member); // also one that is called `__proto__`
    }
    return copy;
  }
  if (isMap(value)) {
    const copy = met(new Map<unknown, unknown>());
    for (const [name, item] of value) copy.set(copyValue(name, seen), copyValue(item, seen));
    return copy;
  }
  if (isSet(value)) {
    const copy = met(new Set<unknown>());
    for (const item of value) copy.add(copyValue(item, seen));
    return copy;
  }
  return value;
}
