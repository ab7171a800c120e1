// The module as a caller sees it. What it holds and does is in base.ts.
import { ModuleBase } from './base';
import type * as hooks from './hooks';

declare const ARGS: unique symbol;
declare const OUT: unique symbol;

/* eslint-disable @typescript-eslint/no-explicit-any --
   a module that says nothing about its types may be called with anything */
/** A module is called: `module(x)` runs hooks around `forward(x)`. */
export interface Module<Args extends unknown[] = any[], Out = any> extends ModuleBase<Args, Out> {
  (...args: Args): Out;
  readonly [ARGS]: any;
  readonly [OUT]: any;
}

/**
 * What `extends nn.Module` without type arguments derives from: the call has the signature of `forward` (of overloads,
 * that of the last).
 */
export interface InferredModule extends ModuleBase<any[], any> {
  // Properties stand between, since a call through a type parameter `M extends Net` looks up the property in `Net`,
  // and cannot look into `Parameters<M['forward']>`.
  (...args: this[typeof ARGS]): this[typeof OUT];
  readonly [ARGS]: Parameters<this['forward']>;
  readonly [OUT]: ReturnType<this['forward']>;
  registerForwardPreHook(
    hook: hooks.ForwardPreHook<this, this[typeof ARGS]>,
    options?: hooks.HookOptions,
  ): hooks.RemovableHandle;
  registerForwardPreHook(
    hook: hooks.ForwardPreHookWithKwargs<this>,
    options: hooks.ForwardPreHookOptions & { withKwargs: true },
  ): hooks.RemovableHandle;
  registerForwardHook(
    hook: hooks.ForwardHook<this, this[typeof ARGS], this[typeof OUT]>,
    options?: hooks.ForwardHookOptions & { withKwargs?: false },
  ): hooks.RemovableHandle;
  registerForwardHook(
    hook: hooks.ForwardHookWithKwargs<this, this[typeof OUT]>,
    options: hooks.ForwardHookOptions & { withKwargs: true },
  ): hooks.RemovableHandle;
}

/** The constructor of modules. */
export interface ModuleConstructor {
  new (): InferredModule;
  new <Args extends unknown[], Out>(): Module<Args, Out>;
  readonly prototype: Module;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/**
 * Base of all networks and layers. A subclass assigns parameters and modules to fields and defines
 * `forward`; fields that hold a `Parameter` or a `Module` are its state, in declaration order.
 *
 * That order numbers the parameters for optimizers, so keep Python's: give fields their values where they are
 * declared. One that is declared without a value and assigned in the constructor is in the place of its declaration
 * under TypeScript's target ES2022 or later, in that of its first assignment under older ones.
 *
 * A call has the types of `forward`, or those that `extends nn.Module<[Tensor], Tensor>` says.
 *
 * Differs from PyTorch: `torch.nn.Module` looks at a field when its state is asked for, so a wrong value in a
 * registered name is an error then, not when it is assigned.
 * Differs from PyTorch: `torch.nn.Module` has no `register_backward_hook`, which is deprecated: there are full
 * backward hooks only.
 *
 * @example
 * class Net extends nn.Module {
 *   fc1 = new nn.Linear(20, 30);
 *   fc2 = new nn.Linear(30, 2);
 *   override forward(x: Tensor) {
 *     return this.fc2(F.relu(this.fc1(x)));
 *   }
 * }
 * const y = new Net()(torch.randn([128, 20]));
 */
export const Module = ModuleBase as unknown as ModuleConstructor;
