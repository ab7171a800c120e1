import * as aten from '../tensor/aten';
import { TorchError, argumentError } from '../core/errors';
import { bindArguments } from '../core/calls';
import { Module } from '../nn/module/module';
import { call, merged, type FunctionalCallOptions, type NamedTensors } from '../nn/utils/functional_call';
import type { Tensor } from '../tensor';

/**
 * Calls a module with other tensors in the places of its parameters and buffers. Tensors that the
 * call puts there instead replace those in the dictionary.
 *
 * `args` is the array of arguments, or the only one; `kwargs` follow them as their object of keywords.
 *
 * @throws TorchError for names that do not fit, with `strict`.
 *
 * @example
 * const weight = torch.ones([3, 3]);
 * torch.func.functionalCall(new nn.Linear(3, 3), { weight }, torch.randn([1, 3]));
 */
export function functionalCall<Args extends unknown[], Out>(
  ...given: [
    module: Module<Args, Out>,
    parameterAndBufferDicts: NamedTensors | readonly NamedTensors[],
    args?: unknown,
    kwargs?: Record<string, unknown> | null,
    options?: FunctionalCallOptions,
  ]
): Out {
  const [module, parameterAndBufferDicts, args, kwargs, options] = bindArguments(
    'functionalCall(module, parameterAndBufferDicts{}, args{}?, kwargs{}?, options{}?)',
    given,
  );
  checkModule('functionalCall', module);
  return call(module, merged(parameterAndBufferDicts), args, kwargs ?? null, options) as Out;
}

function checkModule(fn: string, value: unknown): void {
  if (!(value instanceof Module)) throw argumentError(fn, 'module', 'a Module', value);
}

function stackLeaves(tensors: Tensor[], name: string): Tensor {
  const trained = tensors.filter((tensor) => tensor.requiresGrad).length;
  if (trained > 0 && trained < tensors.length)
    throw new TorchError(`Expected ${name} from each model to have the same .requires_grad`);
  const stacked = aten.stack(tensors);
  return trained > 0 ? stacked.detach().requiresGrad_() : stacked;
}

function stackAll(all: Map<string, Tensor>[]): Record<string, Tensor> {
  const names = [...all[0].keys()];
  return Object.fromEntries(
    names.map((name) => [
      name,
      stackLeaves(
        all.map((tensors) => tensors.get(name)!),
        name,
      ),
    ]),
  );
}

/**
 * The parameters and the buffers of models of one class, each stacked in a new first dimension, for
 * `vmap` over {@link functionalCall}.
 */
export function stackModuleState(
  ...given: [models: Iterable<Module>]
): [params: Record<string, Tensor>, buffers: Record<string, Tensor>] {
  const [models] = bindArguments('stackModuleState(models)', given);
  if (typeof models?.[Symbol.iterator] !== 'function')
    throw argumentError('stackModuleState', 'models', 'a list of modules', models);
  const list = [...models];
  for (const model of list) checkModule('stackModuleState', model);
  const refuse = (what: string): TorchError => new TorchError(`stack_module_state: Expected ${what}`);
  if (list.length === 0) throw refuse('at least one model, got 0.');
  const [{ training, constructor }] = list;
  if (list.some((model) => model.training !== training))
    throw refuse('all models to have the same training/eval mode.');
  if (list.some((model) => model.constructor !== constructor))
    throw refuse('all models to be of the same class.');
  return [
    stackAll(list.map((model) => new Map(model.namedParameters()))),
    stackAll(list.map((model) => new Map(model.namedBuffers()))),
  ];
}
