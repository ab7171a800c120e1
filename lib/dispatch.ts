/** From JS to one operator and back: the only place that turns native results into Tensors. */
import { Complex } from './complex';
import { dtypeOfCode } from './dtype';
import { HANDLE, NOTHING } from './handle';
import { native, outcome } from './native';
import { Tensor } from './tensor';
import type { NativeOperator } from '../typings/native';

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

// What became of an operator's result: native/src/environment.h, enum Outcome.
const NEW = 1;
const NEW_IN_SCOPE = 2;
const GIVEN = 3;
const GIVEN_AMONG = 4;

/** The tensors of the innermost `tidy` that no finalizer frees, but the end of the scope. */
let scoped: Tensor[] | null = null;

/** Begins and ends such a list; returns the one around it. */
export function setScoped(tensors: Tensor[] | null): Tensor[] | null {
  const before = scoped;
  scoped = tensors;
  return before;
}

function setHandle(tensor: Tensor, handle: unknown): Tensor {
  (tensor as { [HANDLE]: unknown })[HANDLE] = handle;
  return tensor;
}

/** A tensor that its scope has freed, and whose slot another one may get. */
export const sever = (tensor: Tensor): void => void setHandle(tensor, NOTHING);

// A new tensor, or a result that is something else. `kind` is not GIVEN.
function finish(kind: number, result: unknown, blank: Tensor, args: readonly unknown[]): unknown {
  if (kind === NEW_IN_SCOPE) {
    scoped?.push(blank);
    return setHandle(blank, outcome[1]);
  }
  if (kind === GIVEN_AMONG) {
    const list = result as unknown[];
    const places = outcome[1];
    for (let i = 0; i < list.length; i++) if ((places >> i) & 1) list[i] = args[list[i] as number];
    return wrapList(list);
  }
  return wrap(result);
}

/**
 * The operator `name` ("aten::add") as a function of JS values. The native function is made at the
 * first call: most programs use a few dozen of the operators.
 *
 * The arguments must be in use after the native call: numbers of slots keep nothing alive.
 */
export function operator(name: string, overload: string | null = null, python = true): OperatorFunction {
  let native_: NativeOperator | undefined;
  const load = (): NativeOperator => (native_ = native.operator(name, overload, python));
  const last: LastKeywords = { names: [], set: undefined };
  const general = (args: unknown[]): unknown => {
    const call = native_ ?? load();
    const given = withKeywords(args, last);
    const raw = new Array<unknown>(given.length);
    let numbers = 0;
    for (let i = 0; i < given.length; i++) {
      raw[i] = i < LISTS ? rawOf(given[i]) : given[i];
      numbers |= bitsOf(raw[i], given[i]) << i;
    }
    const blank = new Tensor(NOTHING);
    const result = call(blank, numbers, ...raw);
    const kind = outcome[0];
    if (kind === NEW) return setHandle(blank, outcome[1]);
    return kind === GIVEN ? given[outcome[1]] : finish(kind, result, blank, given);
  };
  // Up to three arguments, the first of them a tensor or a list of them, the others tensors, numbers or lists
  // of numbers, are what most calls pass: without more lists. Undefined at the end is as good as nothing.
  return (a?: unknown, b?: unknown, c?: unknown, ...rest: unknown[]) => {
    const first = rawOf(a);
    if (rest.length > 0 || first === a) return general(trimmed([a, b, c, ...rest]));
    const second = handleOf(b);
    const third = handleOf(c);
    if ((second === b && !isPlain(b)) || (third === c && !isPlain(c))) return general(trimmed([a, b, c]));
    const call = native_ ?? load();
    const numbers = bitsOf(first, a) | (bitsOf(second, b) << 1) | (bitsOf(third, c) << 2);
    const blank = new Tensor(NOTHING);
    let result: unknown;
    if (c !== undefined) result = call(blank, numbers, first, second, third);
    else if (b !== undefined) result = call(blank, numbers, first, second);
    else result = call(blank, numbers, first);
    const kind = outcome[0];
    if (kind === NEW) return setHandle(blank, outcome[1]);
    if (kind !== GIVEN) return finish(kind, result, blank, [a, b, c]);
    return outcome[1] === 0 ? a : outcome[1] === 1 ? b : c;
  };
}

function trimmed(args: unknown[]): unknown[] {
  while (args.length > 0 && args[args.length - 1] === undefined) args.pop();
  return args;
}

// Goes to the addon as it is.
const isPlain = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || typeof (value as unknown[])[0] === 'number';

// Properties and elements are read much faster here than through Node-API: a tensor goes as its
// handle, a list of tensors as a list of the numbers of their slots, if all have one.
const handleOf = (arg: unknown): unknown => (arg instanceof Tensor ? arg[HANDLE] : arg);

function rawOf(arg: unknown): unknown {
  if (arg instanceof Tensor) return arg[HANDLE];
  if (!Array.isArray(arg) || !(arg[0] instanceof Tensor) || arg.length > 1000) return arg;
  const list = new Array<unknown>(arg.length);
  for (let i = 0; i < list.length; i++) {
    const item: unknown = arg[i];
    list[i] = handleOf(item);
    if (item !== null && (list[i] === item || typeof list[i] !== 'number')) return arg;
  }
  return list;
}

// The most arguments that may go as numbers.
const LISTS = 15;

// For the addon: whether what it gets for an argument is the number of a slot, or a list of numbers.
function bitsOf(raw: unknown, given: unknown): number {
  if (raw === given || typeof given !== 'object') return 0; // NaN is not equal to itself
  return typeof raw === 'number' ? 1 : Array.isArray(raw) ? 1 << LISTS : 0;
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

/** PyTorch's name in camelCase: `max_pool2d` is `maxPool2d`; underscores at the ends stay. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
}
