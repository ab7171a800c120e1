// `module(...)` with hooks around `forward`.
import { TorchError } from '../../core/errors';
import { isError, isPlainObject } from '../../core/realm';
import { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import { BackwardHooks } from './backward_hooks';
import { internals } from './fields';
import {
  globalHooks,
  type ForwardHook,
  type ForwardHookWithKwargs,
  type ForwardPreHook,
  type ForwardPreHookWithKwargs,
} from './hooks';
import { placed } from './keyword_call';
import type { ModuleBase } from './base';
import { typeName } from '../../tensor/repr';

type Kwargs = Record<string, unknown>;

/** Whether a call of the module must go through {@link callWithHooks}. */
export function hasCallHooks(module: ModuleBase): boolean {
  return internals(module).hooks.aroundCall || globalHooks.aroundCall;
}

// The trailing object of keywords, for hooks that want it apart. Differs from PyTorch:
// `torch.nn.Module.registerForwardHook` shows a hook without `withKwargs` the keyword arguments, too, as the last of
// the arguments.
function splitKwargs(args: unknown[]): [unknown[], Kwargs] {
  const last = args.at(-1);
  return isPlainObject(last) ? [args.slice(0, -1), last] : [args, {}];
}

function joinKwargs(args: unknown[], kwargs: Kwargs): unknown[] {
  return Object.keys(kwargs).length === 0 ? args : [...args, kwargs];
}

function runPreHooks(module: ModuleBase, given: unknown[]): unknown[] {
  let args = given;
  for (const { hook, withKwargs } of [
    ...globalHooks.forwardPre.entries(),
    ...internals(module).hooks.forwardPre.entries(),
  ]) {
    if (!withKwargs) {
      const returned = (hook as ForwardPreHook)(module, args);
      if (returned != null) args = Array.isArray(returned) ? (returned as unknown[]) : [returned];
      continue;
    }
    const returned: unknown = (hook as ForwardPreHookWithKwargs)(module, ...splitKwargs(args));
    if (returned == null) continue;
    if (!Array.isArray(returned) || returned.length !== 2) {
      throw new TorchError(
        `forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got ${String(returned)}.`,
      );
    }
    args = joinKwargs(...(returned as [unknown[], Kwargs]));
  }
  return args;
}

function runForwardHook(
  module: ModuleBase,
  entry: { hook: ForwardHook | ForwardHookWithKwargs; withKwargs: boolean },
  args: unknown[],
  result: unknown,
): unknown {
  const returned = entry.withKwargs
    ? (entry.hook as ForwardHookWithKwargs)(module, ...splitKwargs(args), result)
    : (entry.hook as ForwardHook)(module, args, result);
  return returned ?? result;
}

function backwardHooks(module: ModuleBase): BackwardHooks | null {
  const { hooks } = internals(module);
  const of = <H>(kind: readonly { hook: H }[]): H[] => kind.map(({ hook }) => hook);
  const full = [...of(globalHooks.backward.entries()), ...of(hooks.backward.entries())];
  const pre = [...of(globalHooks.backwardPre.entries()), ...of(hooks.backwardPre.entries())];
  return full.length + pre.length > 0 ? new BackwardHooks(module, full, pre) : null;
}

/**
 * The hooks around one call of a module: `begin` gives what `forward` takes, and one of the others ends the call.
 * Forward pre-hooks, `forward`, forward hooks; backward hooks wait in the graph.
 */
class HookedCall {
  readonly #forwardHooks;
  readonly #done = new Set<unknown>();
  #args: unknown[];
  #result: unknown = null;
  #backward: BackwardHooks | null = null;

  constructor(
    private readonly module: ModuleBase,
    given: unknown[],
  ) {
    this.#args = given;
    this.#forwardHooks = [...globalHooks.forward.entries(), ...internals(module).hooks.forward.entries()];
  }

  begin(): unknown[] {
    this.#args = runPreHooks(this.module, this.#args);
    this.#backward = backwardHooks(this.module);
    if (this.#backward !== null) this.#args = this.#backward.wrapInputs(this.#args);
    return placed(this.module, this.#args);
  }

  finish(given: unknown): unknown {
    this.#result = given;
    for (const entry of this.#forwardHooks) {
      this.#done.add(entry);
      this.#result = runForwardHook(this.module, entry, this.#args, this.#result);
    }
    const result = this.#result;
    if (this.#backward === null) return result;
    if (!(result instanceof Tensor) && !Array.isArray(result)) {
      warn(
        'For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but ' +
          `received ${typeName(result)}`,
      );
    }
    return this.#backward.wrapOutputs(result);
  }

  /** Runs the hooks that want to be called always. */
  fail(): void {
    for (const entry of this.#forwardHooks) {
      if (!entry.alwaysCall || this.#done.has(entry)) continue;
      try {
        this.#result = runForwardHook(this.module, entry, this.#args, this.#result);
      } catch (second) {
        warn(
          'module forward hook with ``always_call=True`` raised an exception that was silenced as another ' +
            `error was raised in forward: ${isError(second) ? second.message : String(second)}`,
        );
      }
    }
  }
}

/** `forward` with the hooks around it. */
export function callWithHooks(module: ModuleBase, given: unknown[]): unknown {
  const call = new HookedCall(module, given);
  try {
    return call.finish(module.forward(...call.begin()));
  } catch (error) {
    call.fail();
    throw error;
  }
}

/** The same around what is awaited instead of `forward`. */
export async function awaitWithHooks(
  module: ModuleBase,
  given: unknown[],
  forward: (...args: unknown[]) => Promise<unknown>,
): Promise<unknown> {
  const call = new HookedCall(module, given);
  try {
    return call.finish(await forward(...call.begin()));
  } catch (error) {
    call.fail();
    throw error;
  }
}
