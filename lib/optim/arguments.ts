// The arguments of optimizers and schedulers, in every call form of Python's: by position, by keyword, or both.
import { TorchTypeError } from '../core/errors';
import { type Positional, isPlainObject, keywords as anyKeywords } from '../core/keywords';
import type { Params } from './group';
import { checkKinds } from './kinds';

/** Stands in a table of defaults for an argument that has none. */
export const REQUIRED = Symbol('required') as never;

/**
 * As core's `keywords`, for numbers that must be numbers.
 *
 * @throws TypeError also for a value of another kind than the default.
 */
export function keywords<O extends object>(
  name: string,
  defaults: Required<O>,
  positional: Positional<O> | null,
  options?: O,
): Required<O> {
  const given = anyKeywords(name, defaults, positional, options);
  checkKinds(name, defaults, given);
  return given;
}

/**
 * The arguments of `name`. All may be in one object, which then comes first; else an object of keywords comes last.
 *
 * @throws TypeError for a keyword that there is not, with the one that was probably meant, and for a missing argument.
 */
export function bind<O extends object>(
  name: string,
  defaults: Required<O>,
  positional: Positional<O>,
  options?: O,
): Required<O> {
  const values = [...Object.values(positional), options] as unknown[];
  const last = values.findLastIndex((value) => value !== undefined);
  // An object that others follow is a wrong value, of which the callee's own check knows more.
  const [first] = Object.keys(positional) as (keyof O)[];
  const wrong = last > 0 && isPlainObject(values[0]);
  const rest = wrong ? { ...positional, [first]: undefined } : positional;
  const given = keywords(name, defaults, rest, options);
  const bound = wrong ? { ...given, [first]: values[0] } : given;
  const missing = Object.keys(defaults).filter((key) => bound[key as keyof O] === REQUIRED);
  if (missing.length === 0) return bound;
  const list = missing.map((key) => `'${key}'`).join(' and ');
  const plural = missing.length > 1 ? 's' : '';
  throw new TorchTypeError(`${name}() missing ${missing.length} required argument${plural}: ${list}`);
}

/** All arguments of an optimizer in one object. */
export type Named<Options> = Options & { params: Params<Options> };

/** The parameters and the other arguments of the optimizer `name`. */
export function optimizerArguments<O extends object>(
  name: string,
  defaults: Required<O>,
  params: Params<O> | Named<O>,
  positional: Positional<O>,
  options?: O,
): [Params<O>, Required<O>] {
  type All = { params: Params<O> };
  const all = { params: REQUIRED, ...defaults } as unknown as Required<All>;
  const bound = bind<All>(
    name,
    all,
    { params: params as Params<O>, ...positional },
    options as unknown as All,
  );
  const { params: list, ...given } = bound;
  checkKinds(name, defaults, given);
  return [list, given as unknown as Required<O>];
}
