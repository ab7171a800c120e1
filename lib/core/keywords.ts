// Python's keyword arguments: a trailing plain object stands for what was not given by position.
import { TorchTypeError } from './errors';
import { isPlainObject } from './realm';
import { unknownKeyword } from './spelling';

export { isPlainObject };

/** Arguments by position, in order; one of them may be the trailing object of keywords. */
export type Positional<O> = { [K in keyof O]?: O[K] | O };

type Values = Record<string, unknown>;

/**
 * The value of each argument of `name`: by position, else by keyword, else the default. The result
 * may be `defaults` itself.
 *
 * @throws TypeError for a keyword that `defaults` does not have or that was also given by position.
 */
export function keywords<O extends object>(
  name: string,
  defaults: Required<O>,
  positional: Positional<O> | null,
  options?: O,
): Required<O> {
  let values: Values | null = null;
  let named: unknown = options;
  if (positional !== null) {
    for (const key in positional) {
      const value: unknown = positional[key];
      if (value === undefined) continue;
      const last = isPlainObject(value);
      if (named !== options || (last && options !== undefined)) {
        throw new TorchTypeError(`${name}(): only the last argument may be an object of keywords`);
      }
      if (last) {
        named = value;
        continue;
      }
      values ??= { ...defaults };
      values[key] = value;
    }
  }
  if (named === undefined) return (values ?? defaults) as Required<O>;
  if (!isPlainObject(named)) {
    throw new TorchTypeError(
      `${name}(): the last argument must be an object of keywords, not ${typeof named}`,
    );
  }
  values ??= { ...defaults };
  for (const key in named) {
    const value = named[key];
    if (!Object.hasOwn(defaults, key)) throw unknownKeyword(name, key, Object.keys(defaults));
    if (value === undefined) continue;
    const before: unknown = positional?.[key as keyof O];
    if (before !== undefined && before !== named) {
      throw new TorchTypeError(`${name}() got multiple values for argument '${key}'`);
    }
    values[key] = value;
  }
  return values as Required<O>;
}

/**
 * {@link keywords} of a call's own list of arguments: `names` may be given by position, in that order, behind
 * `before` others; the last argument may be the object of keywords.
 *
 * @throws TypeError also for more arguments than there are names.
 */
export function argumentsOf<O extends object>(
  name: string,
  defaults: Required<O>,
  names: readonly (keyof O & string)[],
  args: readonly unknown[],
  before = 1,
): Required<O> {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  const options = count > 0 && isPlainObject(args[count - 1]) ? (args[--count] as O) : undefined;
  if (count > names.length) {
    const most = before + names.length;
    const some = `${most} positional argument${most === 1 ? '' : 's'}`;
    throw new TorchTypeError(`${name}() takes at most ${some} but ${before + count} were given`);
  }
  const positional = Object.fromEntries(names.slice(0, count).map((key, i) => [key, args[i]]));
  return keywords(name, defaults, positional as Positional<O>, options);
}

/** The same for arguments that come in the order of `defaults`, the object of keywords at their end. */
export function ordered<O extends object>(
  name: string,
  defaults: Required<O>,
  args: readonly unknown[],
): Required<O> {
  if (args.length === 0) return defaults;
  const keys = Object.keys(defaults);
  const positional = Object.fromEntries(keys.map((key, i) => [key, args[i]]));
  return keywords(name, defaults, positional as Positional<O>, args[keys.length] as O | undefined);
}
