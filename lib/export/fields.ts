// Checked reading of the objects in a file: what is not as the schema says is an error that says where.
import { isMap } from '../core/realm';
import { damaged } from './errors';
import type { Json, JsonObject } from './json';

const shown = (value: Json | undefined): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return isMap(value) ? 'an object' : `${typeof value} ${JSON.stringify(String(value)).slice(0, 60)}`;
};

export function wrong(where: string, expected: string, got: Json | undefined): Error {
  return damaged(`${where} must be ${expected}, but is ${shown(got)}`);
}

export function asObject(value: Json | undefined, where: string): JsonObject {
  if (!isMap(value)) throw wrong(where, 'an object', value);
  return value as JsonObject;
}
export function asList(value: Json | undefined, where: string): Json[] {
  if (!Array.isArray(value)) throw wrong(where, 'a list', value);
  return value;
}
export function asText(value: Json | undefined, where: string): string {
  if (typeof value !== 'string') throw wrong(where, 'a text', value);
  return value;
}
export function asBool(value: Json | undefined, where: string): boolean {
  if (typeof value !== 'boolean') throw wrong(where, 'a boolean', value);
  return value;
}
export function asInt(value: Json | undefined, where: string): number | bigint {
  const isInt = typeof value === 'bigint' || Number.isInteger(value);
  if (!isInt) throw wrong(where, 'a whole number', value);
  return value as number | bigint;
}
/** A whole number that is small: a code, a size. */
export function asCount(value: Json | undefined, where: string): number {
  if (!Number.isInteger(value)) throw wrong(where, 'a whole number', value);
  return value as number;
}
// JSON has no infinities; the schema writes them as texts.
const infinities = new Map<string, number>([
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['NaN', NaN],
]);
export function asFloat(value: Json | undefined, where: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  const special = typeof value === 'string' ? infinities.get(value) : undefined;
  if (special === undefined) throw wrong(where, 'a number', value);
  return special;
}

/** A union of the schema: the one field that there is. */
export function asUnion(value: Json | undefined, where: string): [kind: string, value: Json] {
  const entries = [...asObject(value, where)];
  if (entries.length !== 1) throw damaged(`${where} must have one field, but has ${entries.length}`);
  return entries[0];
}

/** Reads each element of a list. */
export function each<T>(value: Json | undefined, where: string, read: (item: Json, where: string) => T): T[] {
  return asList(value, where).map((item, i) => read(item, `${where}[${i}]`));
}
/** Reads each value of an object; none for one that is absent. */
export function eachValue<T>(
  value: Json | undefined,
  where: string,
  read: (item: Json, where: string) => T,
): Map<string, T> {
  if (value == null) return new Map();
  return new Map([...asObject(value, where)].map(([key, item]) => [key, read(item, `${where}.${key}`)]));
}
