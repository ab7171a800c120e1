// Operators and their arguments as Python has them: for modes and fallbacks.
import { type Keywords, type Overload } from './operators';
import { type Tag, tagsOf } from './tags';

/** An operator that a mode is asked for: it is called with positions and a last object of keywords. */
export interface DispatchedOperator {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  (...args: any[]): any;
  /** As in Python: `aten.add.Tensor`. */
  toString(): string;
  /** `aten::add(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  readonly schema: string;
  readonly tags: readonly Tag[];
}

const operators = new Map<Overload, DispatchedOperator>();

export function dispatched(op: Overload): DispatchedOperator {
  const known = operators.get(op);
  if (known) return known;
  const shown = `${op.name.replace('::', '.')}.${op.overload || 'default'}`;
  const call = (...args: unknown[]): unknown => op.call(...args);
  const made = Object.defineProperties(call, {
    name: { value: shown },
    schema: { value: op.schema },
    tags: { get: () => tagsOf(op.name, op.overload) },
    toString: { value: () => shown },
  }) as unknown as DispatchedOperator;
  operators.set(op, made);
  return made;
}

const isDefault = (value: unknown, text: string | undefined): boolean => {
  if (text === undefined) return false;
  if (value === null) return text === 'None';
  if (typeof value === 'boolean') return text === (value ? 'True' : 'False');
  if (typeof value === 'number') return Number(text) === value; // 2. is 2
  if (Array.isArray(value)) return text === `[${value.join(', ')}]`;
  return typeof value === 'string' ? text === `'${value}'` : String(value) === text;
};

// As Python has them: without defaults at the end, and by name alone what has no position.
export function partCall(op: Overload, args: unknown[]): [positional: unknown[], keywords: Keywords] {
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
