// The arguments of optimizers and schedulers.
import type { Argument } from '../core/kinds';
import { Signature } from '../core/signature';
import { checkKinds } from './kinds';

/** A signature whose numbers must be numbers: JavaScript's arithmetic would make NaN of other values. */
class OptimSignature<R extends readonly Argument[], D extends object> extends Signature<R, D> {
  /** @throws TypeError also for a value of another kind than the default. */
  override bind(args: readonly unknown[], name = this.name): ReturnType<Signature<R, D>['bind']> {
    const bound = super.bind(args, name);
    checkKinds(name, this.defaults, bound[bound.length - 1] as D);
    return bound;
  }
}

/** The signature of the optimizer or scheduler `name`. */
export function optimSignature<const R extends readonly Argument[], D extends object>(
  name: string,
  required: R,
  defaults: D,
  positional: readonly (keyof D & string)[],
): Signature<R, D> {
  return new OptimSignature(name, required, defaults, positional);
}
