/** `torch.nn.utils.parametrize`: parameters that are computed from others. */
import * as kinds from '../module/kinds';
import { value, text } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { valueError } from '../../core/errors';
import { noGrad } from '../../autograd';
import * as aten from '../../tensor/aten';
import { bindArguments } from '../../core/calls';
import type { Tensor } from '../../tensor';
import { ModuleDict } from '../layers/container';
import { bufferFields, deleteField, getField, hasField, parameterFields, setField } from '../module/fields';
import type { Module } from '../module/module';
import { Parameter } from '../parameter';
import { checkAppended } from './parametrization_checks';
import { ParametrizationList, registerTensor, type Parametrization } from './parametrization_list';
import {
  type Class,
  FIELD,
  defineAccessor,
  enterOwnClass,
  listOf,
  parametrizationsOf,
  typeBefore,
} from './parametrized_class';

export { cached } from './parametrized_class';
export { ParametrizationList, type Parametrization };

const IS_PARAMETRIZED = signature('isParametrized', [kinds.module('module')], {
  tensorName: null as string | null,
});

/** Whether the module has parametrizations, or one of that tensor. */
export function isParametrized(
  ...args: Call<typeof IS_PARAMETRIZED, [module: Module], [tensorName: string | null]>
): boolean {
  const [module, { tensorName }] = IS_PARAMETRIZED.bind(args);
  const found = parametrizationsOf(module);
  if (!found) return false;
  return tensorName == null ? found.length > 0 : found.has(tensorName);
}

const moduleKind = kinds.module('module');
const NAME = { tensorName: null as string | null };
const TRANSFER = signature(
  'transferParametrizationsAndParams',
  [kinds.module('fromModule'), kinds.module('toModule')],
  NAME,
);
const nameKind = text('tensorName');
const REGISTER_PARAMETRIZATION = signature(
  'registerParametrization',
  [moduleKind, nameKind, value<Parametrization>()('parametrization')],
  { unsafe: false },
  [],
);
const REMOVE_PARAMETRIZATIONS = signature('removeParametrizations', [moduleKind, nameKind], {
  leaveParametrized: true,
});

/**
 * Makes a parameter or buffer a value that `parametrization` computes each time it is used. What it is
 * computed from is saved as `parametrizations.NAME.original`, or `original0`, `original1` ... Several
 * parametrizations of one tensor follow each other. Assigning to the tensor calls `rightInverse`.
 *
 * The module's class becomes one of its own, named `Parametrized...`.
 *
 * @throws ValueError for an unknown name, and for a result of another shape or dtype, unless `unsafe`.
 *
 * @example
 * class Symmetric extends nn.Module<[Tensor], Tensor> {
 *   override forward(x: Tensor) {
 *     return x.triu().add(x.triu(1).mT);
 *   }
 * }
 * const m = nn.utils.parametrize.registerParametrization(new nn.Linear(5, 5), 'weight', new Symmetric());
 */
export function registerParametrization<M extends Module>(
  ...args: Call<
    typeof REGISTER_PARAMETRIZATION,
    [module: M, tensorName: string, parametrization: Parametrization]
  >
): M {
  const [module, tensorName, parametrization, { unsafe }] = REGISTER_PARAMETRIZATION.bind(args);
  parametrization.train(module.training);
  if (isParametrized(module, tensorName)) {
    if (!unsafe) checkAppended(tensorName, getField(module, tensorName) as Tensor, parametrization);
    const list = listOf(module, tensorName);
    list.append(parametrization);
    list.unsafe ||= unsafe;
    return module as M;
  }
  const state = new Map<string, Tensor | null>([...bufferFields(module), ...parameterFields(module)]);
  const original = state.get(tensorName);
  if (!original) {
    throw valueError(
      `Module '${String(module)}' does not have a parameter, a buffer, or a parametrized element with name ` +
        `'${tensorName}'`,
    );
  }
  const list = new ParametrizationList([parametrization], original, { unsafe });
  deleteField(module, tensorName);
  if (!isParametrized(module)) {
    enterOwnClass(module);
    setField(module, FIELD, new ModuleDict());
  }
  defineAccessor(module, tensorName);
  parametrizationsOf(module)!.set(tensorName, list);
  return module as M;
}

/**
 * Makes the tensor a parameter or buffer again: with its present value, or with `leaveParametrized`
 * `false` with that of the original.
 *
 * @throws ValueError when it is not parametrized, and when there are several originals to choose from.
 */
export function removeParametrizations<M extends Module>(
  ...args: Call<typeof REMOVE_PARAMETRIZATIONS, [module: M, tensorName: string], [leaveParametrized: boolean]>
): M {
  const [module, tensorName, { leaveParametrized }] = REMOVE_PARAMETRIZATIONS.bind(args);
  if (!isParametrized(module, tensorName)) {
    throw valueError(`Module ${String(module)} does not have a parametrization on ${tensorName}`);
  }
  const tensor = unparametrized(module, tensorName, leaveParametrized);
  const list = parametrizationsOf(module)!;
  list.delete(tensorName);
  // A copy of the module may have the same class, so the accessor stays there.
  Object.setPrototypeOf(module, typeBefore(module).prototype as object);
  registerTensor(module, tensorName, tensor);
  if (list.length === 0) {
    deleteField(module, FIELD);
  } else {
    enterOwnClass(module);
    for (const name of list) defineAccessor(module, name);
  }
  return module as M;
}

function unparametrized(module: Module, name: string, leaveParametrized: boolean): Tensor {
  const list = listOf(module, name);
  if (list.isTensor) {
    const original = getField(list, 'original') as Tensor;
    if (leaveParametrized) noGrad(() => aten.set_(original, getField(module, name) as Tensor));
    return original;
  }
  if (!leaveParametrized) {
    throw valueError(
      'Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a ' +
        'sequence of tensors.',
    );
  }
  const value = getField(module, name) as Tensor;
  return value.requiresGrad ? new Parameter(value) : value;
}

/** The class that the module had before it was parametrized. */
export function typeBeforeParametrizations(
  ...args: [module: Module]
): abstract new (...args: never[]) => Module {
  const [module] = bindArguments('typeBeforeParametrizations(module)', args);
  return isParametrized(module) ? typeBefore(module) : (module.constructor as Class);
}

/**
 * Gives `toModule` the parametrizations and originals of `fromModule`, of all tensors or of one. They
 * are shared, not copied.
 */
export function transferParametrizationsAndParams<M extends Module>(
  ...args: Call<typeof TRANSFER, [fromModule: Module, toModule: M], [tensorName: string | null]>
): M {
  const [fromModule, to, { tensorName }] = TRANSFER.bind(args);
  const toModule = to as M;
  if (!isParametrized(fromModule)) return toModule;
  const names = tensorName == null ? [...parametrizationsOf(fromModule)!.keys()] : [tensorName];
  for (const name of names) {
    if (!hasField(toModule, name)) {
      setField(toModule, name, new Parameter(getField(fromModule, name) as Tensor));
    }
    const from = listOf(fromModule, name);
    for (const parametrization of from)
      registerParametrization(toModule, name, parametrization as Parametrization);
    const to = listOf(toModule, name);
    for (const [original, tensor] of [...parameterFields(from), ...bufferFields(from)])
      setField(to, original, tensor);
  }
  return toModule;
}
