/** From JS to one operator and back: the only place that turns native results into Tensors. */
import { types } from 'node:util';
import { Complex } from '../core/complex';
import { dtypeOfCode } from '../core/dtype';
import { layoutOfCode, memoryFormatOfCode } from '../core/layout';
import { functionMode, shownName } from './function_mode';
import { HANDLE, NOTHING } from './handle';
import { type LastKeywords, withKeywords } from './keywords';
import { withOwnGenerator } from './own_generator';
import { transferBuffer, native, resultHeader } from '.';
import type { Tensor } from '../tensor';
import { TensorBase, newTensor } from './tensor_base';
import type { Handle, NativeOperator, TensorHandle } from '../../typings/native';

export type OperatorFunction = (...args: unknown[]) => unknown;

// A handle has no prototype, but under Bun that of every object.
const inBun = 'Bun' in globalThis;

/** What is neither a tensor nor a plain value, as native/src/operators/to_js.cc makes it. */
interface Tagged {
  readonly dtypeCode?: number;
  readonly memoryFormatCode?: number;
  readonly layoutCode?: number;
  readonly object?: Handle;
  readonly className: string; // of `object`
  readonly dictEntries?: [unknown, unknown][];
  readonly re: number;
  readonly im: number;
}

type ScriptObjectMaker = (className: string, handle: Handle) => object;
let newScriptObject: ScriptObjectMaker;

/** script_object.ts hands over what makes its objects: their methods are operators. */
export function registerScriptObjects(make: ScriptObjectMaker): void {
  newScriptObject = make;
}

