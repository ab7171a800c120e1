// JavaScript drops an argument that has no parameter, without a word. Here functions and methods whose arguments are all
// plain say in one line what they take; those with options have a signature of their own (signature.ts).
import { kind } from './kinds';
import { isPlainObject } from './realm';
import { type Signature, method, signature } from './signature';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Binder = (args: readonly unknown[]) => readonly unknown[];

/**
 * The arguments of a call by position. `text` has Python's names; a mark follows where the argument may be left out,
 * `?`, and where a plain object is its value, and no object of keywords, `{}`.
 *
 * @throws TypeError, in Python's words, for an argument that is missing, unknown, given twice or one too many.
 *
 * @example
 * export function manualSeed(...args: [seed: number]): Generator {
 *   const [seed] = bindArguments('manualSeed(seed)', args);
 */
export function bindArguments<A extends readonly unknown[]>(text: string, args: A): A {
  let binder = binders.get(text);
  if (!binder) binders.set(text, (binder = binderOf(text, '', signature)));
  return binder(args) as A;
}
const binders = new Map<string, Binder>();

/**
 * Has methods of a class take the arguments that are written there, as {@link bindArguments} reads them, and no others. A
 * subclass that overrides one of them checks its own.
 *
 * @example
 * checkMethods('Tensor', Tensor, 'numel()', 'size(dim?)', 'registerHook(hook)');
 */
export function checkMethods(className: string, Class: { prototype: object }, ...texts: string[]): void {
  for (const text of texts) {
    const name = text.slice(0, text.indexOf('('));
    const call = (Class.prototype as Record<string, Method>)[name];
    const binder = binderOf(text, `${className}.`, method);
    const checked: Method = function (...args) {
      return call.apply(this, binder(args) as unknown[]);
    };
    Object.defineProperties(checked, { name: { value: name }, length: { value: call.length } });
    Object.defineProperty(Class.prototype, name, { value: checked });
  }
}

function binderOf(text: string, prefix: string, make: typeof method): Binder {
  const [name, ...parameters] = text.split(/[(, )]+/).filter((part) => part !== '');
  const names = parameters.map((parameter) => parameter.replace(/[?{}]+$/, ''));
  const isObject = parameters.map((parameter) => parameter.includes('{}'));
  const optional = parameters.findIndex((parameter) => parameter.includes('?'));
  const most = names.length;
  const least = optional < 0 ? most : optional;
  // Made when a call is wrong or gives keywords.
  let whole: Signature<readonly ReturnType<ReturnType<typeof kind>>[], object> | undefined;
  return (args) => {
    const count = args.length;
    const isComplete = count >= least && count <= most && (least === 0 || args[least - 1] !== undefined);
    if (isComplete && (count === 0 || isObject[count - 1] || !isPlainObject(args[count - 1]))) return args;
    whole ??= make(
      prefix + name,
      names.slice(0, least).map((one, i) => kind(null, isObject[i])(one)),
      Object.fromEntries(names.slice(least).map((one) => [one, undefined])),
    );
    const bound = whole.bind(args);
    return [...bound.slice(0, least), ...Object.values(bound[least] as object)];
  };
}
