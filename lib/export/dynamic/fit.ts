// Numbers that were seen at several sizes, as expressions of the sizes.
import { TorchError } from '../../core/errors';
import { type Expression, expressionText } from '../expression';

/** A size or a product of sizes, and what it was at each point. */
interface Term {
  readonly expression: Expression;
  readonly values: readonly number[];
}

/** Several expressions fit: a run at this point tells more. */
export interface Question {
  readonly expressions: readonly Expression[];
}

export const symbol = (name: string): Expression => ({ kind: 'symbol', name });
export const int = (value: number): Expression => ({ kind: 'int', value });
export const apply = (name: string, ...args: Expression[]): Expression => ({ kind: 'apply', name, args });

const MOST_FACTORS = 4; // strides of an image: channels, height, width, and one that is there twice
const MOST_ATOMS = 14;
const LARGEST_DIVISOR = 64;

const plus = (expression: Expression, value: number): Expression =>
  value === 0 ? expression : apply('Add', expression, int(value));
function times(value: number, { expression }: Term): Expression {
  if (value === 1) return expression;
  const factors = expression.kind === 'apply' && expression.name === 'Mul' ? expression.args : [expression];
  return apply('Mul', int(value), ...factors);
}

function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}

/** Finds expressions. What it has found is among the sizes that later ones are made of. */
export class Fitter {
  readonly #known = new Map<string, Expression>();
  readonly #atoms: Term[] = [];
  #products: Term[] = [];

  /** `symbols` with what they are at each point. Of questions in `settled` the first expression is as good as any. */
  constructor(
    symbols: readonly { name: string; values: readonly number[] }[],
    private readonly settled: ReadonlySet<string>,
  ) {
    for (const { name, values } of symbols) this.#learn({ expression: symbol(name), values }, true);
  }

  /** The expression that gives `values`; several where that is not known; null where there is none. */
  fit(values: readonly number[]): Expression | Question | null {
    const known = this.#known.get(String(values));
    if (known) return known;
    if (values.every((value) => value === values[0])) return int(values[0]);
    if (!values.every(Number.isSafeInteger)) return this.#quotient(values);
    let found = this.#line(values) ?? this.#plane(values) ?? this.#floor(values);
    if (found !== null && 'expressions' in found && this.settled.has(questionText(found))) {
      [found] = found.expressions;
    }
    if (found !== null && !('expressions' in found)) {
      this.#learn({ expression: found, values }, found.kind === 'apply' && found.name !== 'Mul');
    }
    return found;
  }

  // Products of what is no product itself are looked at, too.
  #learn(term: Term, isAtom: boolean): void {
    this.#known.set(String(term.values), term.expression);
    if (!isAtom || this.#atoms.length >= MOST_ATOMS) return;
    this.#atoms.push(term);
    const products: Term[] = [];
    const grow = (from: number, factors: Term[]): void => {
      if (factors.length > 0) products.push(productOf(factors));
      if (factors.length === MOST_FACTORS) return;
      for (let i = from; i < this.#atoms.length; i++) grow(i, [...factors, this.#atoms[i]]);
    };
    grow(0, []);
    const degree = ({ expression }: Term): number =>
      expression.kind === 'apply' && expression.name === 'Mul' ? expression.args.length : 1;
    this.#products = products.sort((a, b) => degree(a) - degree(b));
  }

  // a*m + b; without b first.
  #line(values: readonly number[]): Expression | null {
    for (const term of this.#products) {
      const [m, v] = [term.values[0], values[0]];
      const divisor = gcd(m, v);
      const [p, q] = m < 0 ? [-v / divisor, -m / divisor] : [v / divisor, m / divisor];
      if (q > LARGEST_DIVISOR || !term.values.every((one, i) => one * p === values[i] * q)) continue;
      return q === 1 ? times(p, term) : apply('FloorDiv', times(p, term), int(q));
    }
    for (const term of this.#products) {
      const i = term.values.findIndex((one) => one !== term.values[0]);
      if (i < 0) continue;
      const a = (values[i] - values[0]) / (term.values[i] - term.values[0]);
      const b = values[0] - a * term.values[0];
      if (!Number.isInteger(a) || a === 0 || !term.values.every((one, k) => a * one + b === values[k]))
        continue;
      return plus(times(a, term), b);
    }
    return null;
  }

