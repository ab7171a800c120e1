import { isPlainObject } from './realm';
// By this each load of the package, and each realm, knows the errors of the others.
const brand = Symbol.for('nodetorch.error');

/**
 * An error that this package raises; the message is PyTorch's where PyTorch has one. What is a TypeError or a
 * RangeError in JavaScript is that as well: `instanceof TorchError` holds for all of them, and `kind` has the
 * name of Python's class.
 *
 * @example
 * try {
 *   model.loadStateDict(state);
 * } catch (error) {
 *   if (!(error instanceof TorchError) || error.kind !== 'RuntimeError') throw error;
 * }
 */
export class TorchError extends Error {
  override readonly name: string = 'TorchError';
  /** The C++ stack, where the environment variable `TORCH_SHOW_CPP_STACKTRACES=1` asks for it; else empty. */
  declare readonly backtrace: string;

  constructor(
    message: string,
    /** The exception that Python would raise: `'RuntimeError'`, `'IndexError'`, `'ValueError'` ... */
    readonly kind: string = 'RuntimeError',
    backtrace = '',
    options?: ErrorOptions,
  ) {
    super(pythonTypes(String(message)), options);
    Object.defineProperty(this, 'backtrace', { value: backtrace, enumerable: false });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== TorchError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** A TypeError with the fields of {@link TorchError}. */
export class TorchTypeError extends TypeError {
  readonly kind: string = 'TypeError';
  declare readonly backtrace: string;

  constructor(message: string, backtrace = '') {
    super(pythonTypes(message));
    Object.defineProperty(this, 'backtrace', { value: backtrace, enumerable: false });
  }
}

/** A RangeError with the fields of {@link TorchError}. */
export class TorchRangeError extends RangeError {
  declare readonly backtrace: string;

  constructor(
    message: string,
    readonly kind: string = 'ValueError',
  ) {
    super(message);
    Object.defineProperty(this, 'backtrace', { value: '', enumerable: false });
  }
}

for (const { prototype } of [TorchError, TorchTypeError, TorchRangeError]) {
  Object.defineProperty(prototype, brand, { value: true });
}

/** Python's ValueError. */
export const valueError = (message: string): TorchError => new TorchError(message, 'ValueError');

/** The error of a C++ exception: the addon's constructor. */
export function NativeError(message: string, kind: string, backtrace: string): TorchError | TorchTypeError {
  if (kind === 'TypeError') return new TorchTypeError(message, backtrace);
  return new TorchError(wantsIndices.test(message) ? `${message}\n${indexHint}` : message, kind, backtrace);
}

// What libtorch says where indices or labels are no whole numbers. In Python they are by themselves.
const wantsIndices = new RegExp(
  [
    /scalar types: Long, Int; but got \S*Float/,
    /target dtype to be Long or Byte, but got Float/,
    /expected scalar type Long but found Float/,
    /Expected dtype int(32\/int64|32 or int64|64) for index/,
    /Expected a long tensor for index, but got Float/,
    /indices should be Long but got Float/,
    /only applicable to index tensor of type LongTensor/,
    /used as indices must be long, int/,
    /"bincount_\w+" not implemented for 'Float'/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
const indexHint =
  'Numbers such as 3 make float32 here. For indices and labels write bigints, torch.tensor([1n, 3n]), or the dtype, ' +
  'torch.tensor([1, 3], { dtype: torch.int64 }) and torch.full([n], 3, { dtype: torch.int64 }), or x.long().';

// Tensor types have names of their own in C++ ("CPUFloatType"); Python puts its own for those of these eight dtypes, the
// oldest ones.
const typeName = /\b(Sparse)?(CPU|CUDA)(Byte|Char|Short|Int|Long|Float|Double|Half)Type\b/g;
const pythonTypes = (message: string): string => message.replace(typeName, pythonType);
function pythonType(_: string, sparse: string | undefined, device: string, name: string): string {
  return `torch.${device === 'CUDA' ? 'cuda.' : ''}${sparse ? 'sparse.' : ''}${name}Tensor`;
}

/** The TypeError for a wrong argument: names function, argument, what was expected and what came. */
export function argumentError(fn: string, argument: string, expected: string, got: unknown): TorchTypeError {
  return new TorchTypeError(`${fn}(): argument '${argument}' must be ${expected}, not ${describe(got)}`);
}

/** @throws TypeError unless `value` is a function. */
export function checkFunction(fn: string, argument: string, value: unknown): void {
  if (typeof value !== 'function') throw argumentError(fn, argument, 'a function', value);
}

/** @throws TypeError unless `value` is an object of options. */
export function checkOptions(fn: string, value: unknown): void {
  if (!isPlainObject(value)) throw argumentError(fn, 'options', 'an object', value);
}

/** @throws TypeError unless `value` is a number. */
export function checkNumber(fn: string, argument: string, value: unknown): void {
  if (typeof value !== 'number') throw argumentError(fn, argument, 'a number', value);
}

/** @throws TypeError unless `value` is a string. */
export function checkText(fn: string, argument: string, value: unknown): void {
  if (typeof value !== 'string') throw argumentError(fn, argument, 'a string', value);
}

/** @throws TypeError unless `value` is a number or an array, as a size or one for each dimension. */
export function checkSize(fn: string, argument: string, value: unknown): void {
  if (typeof value === 'number') return;
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'number');
  if (!isList) throw argumentError(fn, argument, 'a number or an array of numbers', value);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `array of length ${value.length}`;
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  if (typeof value === 'string') return `string '${value.slice(0, 40)}'`;
  if (typeof value === 'object') return value.constructor?.name || 'object';
  return typeof value;
}
