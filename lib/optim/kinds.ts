// The kinds of values that options take. JavaScript's arithmetic would make NaN of a wrong one, or fail in words of its own.
import { argumentError } from '../core/errors';
import { isMap } from '../core/realm';
import { fromObject } from '../serialization/pickle/origin';
import { Tensor } from '../tensor';

/** Options of schedulers that are one number, or a list with one for each group. */
const perGroup = new Set(['minLr', 'baseMomentum', 'maxMomentum']);

const isValue = (value: unknown) => typeof value === 'number' || value instanceof Tensor;
const isElement = (value: unknown) => value === null || isValue(value);

/** Whether it is an array of hyperparameters. */
export const isList = (value: unknown): boolean => Array.isArray(value) && value.every(isElement);

/** @throws TypeError where the default is a number, or a list of them, and the given value is not. */
export function checkKinds(name: string, defaults: object, given: object): void {
  for (const [key, normal] of Object.entries(defaults) as [string, unknown][]) {
    const value = (given as Record<string, unknown>)[key];
    if (Array.isArray(normal)) checkList(name, key, value);
    else if (Array.isArray(value) && perGroup.has(key)) checkList(name, key, value);
    else if (isValue(normal) && !isValue(value)) throw argumentError(name, key, 'a number', value);
  }
}

/** @throws TypeError unless `value` is an array of hyperparameters. */
export function checkList(name: string, argument: string, value: unknown): void {
  if (!isList(value)) {
    throw argumentError(name, argument, 'an array of numbers', value);
  }
}

/** The fields of a state. @throws TypeError where it is none. */
export function entriesOf(stateDict: unknown): [string, unknown][] {
  if (typeof stateDict !== 'object' || stateDict === null) {
    throw argumentError('loadStateDict', 'stateDict', 'an object', stateDict);
  }
  const entries = isMap(stateDict) ? ([...stateDict] as [string, unknown][]) : Object.entries(stateDict);
  return entries.map(([key, value]) => [key, fromObject(value)]);
}
