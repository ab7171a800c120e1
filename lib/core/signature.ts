// Python's call forms. A signature stands beside its function: what must be given, what may be, and in which order.
//
//   const LINEAR = signature('linear', [tensor('input'), tensor('weight')], { bias: null });
//   const [input, weight, { bias }] = LINEAR.bind(args);
//   // of linear(x, w), linear(x, w, b), linear(x, w, { bias: b }), linear(x, { weight: w }), linear({ input: x, weight: w })
import { TorchTypeError, argumentError } from './errors';
import type { Argument } from './kinds';
import { isPlainObject } from './realm';
import { unknownKeyword } from './spelling';

/** Arguments that may be left out, by name. */
export type Keywords<D> = { [K in keyof D]?: D[K] | undefined };

type TypeOf<A> = A extends Argument<string, infer T> ? T : never;
type Types<R extends readonly Argument[]> = { -readonly [K in keyof R]: TypeOf<R[K]> };

// The interface that a table of defaults fills, where `D` is `Required<O>`, since an editor shows its name.
type Options<D> = D extends Required<infer O> ? (Record<never, never> extends O ? O : Keywords<D>) : never;

// Some of the first by position, and the last ones by name.
type Forms<R extends readonly Argument[], O> = R extends readonly [
  ...infer First extends readonly Argument[],
  Argument<infer N, infer T>,
]
  ? [...Types<First>, given: { [K in N]: T } & O] | Forms<First, { [K in N]: T } & O>
  : never;

// Positions, those with a default as far as wanted; the object of keywords may stand at any place behind the first.
type Positions<R extends readonly unknown[], D, O, P extends readonly unknown[]> = [
  ...R,
  ...Partial<{ [K in keyof P]: P[K] | O }>,
  options?: [keyof D] extends [never] ? never : O, // an empty object's type is that of any value
];

/**
 * The arguments of a call: `R` by position (its labels are what an editor shows), then `P`, those with a default that may
 * be given by position; or some of `R` by name. It is no set of overloads, and where one argument must be given no union
 * either: of those the compiler could not call either of two functions, as in `(c ? F.relu : F.gelu)(x)`.
 */
export type Call<S, R extends readonly unknown[], P extends readonly unknown[] = []> =
  S extends Signature<infer A, infer D>
    ? R extends readonly [unknown]
      ? Positions<{ [K in keyof R]: R[K] | ({ [N in A[0]['name']]: R[0] } & Options<D>) }, D, Options<D>, P>
      : Positions<R, D, Options<D>, P> | Forms<A, Options<D>>
    : never;

/** The function type `F`; an editor shows its arguments, where it shows the name of an interface alone. */
export type Spelled<F> = F extends (...args: infer A) => infer R ? (...args: A) => R : never;

/** The arguments of a function or a constructor. */
export class Signature<R extends readonly Argument[], D extends object> {
  // Of each name; those that have none come by name alone.
  readonly #places = new Map<string, number>();

  constructor(
    readonly name: string,
    readonly required: R,
    readonly defaults: D,
    readonly positional: readonly string[],
  ) {
    for (const key in defaults) this.#places.set(key, Infinity);
    [...required.map((argument) => argument.name), ...positional].forEach((key, i) =>
      this.#places.set(key, i),
    );
  }

  /**
   * The arguments that must be given, in order, and an object of all others. `name` is what errors call the function.
   *
   * @throws TypeError, in Python's words, for an argument that is missing, unknown, given twice, one too many or of a wrong
   * kind. The object may be the signature's `defaults`: it is not to be changed.
   */
  bind(args: readonly unknown[], name = this.name): [...Types<R>, D] {
    const least = this.required.length;
    const count = countOf(args);
    const last = args[count - 1];
    const keywords = isPlainObject(last) && !this.required[count - 1]?.isObject ? last : null;
    const given = keywords === null ? count : count - 1;
    const bound = new Array<unknown>(least + 1);
    for (let i = 0; i < least; i++) bound[i] = i < given ? args[i] : undefined;
    const isPlain = given <= least && keywords === null;
    const options = isPlain ? this.defaults : this.#options(name, args, given);
    bound[least] = options;
    if (keywords !== null) this.#name(name, keywords, bound, options as Record<string, unknown>, args, given);
    for (let i = 0; i < least; i++) {
      if (bound[i] === undefined) throw this.#missing(name, bound);
    }
    for (let i = 0; i < least; i++) this.required[i].check?.(name, this.required[i].name, bound[i]);
    return bound as [...Types<R>, D];
  }

