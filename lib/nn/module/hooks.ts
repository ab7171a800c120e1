// Hooks: functions that run around a module's forward and backward.
import { bindArguments } from '../../core/calls';
import { HookList, type HookOptions, PREPEND, type RemovableHandle } from '../../core/hooks';
import type { Module } from './module';

export { type HookOptions, PREPEND, type RemovableHandle };

/** Options of `registerForwardPreHook`. */
export interface ForwardPreHookOptions extends HookOptions {
  /** Whether the hook gets the trailing object of keywords apart from the arguments. Default: `false`. */
  withKwargs?: boolean;
}
/** Options of `registerForwardHook`. */
export interface ForwardHookOptions extends ForwardPreHookOptions {
  /** Whether the hook runs even when `forward` throws. Default: `false`. */
  alwaysCall?: boolean;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- a hook may be written for one module's types */
// A module whose `forward` takes more arguments, which it can do without, stands for one that takes fewer, though its
// hooks see more. TypeScript allows that where it compares functions in both directions: those of methods, and only
// if their type is more than one signature.
type BothWays<Method> = Method & { readonly [BOTH_WAYS]?: never };
declare const BOTH_WAYS: unique symbol;

/** Gets the arguments of the call; may return others (an array, or the only one). */
export type ForwardPreHook<M = any, Args = any[]> = BothWays<
  { hook(module: M, args: Args): unknown }['hook']
>;
/** The same, and the keywords; may return `[args, kwargs]`. */
export type ForwardPreHookWithKwargs<M = any> = (
  module: M,
  args: any[],
  kwargs: Record<string, any>,
) => [any[], Record<string, any>] | null | undefined | void;
/** Gets arguments and result; may return another result. */
export type ForwardHook<M = any, Args = any[], Out = any> = BothWays<
  { hook(module: M, args: Args, output: Out): unknown }['hook']
>;
/** The same as {@link ForwardHook}, and gets the keywords too. */
export type ForwardHookWithKwargs<M = any, Out = any> = (
  module: M,
  args: any[],
  kwargs: Record<string, any>,
  output: Out,
) => unknown;
/** Gets the gradients of the module's outputs; may return others. */
export type BackwardPreHook<M = any> = (module: M, gradOutput: any[]) => unknown;
/** Gets the gradients of the module's inputs and outputs; may return other ones for the inputs. */
export type BackwardHook<M = any> = (module: M, gradInput: any[], gradOutput: any[]) => unknown;
/** Called before a module puts its part into a state_dict. */
export type StateDictPreHook = (module: any, prefix: string, keepVars: boolean) => void;
/** Called after a module has put its part into a state_dict; may return another one. */
export type StateDictHook = (module: any, stateDict: any, prefix: string, localMetadata: any) => unknown;
/** Called before a module takes its part of a state_dict; may change that and the lists. */
export type LoadStateDictPreHook = (
  module: any,
  stateDict: any,
  prefix: string,
  localMetadata: any,
  strict: boolean,
  missingKeys: string[],
  unexpectedKeys: string[],
  errorMessages: string[],
) => void;
/** Called after `loadStateDict`; may change the lists of keys that are missing or unexpected. */
export type LoadStateDictPostHook = (
  module: any,
  incompatibleKeys: { missingKeys: string[]; unexpectedKeys: string[] },
) => unknown;
/** Called when something is registered by name; may return what takes its place. */
export type RegistrationHook<T> = (module: any, name: string, value: T | null) => T | null | undefined | void;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** What each kind of hook may be told. */
export const FORWARD_PRE = { ...PREPEND, withKwargs: false };
export const FORWARD = { ...FORWARD_PRE, alwaysCall: false };

/** The hooks of one module, or those of all modules. */
export class Hooks {
  readonly forwardPre = new HookList<ForwardPreHook | ForwardPreHookWithKwargs>();
  readonly forward = new HookList<ForwardHook | ForwardHookWithKwargs>();
  readonly backwardPre = new HookList<BackwardPreHook>();
  readonly backward = new HookList<BackwardHook>();
  readonly stateDictPre = new HookList<StateDictPreHook>();
  readonly stateDict = new HookList<StateDictHook>();
  readonly loadStateDictPre = new HookList<LoadStateDictPreHook>();
  readonly loadStateDictPost = new HookList<LoadStateDictPostHook>();

