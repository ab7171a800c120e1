// Modules that learn the shapes of their parameters from the first input.
import { bindArguments, checkMethods } from '../../core/calls';
import { noGrad } from '../../autograd';
import { TorchError, argumentError } from '../../core/errors';
import { bufferFields, parameterFields } from './fields';
import type { Module } from './module';
import { placed } from './keyword_call';
import { isLazy } from '../parameter';
import type { LoadFromStateDictArguments, StateDict } from './state_dict';

/** What `LazyModuleMixin` adds to a module until its first call. */
export interface LazyModule {
  /** Makes the parameters of the shape that the first input asks for; a lazy module overrides it. */
  initializeParameters(...args: unknown[]): void;
  hasUninitializedParams(): boolean;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- what TypeScript asks of the base of a mixin */
type ModuleClass = abstract new (...args: any[]) => Module;
type LazyModuleClass = abstract new (...args: any[]) => LazyModule;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The class that a lazy module becomes one of. */
export type Initialized = { prototype: object } | null;

// Modules that were called. Not in a private field, lest a lazy module could not be copied.
const inferred = new WeakSet<Module>();

// A module saved with or without values is loaded into one with or without values.
function materializeForLoad(module: Module, state: StateDict, prefix: string): void {
  for (const [name, own] of [...parameterFields(module), ...bufferFields(module)]) {
    const given = state.get(prefix + name);
    if (given === undefined || !isLazy(own) || isLazy(given)) continue;
    noGrad(() => own.materialize(given.shape));
  }
}

/**
 * A module whose parameters start as `UninitializedParameter` (buffers: `UninitializedBuffer`) and get
 * their shapes at the first call, or from a state_dict. The first call runs `initializeParameters` with
 * the arguments of the call; then the module becomes one of the class in the static field `clsToBecome`.
 *
 * The constructor of a lazy module calls that of its base with zero features and then assigns
 * uninitialized parameters; `resetParameters`, which the base's constructor calls, does nothing while
 * there are any.
 *
 * @example
 * class LazyScale extends nn.LazyModuleMixin(Scale) {
 *   static override readonly clsToBecome = Scale;
 *   constructor() {
 *     super(0);
 *     this.weight = new nn.UninitializedParameter();
 *   }
 *   override initializeParameters(input: Tensor): void {
 *     if (!this.hasUninitializedParams()) return;
 *     (this.weight as nn.UninitializedParameter).materialize([input.shape[1]]);
 *     this.resetParameters();
 *   }
 * }
 */
export function LazyModuleMixin<Base extends ModuleClass>(
  ...args: [base: Base]
): Base & LazyModuleClass & { readonly clsToBecome: Initialized } {
  const [base] = bindArguments('LazyModuleMixin(base)', args);
  if (typeof (base as { prototype?: Partial<Module> } | null)?.prototype?.registerModule !== 'function')
    throw argumentError('LazyModuleMixin', 'base', 'a class of modules', base);
  abstract class Lazy extends base implements LazyModule {
    static readonly clsToBecome: Initialized = null;
    initializeParameters(..._args: unknown[]): void {
      throw new TorchError(
        `initialize_parameters is not implemented for ${this._getName()}`,
        'NotImplementedError',
      );
    }
    hasUninitializedParams(): boolean {
      return [...parameterFields(this), ...bufferFields(this)].some(([, value]) => isLazy(value));
    }
    override _callImpl(args: unknown[]): unknown {
      if (!inferred.has(this)) this._infer(placed(this, args));
      return super._callImpl(args);
    }
    _infer(args: unknown[]): void {
      this.initializeParameters(...args);
      if (this.hasUninitializedParams())
        throw new TorchError(`module ${this._getName()} has not been fully initialized`);
      inferred.add(this);
      const { clsToBecome } = this.constructor as typeof Lazy;
      if (clsToBecome !== null) Object.setPrototypeOf(this, clsToBecome.prototype);
    }
    override _loadFromStateDict(...args: LoadFromStateDictArguments): void {
      const [state, prefix] = args;
      materializeForLoad(this, state, prefix);
      super._loadFromStateDict(...args);
    }
  }
  checkMethods('LazyModuleMixin', Lazy, 'hasUninitializedParams()');
  return Lazy;
}
