// Modules of TorchScript made for inference.
import { TorchError, argumentError } from '../core/errors';
import { value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import { ScriptModule, optimizes, scriptModule } from './script_module';

/** Options of `torch.jit.freeze`. */
export interface FreezeOptions {
  /** Attributes and methods that stay, beside `forward`. Default: none. */
  preservedAttrs?: readonly string[] | null;
  /** Whether passes may run that do not keep every bit, such as putting batch norm into convolutions. Default: `true`. */
  optimizeNumerics?: boolean;
}
const FREEZE = signature('freeze', [value<ScriptModule>()('module')], {
  preservedAttrs: null,
  optimizeNumerics: true,
} as Required<FreezeOptions>);

/**
 * The module with its parameters and attributes as constants of the graph, as Python's `torch.jit.freeze`.
 *
 * @throws TorchError for a module in training mode.
 *
 * @example
 * const frozen = torch.jit.freeze(model.eval());
 */
export function freeze(
  ...args: Call<
    typeof FREEZE,
    [module: ScriptModule],
    [preservedAttrs: readonly string[] | null, optimizeNumerics: boolean]
  >
): ScriptModule {
  const [module, { preservedAttrs, optimizeNumerics }] = FREEZE.bind(args);
  checkModule('torch.jit.freeze', module);
  if (typeof optimizeNumerics !== 'boolean')
    throw argumentError('torch.jit.freeze', 'optimizeNumerics', 'a boolean', optimizeNumerics);
  const names = namesOf('torch.jit.freeze', 'preservedAttrs', preservedAttrs);
  if (module.training) {
    throw new TorchError(
      'Freezing is currently only implemented for modules in eval mode. Please call .eval() on your module before ' +
        'freezing.',
    );
  }
  return scriptModule(native.scriptFreeze(module[HANDLE], names, optimizeNumerics), optimizes(module));
}

/** Options of `torch.jit.optimizeForInference`. */
export interface OptimizeOptions {
  /** Methods to optimize beside `forward`. Default: none. */
  otherMethods?: readonly string[] | null;
}
const OPTIMIZE = signature('optimizeForInference', [value<ScriptModule>()('module')], {
  otherMethods: null,
} as Required<OptimizeOptions>);

/**
 * The module frozen, with convolutions and linear layers in the forms that run fastest here: Python's
 * `torch.jit.optimize_for_inference`. Puts `module` in eval mode. Results may differ in the last bits.
 *
 * @example
 * const fast = torch.jit.optimizeForInference(model);
 */
export function optimizeForInference(
  ...args: Call<typeof OPTIMIZE, [module: ScriptModule], [otherMethods: readonly string[] | null]>
): ScriptModule {
  const [module, { otherMethods }] = OPTIMIZE.bind(args);
  checkModule('torch.jit.optimizeForInference', module);
  const names = namesOf('torch.jit.optimizeForInference', 'otherMethods', otherMethods);
  const isFrozen = !native.scriptHas(module[HANDLE], 'training');
  const frozen = isFrozen ? module : freeze(module.eval(), { preservedAttrs: names });
  return scriptModule(native.scriptOptimizeForInference(frozen[HANDLE], names), optimizes(module));
}

export function checkModule(fn: string, module: unknown): void {
  if (!(module instanceof ScriptModule)) throw argumentError(fn, 'module', 'a ScriptModule', module);
}

function namesOf(fn: string, argument: string, names: readonly string[] | null): readonly string[] {
  if (names === null) return [];
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw argumentError(fn, argument, 'an array of strings', names);
  return names as readonly string[];
}
