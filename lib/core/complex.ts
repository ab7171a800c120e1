/** A complex number: what `item()` gives for a complex tensor, and an operand of operators. */
export class Complex {
  constructor(
    readonly re: number,
    readonly im: number,
  ) {}

  toString(): string {
    const sign = this.im < 0 || Object.is(this.im, -0) ? '-' : '+';
    return `(${this.re}${sign}${Math.abs(this.im)}j)`;
  }
}
