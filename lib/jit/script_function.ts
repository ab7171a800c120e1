// A function or a method of TorchScript as a function.
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { endAwaitedBeforeExit } from '../native/program';
import type { Handle } from '../../typings/native';

/**
 * A function of TorchScript, or a method of a module. It takes arguments by position, or by name in an object that comes
 * last (not where the argument in that place is a dict itself).
 */
export interface ScriptFunction {
  (...args: unknown[]): unknown;
  readonly name: string;
  /**
   * Runs on another thread, in the modes (gradients, autocast) that are set here now. Runs go on at the same time, unless
   * the function writes to attributes of its module. The arguments must not be written to before the promise is settled.
   */
  callAsync(...args: unknown[]): Promise<unknown>;
  /** Its name, arguments and results: `'forward(__torch__.Net self, Tensor x) -> Tensor'`. */
  readonly schema: string;
  /** The graph, as Python prints it. */
  readonly graph: string;
  /** The graph with those of all that it calls put in. */
  readonly inlinedGraph: string;
  /** The source that stands for the graph. */
  readonly code: string;
}

/** `find` gives the native function, at the first call. */
export function scriptFunction(name: string, find: () => Handle, optimize: boolean): ScriptFunction {
  let handle: Handle | undefined;
  const found = (): Handle => (handle ??= find());
  const call = (...args: unknown[]): unknown => wrap(native.scriptCall(found(), args, optimize));
  const text = (what: 'schema' | 'graph' | 'inlinedGraph' | 'code'): PropertyDescriptor => ({
    get: () => native.scriptText(found(), what),
    enumerable: true,
  });
  return Object.defineProperties(call, {
    name: { value: name },
    callAsync: {
      value: async (...args: unknown[]): Promise<unknown> => {
        endAwaitedBeforeExit();
        return wrap(await native.scriptCallAsync(found(), args, optimize));
      },
    },
    schema: text('schema'),
    graph: text('graph'),
    inlinedGraph: text('inlinedGraph'),
    code: text('code'),
  }) as unknown as ScriptFunction;
}
