/** From JS to one operator and back: the only place that turns native results into Tensors. */
import { Complex } from './complex';
import { dtypeOfCode } from './dtype';
import { HANDLE } from './handle';
import { native } from './native';
import { Tensor } from './tensor';

export type OperatorFunction = (...args: unknown[]) => unknown;

/** Wraps what the addon returned: handles become Tensors, in lists too. */
export function wrap(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  if (result instanceof Tensor) return result; // in-place: the very object that was given
  if (Array.isArray(result)) return wrapList(result);
  if (result.constructor === undefined) return new Tensor(result); // a handle has no prototype
  const value = result as { dtypeCode?: number; re: number; im: number };
  if (value.dtypeCode !== undefined) return dtypeOfCode(value.dtypeCode);
  return value.re !== undefined ? new Complex(value.re, value.im) : result;
}

// A new array, of this realm: the addon's may belong to another one under a test runner.
function wrapList(list: unknown[]): unknown[] {
  const wrapped = new Array<unknown>(list.length);
  for (let i = 0; i < list.length; i++) wrapped[i] = wrap(list[i]);
  // A named tuple: its names follow the indices, in the same order.
  const keys = Object.keys(list);
  if (keys.length === list.length) return wrapped;
  const named = wrapped as unknown as Record<string, unknown>;
  for (let i = 0; i < list.length; i++) named[keys[list.length + i]] = wrapped[i];
  return wrapped;
}

/**
 * The operator `name` ("aten::add") as a function of JS values. The native function is made at the
 * first call: most programs use a few dozen of the operators.
 */
export function operator(name: string, overload: string | null = null, python = true): OperatorFunction {
  let native_: OperatorFunction | undefined;
  const load = (): OperatorFunction =>
    (native_ = native.operator(name, overload, python) as OperatorFunction);
  const last: LastKeywords = { names: [], set: undefined };
  const general = (args: unknown[]): unknown => {
    const call = native_ ?? load();
    const given = withKeywords(args, last);
    const raw = new Array<unknown>(given.length);
    for (let i = 0; i < given.length; i++) raw[i] = rawOf(given[i]);
    const result = call(...raw);
    if (typeof result !== 'object' || result === null) return result;
    return wrapResult(result, given, raw);
  };
  // Up to three arguments, the first of them a tensor or a list, the others tensors, numbers or lists of
  // numbers, are what most calls pass: without more lists. Undefined at the end is as good as nothing.
  return (a?: unknown, b?: unknown, c?: unknown, ...rest: unknown[]) => {
    const first = rawOf(a);
    if (rest.length > 0 || (first === a && !Array.isArray(a))) return general(trimmed([a, b, c, ...rest]));
    const call = native_ ?? load();
    if (c === undefined) {
      if (b === undefined) return wrapUnlessGiven(call(first), a, first, b);
      if (b instanceof Tensor) return wrapUnlessGiven(call(first, b[HANDLE]), a, first, b);
      return isPlain(b) ? wrapUnlessGiven(call(first, b), a, first, b) : general([a, b]);
    }
    const second = b instanceof Tensor ? b[HANDLE] : b;
    const third = c instanceof Tensor ? c[HANDLE] : c;
    if ((second === b && !isPlain(b)) || (third === c && !isPlain(c))) return general([a, b, c]);
    const result = call(first, second, third);
    if (Array.isArray(result)) return wrapResult(result, [a, b, c], [first, second, third]);
    return result === third && third !== c ? c : wrapUnlessGiven(result, a, first, b);
  };
}

function trimmed(args: unknown[]): unknown[] {
  while (args.length > 0 && args[args.length - 1] === undefined) args.pop();
  return args;
}

// Goes to the addon as it is.
const isPlain = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || typeof (value as unknown[])[0] === 'number';

// In-place operators give their first argument back, and a few the second.
function wrapUnlessGiven(result: unknown, a: unknown, first: unknown, b: unknown): unknown {
  if (result === first) return a;
  if (b instanceof Tensor && result === b[HANDLE]) return b;
  return Array.isArray(result) ? wrapResult(result, [a, b], [first, rawOf(b)]) : wrap(result);
}

// Properties and elements are read much faster here than through Node-API: a tensor goes as its
// handle, a list of tensors as a list of handles.
function rawOf(arg: unknown): unknown {
  if (arg instanceof Tensor) return arg[HANDLE];
  if (!Array.isArray(arg) || !(arg[0] instanceof Tensor) || arg.length > 1000) return arg;
  const list = new Array<unknown>(arg.length);
  for (let i = 0; i < list.length; i++) {
    const item: unknown = arg[i];
    list[i] = item instanceof Tensor ? item[HANDLE] : item;
  }
  return list;
}

// The names of keywords, one by one in their order; the addon's set of them once a call had just these.
interface Names {
  readonly list: readonly string[];
  readonly next: Map<string, Names>;
  set?: unknown;
}
const noNames: Names = { list: [], next: new Map() };
const MOST_SETS = 1000;
let sets = 0;

/** Of the last call with keywords: most calls of an operator have the same. */
interface LastKeywords {
  names: readonly string[];
  set: unknown;
}

// A trailing object of keywords becomes its values, and behind them the set of its names.
function withKeywords(args: unknown[], last: LastKeywords): unknown[] {
  const count = args.length - 1;
  const named = args[count] as Record<string, unknown>;
  if (typeof named !== 'object' || named === null || Object.getPrototypeOf(named) !== Object.prototype)
    return args;
  const values = args.slice(0, count);
  let same = 0;
  for (const name in named) {
    if (last.names[same] === name) same++;
    values.push(named[name]);
  }
  if (same !== values.length - count || same !== last.names.length || last.set === undefined) {
    const names = namesOf(named);
    if (!names) return args; // rare: the addon reads the object itself
    last.names = names.list;
    last.set = names.set ??= native.keywordSet(names.list);
  }
  values.push(last.set);
  return values;
}

function namesOf(named: object): Names | undefined {
  let names = noNames;
  for (const name in named) {
    let next = names.next.get(name);
    if (!next) {
      if (name === 'out' || sets >= MOST_SETS) return undefined;
      sets++;
      names.next.set(name, (next = { list: [...names.list, name], next: new Map() }));
    }
    names = next;
  }
  return names;
}

// What an operator gives back of its arguments stays the object that it was.
function wrapResult(result: object, args: unknown[], raw: unknown[]): unknown {
  const given = raw.indexOf(result);
  if (given >= 0) return args[given];
  if (!Array.isArray(result)) return wrap(result);
  for (let i = 0; i < result.length; i++) {
    const at = raw.indexOf(result[i]);
    if (at >= 0) result[i] = args[at];
  }
  return wrapList(result);
}

/** PyTorch's name in camelCase: `max_pool2d` is `maxPool2d`; underscores at the ends stay. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
}