  // a/m, which is no whole number. Beside a tensor of float32 a number is seen as that.
  #quotient(values: readonly number[]): Expression | null {
    for (const term of this.#products) {
      const a = Math.round(values[0] * term.values[0]);
      const isRight = (one: number, i: number): boolean =>
        a / one === values[i] || Math.fround(a / one) === values[i];
      if (a !== 0 && term.values.every(isRight)) return apply('IntTrueDiv', int(a), term.expression);
    }
    return null;
  }

  // a*m + b*n + c.
  #plane(values: readonly number[]): Expression | null {
    const terms = this.#products.slice(0, 60);
    for (const [i, m] of terms.entries()) {
      for (const n of terms.slice(i + 1)) {
        const found = planeOf(values, m.values, n.values);
        if (found) return plus(apply('Add', times(found.a, m), times(found.b, n)), found.c);
      }
    }
    return null;
  }

  // a*floor((p*m + c)/k) + d.
  #floor(values: readonly number[]): Expression | Question | null {
    const step = values.reduce((all, value) => gcd(all, value - values[0]), 0);
    for (const a of step > 1 ? [1, step] : [1]) {
      const offset = a === 1 ? 0 : ((values[0] % a) + a) % a;
      const floors = values.map((value) => (value - offset) / a);
      for (const p of [1, 2, 3, 5, 7, -1]) {
        const found = this.#products.slice(0, 40).flatMap((term) => floorsOf(floors, term, p));
        const whole = found.map((one) => {
          if (a === 1) return one;
          return plus(apply('Mul', int(a), one), offset);
        });
        if (whole.length === 1) return whole[0];
        if (whole.length > 1) return { expressions: whole };
      }
    }
    return null;
  }
}

export const questionText = ({ expressions }: Question): string => expressions.map(expressionText).join();

function productOf(factors: readonly Term[]): Term {
  if (factors.length === 1) return factors[0];
  const values = factors[0].values.map((_, i) => factors.reduce((all, factor) => all * factor.values[i], 1));
  return { expression: apply('Mul', ...factors.map(({ expression }) => expression)), values };
}

type Numbers = readonly number[];
function planeOf(v: Numbers, m: Numbers, n: Numbers): { a: number; b: number; c: number } | null {
  const [v0, m0, n0] = [v[0], m[0], n[0]];
  for (let i = 1; i < v.length; i++) {
    for (let j = i + 1; j < v.length; j++) {
      const determinant = (m[i] - m0) * (n[j] - n0) - (m[j] - m0) * (n[i] - n0);
      if (determinant === 0) continue;
      const a = ((v[i] - v0) * (n[j] - n0) - (v[j] - v0) * (n[i] - n0)) / determinant;
      const b = ((m[i] - m0) * (v[j] - v0) - (m[j] - m0) * (v[i] - v0)) / determinant;
      const c = v0 - a * m0 - b * n0;
      const fits = Number.isInteger(a) && Number.isInteger(b) && a !== 0 && b !== 0;
      return fits && v.every((one, k) => a * m[k] + b * n[k] + c === one) ? { a, b, c } : null;
    }
  }
  return null;
}

// floor((p*m + c)/k) is between (p*m + c - k + 1)/k and (p*m + c)/k: that bounds c.
function floorsOf(values: Numbers, term: Term, p: number): Expression[] {
  const found: Expression[] = [];
  for (let k = 2; k <= LARGEST_DIVISOR; k++) {
    if (gcd(p, k) !== 1) continue;
    const rests = values.map((value, i) => p * term.values[i] - k * value);
    const [least, most] = [Math.min(...rests), Math.max(...rests)];
    for (let c = -least; c <= k - 1 - most; c++) {
      const whole = Math.floor(c / k);
      found.push(plus(apply('FloorDiv', plus(times(p, term), c - whole * k), int(k)), whole));
    }
  }
  return found;
}

/** The value of an expression of {@link Fitter}'s. */
export function valueOf(expression: Expression, symbols: ReadonlyMap<string, number>): number {
  if (expression.kind === 'symbol') return symbols.get(expression.name)!;
  if (expression.kind !== 'apply') return Number(expression.value);
  const args = expression.args.map((arg) => valueOf(arg, symbols));
  if (expression.name === 'Add') return args.reduce((a, b) => a + b);
  if (expression.name === 'Mul') return args.reduce((a, b) => a * b);
  if (expression.name === 'FloorDiv') return Math.floor(args[0] / args[1]);
  if (expression.name === 'IntTrueDiv') return args[0] / args[1];
  throw new TorchError(`${expressionText(expression)} has no value`);
}
