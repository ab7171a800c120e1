import { checkMethods } from '../core/calls';
import { checkFunction, TorchError } from '../core/errors';
import { compareByIdentity } from '../core/identity';
import { Scope, within } from '../native/scope';
import { type Keywords, listResults, overloadOf, type Overload, wrapArguments } from '../library/operators';

/** An operator that a mode is asked for: it is called with positions and a last object of keywords. */
export interface DispatchedOperator {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  (...args: any[]): any;
  /** As in Python: `aten.add.Tensor`. */
  toString(): string;
  /** `aten::add(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  readonly schema: string;
}

const operators = new Map<Overload, DispatchedOperator>();

function dispatched(op: Overload): DispatchedOperator {
  const known = operators.get(op);
  if (known) return known;
  const shown = `${op.name.replace('::', '.')}.${op.overload || 'default'}`;
  const call = (...args: unknown[]): unknown => op.call(...args);
  const made = Object.defineProperties(call, {
    name: { value: shown },
    schema: { value: op.schema },
    toString: { value: () => shown },
  }) as unknown as DispatchedOperator;
  operators.set(op, made);
  return made;
}

const isDefault = (value: unknown, text: string | undefined): boolean => {
  if (text === undefined) return false;
  if (value === null) return text === 'None';
  if (typeof value === 'boolean') return text === (value ? 'True' : 'False');
  if (Array.isArray(value)) return text === `[${value.join(', ')}]`;
  return typeof value === 'string' ? text === `'${value}'` : String(value) === text;
};

// As Python has them: without defaults at the end, and by name alone what has no position.
function partCall(op: Overload, args: unknown[]): [positional: unknown[], keywords: Keywords] {
  const positional: unknown[] = [];
  const keywords: Keywords = {};
  op.parameters.forEach(({ name, keywordOnly, default: text }, i) => {
    if (!keywordOnly) positional.push(args[i]);
    else if (!isDefault(args[i], text)) keywords[name] = args[i];
  });
  while (positional.length > 0) {
    const last = positional.length - 1;
    if (!isDefault(positional[last], op.parameters[last].default)) break;
    positional.pop();
  }
  return [positional, keywords];
}

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
      return listResults(op, this.torchDispatch(dispatched(op), args, kwargs));
    };
    return within('TorchDispatchMode.run', Scope.dispatchMode, body, handler);
  }
}
compareByIdentity(TorchDispatchMode);
checkMethods('TorchDispatchMode', TorchDispatchMode, 'run(body)');