  /** Whether a call of the module has hooks to run. */
  get aroundCall(): boolean {
    return (
      this.forward.size > 0 || this.forwardPre.size > 0 || this.backward.size > 0 || this.backwardPre.size > 0
    );
  }
}

/** Hooks of every module. */
export const globalHooks = new Hooks();

/** Runs before the `forward` of every module. */
export function registerModuleForwardPreHook(...args: [hook: ForwardPreHook]): RemovableHandle {
  const [hook] = bindArguments('registerModuleForwardPreHook(hook)', args);
  return globalHooks.forwardPre.register('registerModuleForwardPreHook', {}, [hook]);
}
/** Runs after the `forward` of every module. */
export function registerModuleForwardHook(
  ...args: [
    hook: ForwardHook | ForwardHookWithKwargs,
    options?: { withKwargs?: boolean; alwaysCall?: boolean },
  ]
): RemovableHandle {
  const [hook, options = {}] = bindArguments('registerModuleForwardHook(hook, options{}?)', args);
  const allowed = { withKwargs: false, alwaysCall: false };
  return globalHooks.forward.register('registerModuleForwardHook', allowed, [hook, options]);
}
/** Runs when the gradients of any module's outputs are known. */
export function registerModuleFullBackwardPreHook(...args: [hook: BackwardPreHook]): RemovableHandle {
  const [hook] = bindArguments('registerModuleFullBackwardPreHook(hook)', args);
  return globalHooks.backwardPre.register('registerModuleFullBackwardPreHook', {}, [hook]);
}
/** Runs when the gradients of any module's inputs are known. */
export function registerModuleFullBackwardHook(...args: [hook: BackwardHook]): RemovableHandle {
  const [hook] = bindArguments('registerModuleFullBackwardHook(hook)', args);
  return globalHooks.backward.register('registerModuleFullBackwardHook', {}, [hook]);
}

export const parameterRegistrationHooks = new HookList<RegistrationHook<unknown>>();
export const bufferRegistrationHooks = new HookList<RegistrationHook<unknown>>();
export const moduleRegistrationHooks = new HookList<RegistrationHook<Module>>();

/**
 * Runs at every `registerParameter`. Differs from PyTorch: `torch.nn.registerModuleParameterRegistrationHook` and its
 * like see `registerParameter`, `registerBuffer` and `registerModule`, not a parameter, buffer or module that is
 * assigned to a field.
 */
export function registerModuleParameterRegistrationHook(
  ...args: [hook: RegistrationHook<unknown>]
): RemovableHandle {
  const [hook] = bindArguments('registerModuleParameterRegistrationHook(hook)', args);
  return parameterRegistrationHooks.register('registerModuleParameterRegistrationHook', {}, [hook]);
}
/** Runs at every `registerBuffer`. */
export function registerModuleBufferRegistrationHook(
  ...args: [hook: RegistrationHook<unknown>]
): RemovableHandle {
  const [hook] = bindArguments('registerModuleBufferRegistrationHook(hook)', args);
  return bufferRegistrationHooks.register('registerModuleBufferRegistrationHook', {}, [hook]);
}
/** Runs at every `addModule` and `registerModule`. */
export function registerModuleModuleRegistrationHook(
  ...args: [hook: RegistrationHook<Module>]
): RemovableHandle {
  const [hook] = bindArguments('registerModuleModuleRegistrationHook(hook)', args);
  return moduleRegistrationHooks.register('registerModuleModuleRegistrationHook', {}, [hook]);
}
