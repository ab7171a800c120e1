/** From JS to one operator and back: the only place that turns native results into Tensors. */
import { Complex } from './complex';
import { dtypeOfCode } from './dtype';
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
    return wrap(call(...args));
  };
}

/** PyTorch's name in camelCase: `max_pool2d` is `maxPool2d`; underscores at the ends stay. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
}
