/**
 * JavaScript's operators know no tensors. They ask an object for a number or a text instead, so that `-x` would be NaN
 * and `x + 1` a text, without a word: classes whose objects have operators in Python refuse by this.
 */
import { TorchTypeError } from './errors';

/**
 * What `value[Symbol.toPrimitive](hint)` gives: its text where a text is meant, as in a template string or
 * `String(value)`.
 *
 * @param instead What to write, after "A Tensor has no operators in JavaScript: ".
 * @throws TypeError for operators, `==` with a number or a text, `Number(value)`, `Math.abs(value)` ...
 */
export function primitiveOf(value: object, hint: string, name: string, instead: string): string {
  if (hint === 'string') return value.toString();
  throw new TorchTypeError(
    `${name} has no operators in JavaScript: ${instead}; \`\${x}\` or String(x) for the text`,
  );
}
