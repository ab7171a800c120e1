/**
 * What kind of value something is, whichever realm made it. A `node:vm` context, and so each test file of Jest,
 * has a `Map`, `Error` and `Object.prototype` of its own, and `instanceof` is false for those of another one;
 * ESLint refuses it for these classes in lib.
 */
import { types } from 'node:util';

export function isMap(value: unknown): value is Map<unknown, unknown> {
  return types.isMap(value);
}

export function isSet(value: unknown): value is Set<unknown> {
  return types.isSet(value);
}

/** Also true for a Buffer. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return types.isUint8Array(value);
}

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return types.isArrayBuffer(value);
}

export function isDataView(value: unknown): value is DataView {
  return types.isDataView(value);
}

export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error; // a DOMException is the latter alone
}

export function isTypeError(value: unknown): value is TypeError {
  return isError(value) && value.name === 'TypeError';
}

/** As Node tells a URL from the objects that `url.parse` makes. */
export function isURL(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false;
  const { href, protocol, auth, path } = value as Record<string, unknown>;
  return Boolean(href && protocol && auth === undefined && path === undefined);
}

const nameOfArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined;

/** `'Float32Array'` of such an array, and of one of a class that extends it; undefined of what is no typed array. */
export function typedArrayName(value: unknown): string | undefined {
  return nameOfArray.call(value);
}

/** Whether it was made by `{...}` or `Object.create(null)`. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  // An object of another realm: its prototype is the root there, too.
  return !Array.isArray(value) && Object.getPrototypeOf(prototype) === null;
}
