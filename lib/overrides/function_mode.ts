import { checkMethods } from '../core/calls';
import { checkFunction, TorchError } from '../core/errors';
import { compareByIdentity } from '../core/identity';
import { isPlainObject } from '../core/realm';
import type { OperatorFunction } from '../native/dispatch';
import { functionMode, type Seeing } from '../native/function_mode';
import { settled } from '../native/scope';

/** A function that a mode is asked for: it is called with positions and a last object of keywords. */
export interface TorchFunction {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  (...args: any[]): any;
  /** Python's name: `add`, `linalg_inv`, and `add.Tensor` where it was called in `torch.ops`. */
  readonly name: string;
  /** The name, and `aten.add.Tensor` where it was called in `torch.ops`. */
  toString(): string;
}

const functions = new WeakMap<OperatorFunction, TorchFunction>();

function asFunction(text: string, call: OperatorFunction): TorchFunction {
  let made = functions.get(call);
  if (!made) {
    const through = (...args: unknown[]): unknown => {
      const last = args.at(-1);
      const hasNone = isPlainObject(last) && Object.keys(last).length === 0;
      return call(...(hasNone ? args.slice(0, -1) : args));
    };
    Object.defineProperties(through, {
      name: { value: text.slice(text.indexOf('.') + 1) },
      toString: { value: () => text },
    });
    functions.set(call, (made = through as TorchFunction));
  }
  return made;
}

/**
 * A mode that sees operators as they are called while a function runs, and gives their results
 * (`torch.overrides.TorchFunctionMode`): subclasses have `torchFunction`. It comes before autograd, autocast and
 * transforms, and sees whole what a `TorchDispatchMode` sees in parts. Inside of it the mode is off, and the ones around it
 * are on.
 *
 * Differs from PyTorch: `torch.overrides.TorchFunctionMode` sees functions that are written in TypeScript as the operators
 * that they call, but for `torch.tensor`, `Tensor.backward` and `autograd.grad`; properties of tensors and `requiresGrad_`
 * it does not see. No tensor has a class of its own, so `torchFunction` gets no `types`.
 *
 * @example
 * class Names extends torch.overrides.TorchFunctionMode {
 *   readonly seen: string[] = [];
 *   override torchFunction(func: TorchFunction, args: unknown[], kwargs: Record<string, unknown>) {
 *     this.seen.push(func.name);
 *     return func(...args, kwargs);
 *   }
 * }
 * const mode = new Names();
 * mode.run(() => torch.ones([2, 3]).matmul(torch.ones([3, 1])));
 * mode.seen; // ['ones', 'ones', 'matmul']
 */
export class TorchFunctionMode {
  /** The result of a call. Override it. */
  torchFunction(_func: TorchFunction, _args: unknown[], _kwargs: Record<string, unknown>): unknown {
    throw new TorchError(
      `${this.constructor.name}: a TorchFunctionMode must implement torchFunction`,
      'NotImplementedError',
    );
  }

  /** Runs `body` in the mode. */
  run<T>(body: () => T): T {
    checkFunction('TorchFunctionMode.run', 'body', body);
    const around = functionMode.sees;
    const sees: Seeing = (name, call, args) => {
      const last = args.at(-1);
      const named = isPlainObject(last);
      const kwargs = named ? { ...last } : {};
      let result: unknown;
      // What `finally` does calls nothing, and so needs no room on the stack.
      try {
        functionMode.sees = around;
        result = this.torchFunction(asFunction(name, call), named ? args.slice(0, -1) : args, kwargs);
      } finally {
        functionMode.sees = sees;
      }
      return settled('torchFunction', result);
    };
    let result: T;
    try {
      functionMode.sees = sees;
      result = body();
    } finally {
      functionMode.sees = around;
    }
    return settled('TorchFunctionMode.run', result);
  }
}
compareByIdentity(TorchFunctionMode);
checkMethods('TorchFunctionMode', TorchFunctionMode, 'run(body)');
