// The class that a parametrized module gets, and the values that its accessors compute.
import { checkFunction } from '../../core/errors';
import { bindArguments } from '../../core/calls';
import { settled } from '../../native/scope';
import type { Tensor } from '../../tensor';
import { keep } from '../../tensor/memory';
import { ModuleDict } from '../layers/container';
import { getField } from '../module/fields';
import type { Module } from '../module/module';
import type { ParametrizationList } from './parametrization_list';

/** The field of a module that holds its parametrizations. */
export const FIELD = 'parametrizations';

export type Class = new (...args: never[]) => Module;

export function parametrizationsOf(module: Module): ModuleDict | null {
  const found = getField(module, FIELD);
  return found instanceof ModuleDict ? found : null;
}

export function listOf(module: Module, name: string): ParametrizationList {
  return parametrizationsOf(module)!.get(name) as ParametrizationList;
}

let caching = 0;
let cache = new WeakMap<Module, Map<string, Tensor>>();

/**
 * Runs `body` with each parametrized tensor computed once, when it is first used.
 *
 * Differs from PyTorch: `torch.nn.utils.parametrize.cached` takes a synchronous function; there is no `with`.
 *
 * @throws TypeError when `body` returns a promise.
 */
export function cached<T>(...args: [body: () => T]): T {
  const [body] = bindArguments('cached(body)', args);
  checkFunction('cached', 'body', body);
  const before = caching;
  let result: T;
  try {
    caching = before + 1;
    result = body();
  } finally {
    caching = before;
    if (before === 0) cache = new WeakMap();
  }
  return settled('cached', result);
}

function compute(module: Module, name: string): Tensor {
  const list = listOf(module, name);
  if (caching === 0) return list() as Tensor;
  const tensors = cache.get(module) ?? new Map<string, Tensor>();
  cache.set(module, tensors);
  const known = tensors.get(name);
  if (known) return known;
  // A scope that ends before the cache must not take it away.
  const computed = keep(list() as Tensor);
  tensors.set(name, computed);
  return computed;
}

// A class of the module's own, above which its fields cannot be seen: accessors of parametrized
// tensors go into its prototype, where nobody takes them for state.
export function enterOwnClass(module: Module): void {
  const base = module.constructor as Class;
  const Own = class extends base {};
  Object.defineProperty(Own, 'name', { value: `Parametrized${base.name}` });
  Object.setPrototypeOf(module, Own.prototype);
}

/** The class before. */
export const typeBefore = (module: Module): Class => Object.getPrototypeOf(module.constructor) as Class;

export function defineAccessor(module: Module, name: string): void {
  Object.defineProperty(module.constructor.prototype, name, {
    get(this: Module) {
      return compute(this, name);
    },
    set(this: Module, value: Tensor) {
      listOf(this, name).rightInverse(value);
    },
    configurable: true,
  });
}
