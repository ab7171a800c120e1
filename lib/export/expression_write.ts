// Symbolic numbers as a program's file has them: SymPy's `srepr`.
import type { Expression } from './expression';
import { floatText } from './python_text';

// What Python says of the symbols of sizes (s0), and of those that are known in a run alone (u0).
const POSITIVE = 'positive=True, integer=True';
const INTEGER = 'integer=True';

/** `Add(Symbol('s0', positive=True, integer=True), Integer(1))`. */
export function writeExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'symbol': {
      const { name, assumptions = name.startsWith('u') ? INTEGER : POSITIVE } = expression;
      return `Symbol('${name}'${assumptions === '' ? '' : `, ${assumptions}`})`;
    }
    case 'int':
      return `Integer(${expression.value})`;
    case 'float':
      return `Float('${floatText(expression.value)}', precision=53)`;
    case 'bool':
      return expression.value ? 'true' : 'false';
    case 'apply':
      return `${expression.name}(${expression.args.map(writeExpression).join(', ')})`;
  }
}
