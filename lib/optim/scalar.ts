// Arithmetic on hyperparameters, which are numbers or tensors of one element. Each function does what Python's
// operator does, for a number and a tensor too: the order and the kind of operations decide the last bit. What is
// neither is a TypeError, as in Python, where JavaScript would give NaN.
import { pow } from '../tensor/aten';
import { TorchError, TorchTypeError } from '../core/errors';
import { native } from '../native';
import { Tensor } from '../tensor';
import { repr } from '../tensor/repr';

/** A hyperparameter, or what was computed from one. */
export type Value = number | Tensor;

/** A plain number, which JavaScript's operators take. */
function plain(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new TorchTypeError(`a hyperparameter must be a number or a Tensor, not ${repr(value)}`);
}

export function numberOf(value: Value): number {
  return value instanceof Tensor ? value.item() : plain(value);
}
/** For an operator that takes a number alone: it refuses a tensor whose gradient would be lost. */
export function alphaOf(value: Value): number {
  return requiresGrad(value) ? (squeezed(value) as unknown as number) : numberOf(value);
}
export const isNumber = (value: Value): value is number => typeof value === 'number';
/** A tensor of one element without its dimensions. */
export function squeezed(value: Value): Value {
  return value instanceof Tensor && value.dim() !== 0 ? value.squeeze() : value;
}
export function requiresGrad(value: Value): boolean {
  return value instanceof Tensor && value.requiresGrad;
}
/** A copy of a tensor; a number is its own. */
export function copyOf(value: Value): Value {
  return value instanceof Tensor ? value.clone() : value;
}

export function plus(a: Value, b: Value): Value {
  if (a instanceof Tensor) return a.add(b as Tensor);
  return b instanceof Tensor ? b.add(a) : plain(a) + plain(b);
}
export function minus(a: Value, b: Value): Value {
  if (a instanceof Tensor) return a.sub(b as Tensor);
  return b instanceof Tensor ? b.rsub(a) : plain(a) - plain(b);
}
export function times(a: Value, b: Value): Value {
  if (a instanceof Tensor) return a.mul(b as Tensor);
  return b instanceof Tensor ? b.mul(a) : plain(a) * plain(b);
}
/** @throws TorchError for a number divided by zero: a ZeroDivisionError, as in Python. */
export function over(a: Value, b: Value): Value {
  if (a instanceof Tensor) return a.div(b as Tensor);
  if (b instanceof Tensor) return b.reciprocal().mul(a);
  if (b === 0) throw new TorchError('float division by zero', 'ZeroDivisionError');
  return plain(a) / plain(b);
}
/** {@link over} of two numbers. */
export const ratio = (a: number, b: number): number => over(a, b) as number;
/** Whether `b` divides `a`. @throws TorchError for zero: a ZeroDivisionError, as in Python. */
export function divides(b: number, a: number): boolean {
  if (b === 0) throw new TorchError('integer modulo by zero', 'ZeroDivisionError');
  return plain(a) % plain(b) === 0;
}
/** C's `pow`, which V8's `**` does not equal in the last bit. */
export function power(a: Value, b: Value): Value {
  if (a instanceof Tensor) return a.pow(b as number);
  return b instanceof Tensor ? pow(a, b) : native.pow(plain(a), plain(b));
}
export function negative(a: Value): Value {
  return a instanceof Tensor ? a.neg() : -a;
}

/** `a < b`; a number is rounded to the tensor's dtype, as in Python. */
export function less(a: Value, b: Value): boolean {
  if (a instanceof Tensor) return a.lt(b as number).item<boolean>();
  return b instanceof Tensor ? b.gt(a).item<boolean>() : a < b;
}
export function atMost(a: Value, b: Value): boolean {
  if (a instanceof Tensor) return a.le(b as number).item<boolean>();
  return b instanceof Tensor ? b.ge(a).item<boolean>() : a <= b;
}
/** Python's `min`: the first of equals. */
export const smaller = (a: Value, b: Value): Value => (less(b, a) ? b : a);
/** Python's `max`: the first of equals. */
export const larger = (a: Value, b: Value): Value => (less(a, b) ? b : a);
export function magnitude(a: Value): Value {
  return a instanceof Tensor ? a.abs() : Math.abs(a);
}

/** A group's learning rate. */
export const rateOf = (group: { readonly lr: Value }): Value => group.lr;
