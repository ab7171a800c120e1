// Python's keyword arguments: a trailing plain object stands for what was not given by position.

/** Arguments by position, in order; one of them may be the trailing object of keywords. */
export type Positional<O> = { [K in keyof O]?: O[K] | O };

type Values = Record<string, unknown>;

export function isPlainObject(value: unknown): value is Values {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  // An object of another realm: its prototype is the root there, too.
  return !Array.isArray(value) && Object.getPrototypeOf(prototype) === null;
}

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
      if (isPlainObject(value)) {
        if (options !== undefined)
          throw new TypeError(`${name}(): only the last argument may be an object of keywords`);
        named = value;
        break;
      }
      values ??= { ...defaults };
      values[key] = value;
    }
  }
  if (named === undefined) return (values ?? defaults) as Required<O>;
  if (!isPlainObject(named)) {
    throw new TypeError(`${name}(): the last argument must be an object of keywords, not ${typeof named}`);
  }
  values ??= { ...defaults };
  for (const key in named) {
    const value = named[key];
    if (!Object.hasOwn(defaults, key))
      throw new TypeError(`${name}() got an unexpected keyword argument '${key}'`);
    if (value === undefined) continue;
    const before: unknown = positional?.[key as keyof O];
    if (before !== undefined && before !== named) {
      throw new TypeError(`${name}() got multiple values for argument '${key}'`);
    }
    values[key] = value;
  }
  return values as Required<O>;
}
