// What a step changes, kept so that the step can be made twice.
import { GradScaler } from '../amp/grad_scaler';
import { noGrad } from '../autograd/mode';
import { LRScheduler } from '../optim/lr_scheduler/scheduler';
import { Optimizer } from '../optim/optimizer';
import { getRngState, setRngState } from '../tensor/random';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';

type Fields = Record<string, unknown>;
type Restore = () => void;

const clone = (tensor: Tensor): Tensor => tensor.data.clone();

// Outside of autograd: a graph may have saved the tensor.
function keepValues(tensor: Tensor): Restore {
  const before = clone(tensor);
  return () => void tensor.data.copy_(before);
}

function keepGradient(tensor: Tensor): Restore {
  const { grad } = tensor;
  const restore = grad && keepValues(grad);
  return () => {
    tensor.grad = grad;
    restore?.();
  };
}

function keepFields(object: object, known: Set<object>): Restore {
  const fields = object as Fields;
  const entries = Object.entries(fields);
  const inner = entries.flatMap(([key, value]) => {
    if (isTensor(value)) return [keepValues(value)];
    if (!Array.isArray(value)) return [];
    const list = [...(value as unknown[])];
    return [...list.flatMap((item) => keepObject(item, known)), () => void (fields[key] = list)];
  });
  return () => {
    for (const key of Object.keys(fields)) if (!entries.some(([name]) => name === key)) delete fields[key];
    for (const [key, value] of entries) fields[key] = value;
    for (const restore of inner) restore();
  };
}

function keepOptimizer(optimizer: Optimizer, known: Set<object>): Restore[] {
  const states = [...optimizer.state];
  const groups = optimizer.paramGroups.map((group) => keepFields(group, known));
  const inner = states.map(([, state]) => keepFields(state, known));
  const forget = () => {
    optimizer.state.clear();
    for (const [param, state] of states) optimizer.state.set(param, state);
  };
  return [forget, ...inner, ...groups];
}

function keepObject(object: unknown, known: Set<object>): Restore[] {
  if (typeof object !== 'object' || object === null || known.has(object)) return [];
  known.add(object);
  if (object instanceof Optimizer) return keepOptimizer(object, known);
  if (object instanceof LRScheduler)
    return [keepFields(object, known), ...keepObject(object.optimizer, known)];
  if (!(object instanceof GradScaler)) return [];
  const state = object.stateDict();
  return [() => object.loadStateDict(state)];
}

/** Keeps tensors with their gradients, objects of `optim` and `amp`, and the random state; gives what restores them. */
export function keepState(tensors: readonly Tensor[], objects: readonly unknown[]): Restore {
  const known = new Set<object>();
  const random = getRngState();
  const all = [
    ...tensors.map(keepValues),
    ...tensors.filter((tensor) => tensor.isLeaf && tensor.requiresGrad).map(keepGradient),
    ...objects.flatMap((object) => keepObject(object, known)),
  ];
  return () => {
    noGrad(() => all.forEach((restore) => restore()));
    setRngState(random);
  };
}

/** What is in the state now, by name. */
export function stateNow(
  tensors: readonly Tensor[],
  objects: readonly unknown[],
): [name: string, tensor: Tensor | null][] {
  const of = (name: string, tensor: Tensor | null): [string, Tensor | null] => [
    name,
    tensor && clone(tensor),
  ];
  const gradients = tensors.filter((tensor) => tensor.isLeaf && tensor.requiresGrad);
  const remembered = objects.flatMap((object) =>
    object instanceof Optimizer ? [...object.state.values()].flatMap((state) => Object.values(state)) : [],
  );
  return [
    ...tensors.map((tensor, i) => of(`tensor ${i} that the function knows or was given`, tensor)),
    ...gradients.map((tensor, i) => of(`gradient ${i}`, tensor.grad)),
    ...remembered.filter(isTensor).map((tensor, i) => of(`tensor ${i} of an optimizer's state`, tensor)),
    of('the random state', getRngState()),
  ];
}
