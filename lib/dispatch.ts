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
  let call: OperatorFunction | undefined;
  return (...args) => {
    call ??= native.operator(name, overload, python) as OperatorFunction;
    const given = withKeywords(args);
    const raw = new Array<unknown>(given.length);
    for (let i = 0; i < given.length; i++) raw[i] = rawOf(given[i]);
    const result = call(...raw);
    if (typeof result !== 'object' || result === null) return result;
    return wrapResult(result, given, raw);
  };
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

const keywordSets = new Map<string, unknown>();

// A trailing object of keywords becomes its values, and behind them the set of its names.
function withKeywords(args: unknown[]): unknown[] {
  const last = args.length - 1;
  const named: unknown = args[last];
  if (typeof named !== 'object' || named === null || Object.getPrototypeOf(named) !== Object.prototype)
    return args;
  const names = Object.keys(named);
  const key = names.join();
  let set = keywordSets.get(key);
  if (!set) {
    if ('out' in named || keywordSets.size >= 1000) return args; // rare: the addon reads the object itself
    keywordSets.set(key, (set = native.keywordSet(names)));
  }
  const values = args.slice(0, last);
  for (const name of names) values.push((named as Record<string, unknown>)[name]);
  values.push(set);
  return values;
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
