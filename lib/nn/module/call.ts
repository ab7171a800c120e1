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

/** Forward pre-hooks, `forward`, forward hooks; backward hooks wait in the graph. */
export function callWithHooks(module: ModuleBase, given: unknown[]): unknown {
  const { hooks } = internals(module);
  const forwardHooks = [...globalHooks.forward.entries(), ...hooks.forward.entries()];
  const done = new Set<unknown>();
  let args = given;
  let result: unknown = null;
  try {
    args = runPreHooks(module, args);
    const backward = backwardHooks(module);
    if (backward !== null) args = backward.wrapInputs(args);
    result = module.forward(...placed(module, args));
    for (const entry of forwardHooks) {
      done.add(entry);
      result = runForwardHook(module, entry, args, result);
    }
    if (backward === null) return result;
    if (!(result instanceof Tensor) && !Array.isArray(result)) {
      warn(
        'For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but ' +
          `received ${typeName(result)}`,
      );
    }
    return backward.wrapOutputs(result);
  } catch (error) {
    for (const entry of forwardHooks) {
      if (!entry.alwaysCall || done.has(entry)) continue;
      try {
        result = runForwardHook(module, entry, args, result);
      } catch (second) {
        warn(
          'module forward hook with ``always_call=True`` raised an exception that was silenced as another ' +
            `error was raised in forward: ${isError(second) ? second.message : String(second)}`,
        );
      }
    }
    throw error;
  }
}
