/** `torch.nn.utils.stateless`: a module called with other parameters than its own. */
import { warn } from '../../core/warn';
import { bindArguments } from '../../core/calls';
import type { Module } from '../module/module';
import { call, type FunctionalCallOptions, type NamedTensors } from './functional_call';

export type { FunctionalCallOptions, NamedTensors };

/** Deprecated: use `torch.func.functionalCall`. */
export function functionalCall(
  ...given: [
    module: Module,
    parametersAndBuffers: NamedTensors,
    args?: unknown,
    kwargs?: Record<string, unknown> | null,
    options?: FunctionalCallOptions,
  ]
): unknown {
  const [module, parametersAndBuffers, args, kwargs, options] = bindArguments(
    'functionalCall(module, parametersAndBuffers{}, args{}?, kwargs{}?, options{}?)',
    given,
  );
  warn(
    '`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future ' +
      'version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement.',
    'FutureWarning',
  );
  return call(module, parametersAndBuffers, args, kwargs ?? null, options);
}