  #options(name: string, args: readonly unknown[], given: number): D {
    const least = this.required.length;
    const most = least + this.positional.length;
    if (given > most) throw tooMany(name, this.uncounted, least, most, given);
    const options = { ...this.defaults };
    for (let i = least; i < given; i++) {
      const value = args[i];
      if (value === undefined) continue;
      if (isPlainObject(value)) {
        throw new TorchTypeError(`${name}(): only the last argument may be an object of keywords`);
      }
      if (typeof value === 'symbol') throw noSymbol(name, this.positional[i - least], value);
      (options as Record<string, unknown>)[this.positional[i - least]] = value;
    }
    return options;
  }

  // Puts what `keywords` names into its place.
  #name(
    name: string,
    keywords: Record<string, unknown>,
    required: unknown[],
    options: Record<string, unknown>,
    args: readonly unknown[],
    given: number,
  ): void {
    for (const key in keywords) {
      const place = this.#places.get(key);
      if (place === undefined) throw unknownKeyword(name, key, this.names);
      const value = keywords[key];
      if (value === undefined) continue;
      if (typeof value === 'symbol') throw noSymbol(name, key, value);
      if (place < given && args[place] !== undefined) {
        throw new TorchTypeError(`${name}() got multiple values for argument '${key}'`);
      }
      if (place < this.required.length) required[place] = value;
      else options[key] = value;
    }
  }

  #missing(name: string, required: readonly unknown[]): TorchTypeError {
    const names = this.required.map((argument) => argument.name).filter((_, i) => required[i] === undefined);
    const plural = names.length > 1 ? 's' : '';
    const list = inWords(names);
    return new TorchTypeError(
      `${name}() missing ${names.length} required positional argument${plural}: ${list}`,
    );
  }

  /** How many arguments Python counts besides: a method's `self`. */
  protected get uncounted(): number {
    return 0;
  }

  /** All names: those that must be given, then the others. */
  get names(): string[] {
    return [...this.required.map((argument) => argument.name), ...Object.keys(this.defaults)];
  }
}

/**
 * The signature of the function `name`. `positional` are the names with a default that may be given by position, in
 * Python's order; without it, all of `defaults`.
 */
export function signature<const R extends readonly Argument[], D extends object>(
  name: string,
  required: R,
  defaults: D,
  positional: readonly (keyof D & string)[] = Object.keys(defaults) as (keyof D & string)[],
): Signature<R, D> {
  return new Signature(name, required, defaults, positional);
}

/**
 * The options of `name`, an object that comes last, with the defaults.
 *
 * @throws TypeError for an option that is none of them, and for what is no plain object.
 */
export function withDefaults<D extends object>(
  name: string,
  defaults: D,
  options: Keywords<D> | null | undefined,
): D {
  if (options == null) return defaults;
  if (!isPlainObject(options)) throw argumentError(name, 'options', 'an object', options);
  return new Signature(name, [], defaults, []).bind([options])[0];
}

class MethodSignature<R extends readonly Argument[], D extends object> extends Signature<R, D> {
  protected override get uncounted(): number {
    return 1;
  }
}

/** The signature of a method: `name` is its class's and its own, `'Linear.forward'`. */
export function method<const R extends readonly Argument[], D extends object>(
  name: string,
  required: R,
  defaults: D,
): Signature<R, D> {
  return new MethodSignature(name, required, defaults, Object.keys(defaults));
}

// An argument that is undefined is one that was not given.
function countOf(args: readonly unknown[]): number {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  return count;
}

// Nothing takes one, and a message that quotes a mode or a reduction ends in an error of JavaScript.
const noSymbol = (name: string, argument: string, value: symbol): Error =>
  new TorchTypeError(`${name}(): argument '${argument}' must not be a symbol, got ${String(value)}`);

function tooMany(
  name: string,
  uncounted: number,
  least: number,
  most: number,
  given: number,
): TorchTypeError {
  const [from, to, all] = [least + uncounted, most + uncounted, given + uncounted];
  const takes = from === to ? String(to) : `from ${from} to ${to}`;
  const plural = to === 1 ? '' : 's';
  const were = all === 1 ? 'was' : 'were';
  return new TorchTypeError(`${name}() takes ${takes} positional argument${plural} but ${all} ${were} given`);
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`: as Python lists names. */
export function inWords(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length < 3) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
}
