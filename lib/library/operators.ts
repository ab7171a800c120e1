// Operators of the dispatcher as JavaScript calls them and is called for them.
import { apart } from '../native/recording';
import { TorchError, TorchTypeError } from '../core/errors';
import { dtypeOfCode } from '../core/dtype';
import { layoutOfCode, memoryFormatOfCode } from '../core/layout';
import { native } from '../native';
import { operator, type OperatorFunction, wrap } from '../native/dispatch';

/** One overload of an operator. */
export interface Overload {
  readonly name: string; // 'mylib::add'
  readonly overload: string; // '' for the unnamed one
  readonly call: OperatorFunction;
  readonly schema: string;
  readonly parameters: readonly { name: string; type: string; keywordOnly: boolean; default?: string }[];
  readonly returns: readonly { type: string }[];
}

const known = new Map<string, Overload>();

/** That of `name` and `overload`. */
export function overloadOf(name: string, overload: string): Overload {
  const key = `${name}.${overload}`;
  const found = known.get(key);
  if (found) return found;
  const [signature] = native.signatures(name, overload || 'default', false);
  if (!signature) {
    throw new TorchError(
      `torch.library: could not find the operator ${overload ? key : name}; is it defined?`,
    );
  }
  const call = operator(name, overload || 'default', false);
  const { schema, parameters, returns } = signature;
  const made: Overload = { name, overload, call, schema, parameters, returns };
  known.set(key, made);
  return made;
}

/** Parts 'mylib::add.Tensor'. */
export function splitName(fn: string, qualname: unknown): [name: string, overload: string] {
  if (typeof qualname !== 'string' || !/^\w+::\w+(\.\w+)?$/.test(qualname)) {
    throw new TorchTypeError(
      `${fn}(): expected an operator's name as 'mylib::name', got ${String(qualname)}`,
    );
  }
  const [name, overload = ''] = qualname.split('.', 2);
  return [name, overload === 'default' ? '' : overload];
}

export type Keywords = Record<string, unknown>;

/** Arguments in the order of the schema, as a function takes them: those by name alone apart. */
export function partArguments(
  { parameters }: Overload,
  args: readonly unknown[],
): { positional: unknown[]; keywords: Keywords | null } {
  const positional = args.filter((_, i) => !parameters[i].keywordOnly);
  const named = parameters.flatMap(({ name, keywordOnly }, i) => (keywordOnly ? [[name, args[i]]] : []));
  return {
    positional,
    keywords: named.length > 0 ? (Object.fromEntries(named) as Keywords) : null,
  };
}

/** The operator on arguments in the order of its schema. */
export function callInOrder(op: Overload, args: readonly unknown[]): unknown {
  const { positional, keywords } = partArguments(op, args);
  return keywords ? op.call(...positional, keywords) : op.call(...positional);
}

/** The results in a list of their own, as the addon wants them. */
export function listResults({ name, returns }: Overload, result: unknown): unknown[] {
  if (returns.length === 0) return [];
  if (returns.length === 1) return [result];
  if (Array.isArray(result) && result.length === returns.length) return result;
  throw new TorchTypeError(
    `${name}: the function must return a list of ${returns.length} results, got ${
      Array.isArray(result) ? `${result.length} of them` : typeof result
    }`,
  );
}

/** Arguments from the addon, in the order of the schema. It has numbers for dtypes, layouts and memory formats. */
export function wrapArguments({ parameters }: Overload, raw: readonly unknown[]): unknown[] {
  return (wrap([...raw]) as unknown[]).map((value, i) => {
    if (typeof value !== 'number') return value;
    if (parameters[i].type.startsWith('DType')) return dtypeOfCode(value);
    if (parameters[i].type.startsWith('MemoryFormat')) return memoryFormatOfCode(value);
    return parameters[i].type.startsWith('Layout') ? layoutOfCode(value) : value;
  });
}

/** Registers a kernel that gets an overload's arguments in the order of its schema. */
export function implement(op: Overload, key: string, kernel: (args: unknown[]) => unknown): void {
  native.implementOperator(op.name, op.overload, key, (_name, _overload, args) =>
    apart(() => listResults(op, kernel(wrapArguments(op, args)))),
  );
}

/** A kernel that calls a user's function: with positions, and an object of what goes by name alone. */
export const userKernel =
  (op: Overload, fn: (...args: never[]) => unknown) =>
  (args: unknown[]): unknown => {
    const { positional, keywords } = partArguments(op, args);
    const call = fn as (...all: unknown[]) => unknown;
    return keywords ? call(...positional, keywords) : call(...positional);
  };

/** Registers a kernel for every operator that has none for the key. */
export function implementFallback(key: string, fn: (op: Overload, args: unknown[]) => unknown): void {
  native.implementOperator('', '', key, (name, overload, raw) => {
    const op = overloadOf(name, overload);
    return apart(() => listResults(op, fn(op, wrapArguments(op, raw))));
  });
}
