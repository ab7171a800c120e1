import { checkMethods } from '../core/calls';
import { checkFunction, TorchError } from '../core/errors';
import { compareByIdentity } from '../core/identity';
import { Tensor } from '../tensor';
import { Scope, within } from '../native/scope';
import { dispatchRuleOf } from '../library/dispatch_rules';
import { dispatched, type DispatchedOperator, partCall } from '../library/dispatched_operator';
import { listResults, overloadOf, wrapArguments } from '../library/operators';

/**
 * A mode that sees every operator while a function runs, below autograd, and gives its result
 * (`torch.utils._python_dispatch.TorchDispatchMode`): subclasses have `torchDispatch`. It sees what composite operators
 * are made of, and backward passes. Inside of it the mode is off, and the ones around it are on.
 *
 * @example
 * class Shapes extends torch.overrides.TorchDispatchMode {
 *   readonly seen: string[] = [];
 *   override torchDispatch(func: DispatchedOperator, args: unknown[], kwargs: Record<string, unknown>) {
 *     const result = func(...args, kwargs);
 *     this.seen.push(`${func} -> [${result.shape}]`);
 *     return result;
 *   }
 * }
 * const mode = new Shapes();
 * mode.run(() => torch.ones([2, 3]).add(1));
 * mode.seen; // ['aten.ones.default -> [2,3]', 'aten.add.Tensor -> [2,3]']
 */
export class TorchDispatchMode {
  /** The result of an operator. Override it. */
  torchDispatch(_func: DispatchedOperator, _args: unknown[], _kwargs: Record<string, unknown>): unknown {
    throw new TorchError(
      `${this.constructor.name}: a TorchDispatchMode must implement torchDispatch`,
      'NotImplementedError',
    );
  }

  /** Runs `body` in the mode. */
  run<T>(body: () => T): T {
    checkFunction('TorchDispatchMode.run', 'body', body);
    const handler = (name: string, overload: string, raw: unknown[]): unknown[] => {
      const op = overloadOf(name, overload);
      const [args, kwargs] = partCall(op, wrapArguments(op, raw));
      const rule = dispatchRuleOf(overload ? `${name}.${overload}` : name, this.constructor);
      const func = dispatched(op);
      const result = rule
        ? rule(this as never, func as never, [Tensor], args as never, kwargs as never)
        : this.torchDispatch(func, args, kwargs);
      return listResults(op, result);
    };
    return within('TorchDispatchMode.run', Scope.dispatchMode, body, handler);
  }
}
compareByIdentity(TorchDispatchMode);
checkMethods('TorchDispatchMode', TorchDispatchMode, 'run(body)');
