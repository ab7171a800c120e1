import { primitiveOf } from './conversions';
import { bindArguments, checkMethods } from './calls';

/** A complex number: what `item()` gives for a complex tensor, and an operand of operators. */
export class Complex {
  constructor(
    readonly re: number,
    readonly im: number,
    ...surplus: []
  ) {
    bindArguments('Complex(re, im)', [re, im, ...surplus]);
  }

  /** As Python writes it: `(1+2j)`. */
  toString(): string {
    const sign = this.im < 0 || Object.is(this.im, -0) ? '-' : '+';
    return `(${this.re}${sign}${Math.abs(this.im)}j)`;
  }
  /** @throws TypeError for operators: `z + 1`, `-z`, `z == 1`. */
  [Symbol.toPrimitive](hint: string): string {
    const instead = 'calculate with x.re and x.im, or with torch.tensor(x)';
    return primitiveOf(this, hint, 'A Complex', instead);
  }
}
checkMethods('Complex', Complex, 'toString()');