/** Wraps what the addon returned: handles become Tensors, in lists too. */
export function wrap(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  if (result instanceof TensorBase) return result; // in-place: the very object that was given
  if (Array.isArray(result)) return wrapList(result);
  if (result.constructor === undefined || (inBun && types.isExternal(result)))
    return newTensor(result as Handle);
  const value = result as Tagged;
  if (value.dtypeCode !== undefined) return dtypeOfCode(value.dtypeCode);
  if (value.memoryFormatCode !== undefined) return memoryFormatOfCode(value.memoryFormatCode);
  if (value.layoutCode !== undefined) return layoutOfCode(value.layoutCode);
  if (value.object !== undefined) return newScriptObject(value.className, value.object);
  if (value.dictEntries !== undefined) return new Map(wrapList(value.dictEntries) as [unknown, unknown][]);
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

// What an operator has reported of its result: native/src/runtime/shared_buffers.h, enum Outcome.
const {
  new: NEW,
  newInScope: NEW_IN_SCOPE,
  given: GIVEN,
  several: SEVERAL,
  givenAmong: GIVEN_AMONG,
} = native.constants.outcomes;
const HEADER_FIELDS = native.constants.resultHeaderFields;

/** The tensors of the innermost `tidy` that no finalizer frees, but the end of the scope. */
export const scoped: { tensors: Tensor[] | null } = { tensors: null };

/** @internal */
export function setHandle(tensor: Tensor, handle: TensorHandle): Tensor {
  (tensor as { [HANDLE]: TensorHandle })[HANDLE] = handle;
  return tensor;
}

/** The Tensor that a native function makes of its last argument, `holder`. */
export function newResult(native: (holder: Tensor) => number): Tensor {
  const holder = newTensor(NOTHING);
  return setHandle(holder, native(holder));
}

// The result of an operator where it is neither NEW nor GIVEN. `namesOf` gives the names of the elements, where a
// signature returns a named tuple.
function collectResults(
  kind: number,
  result: unknown,
  holder: Tensor,
  args: readonly unknown[],
  namesOf: (signature: number) => readonly string[],
): unknown {
  if (kind === NEW_IN_SCOPE) {
    scoped.tensors?.push(holder);
    return setHandle(holder, resultHeader[1]);
  }
  if (kind === SEVERAL) {
    const list = new Array<unknown>(resultHeader[1]);
    for (let i = 0; i < list.length; i++) {
      const number = resultHeader[HEADER_FIELDS + i];
      list[i] = number > 0 ? newTensor(number) : number === 0 ? null : args[-1 - number];
    }
    native.adopt(list as Tensor[]);
    if (typeof result === 'number') {
      const names = namesOf(result);
      for (let i = 0; i < names.length; i++) (list as unknown as Record<string, unknown>)[names[i]] = list[i];
    }
    return list;
  }
  if (kind === GIVEN_AMONG) {
    const list = result as unknown[];
    const places = resultHeader[1];
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
export function operator(
  name: string,
  overload: string | null = null,
  python = true,
  unsafe = false,
): OperatorFunction {
  let native_: NativeOperator | undefined;
  const load = (): NativeOperator => (native_ = native.operator(name, overload, python, unsafe));
  const last: LastKeywords = { names: [], set: undefined };
  let names: (readonly string[])[] | undefined;
  const namesOf = (signature: number): readonly string[] =>
    (names ??= native
      .signatures(name, overload, python)
      .map(({ returns }) => returns.map((one) => one.name)))[signature];

  const general = (args: unknown[]): unknown => {
    const call = native_ ?? load();
    const given = withKeywords(args, last);
    let raw = new Array<unknown>(given.length);
    begin();
    const mine = turn;
    for (let i = 0; i < given.length; i++) raw[i] = pass(given[i], i);
    if (turn !== mine) {
      raw = given.map((arg) => (Array.isArray(arg) ? [...(arg as unknown[])] : arg));
      forms = 0;
    }
    const holder = newTensor(NOTHING);
    const result = call(holder, forms, ...raw);
    const kind = resultHeader[0];
    if (kind === NEW) return setHandle(holder, resultHeader[1]);
    return kind === GIVEN ? given[resultHeader[1]] : collectResults(kind, result, holder, given, namesOf);
  };
  // Up to three arguments, without keywords, are what most calls pass: without more lists. Undefined at the
  // end is as good as nothing.
  const call = (a?: unknown, b?: unknown, c?: unknown, ...rest: unknown[]): unknown => {
    if (functionMode.sees !== null)
      return functionMode.sees(shownName(name, overload, python), call, trimmed([a, b, c, ...rest]));
    begin();
    const mine = turn;
    const first = pass(a, 0);
    const second = pass(b, 1);
    const third = pass(c, 2);
    const mayBeKeywords =
      c !== undefined
        ? isObject(c) && third === c
        : b !== undefined
          ? isObject(b) && second === b
          : first === a;
    if (mayBeKeywords || rest.length > 0 || turn !== mine) return general(trimmed([a, b, c, ...rest]));
    const run = native_ ?? load();
    const holder = newTensor(NOTHING);
    let result: unknown;
    if (c !== undefined) result = run(holder, forms, first, second, third);
    else if (b !== undefined) result = run(holder, forms, first, second);
    else result = run(holder, forms, first);
    const kind = resultHeader[0];
    if (kind === NEW) return setHandle(holder, resultHeader[1]);
    if (kind !== GIVEN) return collectResults(kind, result, holder, [a, b, c], namesOf);
    return resultHeader[1] === 0 ? a : resultHeader[1] === 1 ? b : c;
  };
  return withOwnGenerator(name, call);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function trimmed(args: unknown[]): unknown[] {
  while (args.length > 0 && args[args.length - 1] === undefined) args.pop();
  return args;
}

// How the arguments of the call that is being made go to the addon: see NativeOperator in typings/native.d.ts.
// Reading elements and properties of some objects runs code that calls operators: `turn` tells.
const FORMS = native.constants.argumentForms;
let forms = 0;
let listed = 0; // numbers of it in the transfer buffer
let turn = 0;

function begin(): void {
  if (resultHeader[2] !== 0) native.runPendingWork();
  forms = 0;
  listed = 0;
  turn = (turn + 1) | 0;
}

// Properties and elements are read much faster here than through Node-API: a tensor goes as its handle, a list
// as numbers.
function pass(arg: unknown, i: number): unknown {
  if (typeof arg !== 'object' || arg === null || i >= FORMS) return arg;
  if (arg instanceof TensorBase) {
    const handle = arg[HANDLE];
    if (typeof handle === 'number') forms |= 1 << i;
    return handle;
  }
  return Array.isArray(arg) ? passList(arg, i) : arg;
}

// Lists of something else, and long ones, go as they are.
function passList(list: readonly unknown[], i: number): unknown {
  const length = list.length;
  if (length === 0 || listed + length > transferBuffer.length) return list;
  const ofTensors = list[0] instanceof TensorBase;
  for (let k = 0; k < length; k++) {
    const item = list[k];
    const value = !ofTensors
      ? item
      : item instanceof TensorBase
        ? item[HANDLE]
        : item === null
          ? -1
          : undefined;
    if (typeof value !== 'number') return list;
    transferBuffer[listed + k] = value;
  }
  listed += length;
  forms |= 1 << ((ofTensors ? FORMS : 2 * FORMS) + i);
  return length;
}
