// Symbolic numbers: what SymPy's expressions in a program say, and how they are printed.
import { damaged } from './errors';
import { type Syntax, parseExpression } from './python';
import { floatText, unparse } from './python_text';

/** An expression of SymPy. */
export type Expression =
  | { kind: 'symbol'; name: string; assumptions?: string }
  | { kind: 'int'; value: number | bigint }
  | { kind: 'float'; value: number }
  | { kind: 'bool'; value: boolean }
  | { kind: 'apply'; name: string; args: Expression[] };

/** Reads `Add(Symbol('s0', integer=True), Integer(1))`, and `s0 + 1` of older files. */
export function readExpression(text: string): Expression {
  return fromSyntax(parseExpression(text), text);
}

const apply = (name: string, ...args: Expression[]): Expression => ({ kind: 'apply', name, args });
const MINUS_ONE: Expression = { kind: 'int', value: -1 };
const infix: Readonly<Record<string, (a: Expression, b: Expression) => Expression>> = {
  '+': (a, b) => apply('Add', ...termsOf('Add', a), ...termsOf('Add', b)),
  '-': (a, b) => apply('Add', ...termsOf('Add', a), negated(b)),
  '*': (a, b) => apply('Mul', ...termsOf('Mul', a), ...termsOf('Mul', b)),
  '/': (a, b) => apply('Mul', a, apply('Pow', b, MINUS_ONE)),
  '//': (a, b) => apply('FloorDiv', a, b),
  '%': (a, b) => apply('Mod', a, b),
  '**': (a, b) => apply('Pow', a, b),
  '<<': (a, b) => apply('LShift', a, b),
  '>>': (a, b) => apply('RShift', a, b),
  '&': (a, b) => apply('And', a, b),
  '|': (a, b) => apply('Or', a, b),
};
const relations: Readonly<Record<string, string>> = {
  '==': 'Equality',
  '!=': 'Unequality',
  '<': 'StrictLessThan',
  '<=': 'LessThan',
  '>': 'StrictGreaterThan',
  '>=': 'GreaterThan',
};
const signs = new Map(Object.entries(relations).map(([sign, name]) => [name, sign]));

const termsOf = (name: string, expression: Expression): Expression[] =>
  expression.kind === 'apply' && expression.name === name ? expression.args : [expression];

function negated(expression: Expression): Expression {
  if (expression.kind === 'int') return { kind: 'int', value: -expression.value };
  if (expression.kind === 'float') return { kind: 'float', value: -expression.value };
  return apply('Mul', MINUS_ONE, ...termsOf('Mul', expression));
}

function fromSyntax(syntax: Syntax, text: string): Expression {
  const read = (inner: Syntax): Expression => fromSyntax(inner, text);
  switch (syntax.kind) {
    case 'int':
    case 'float':
      return syntax;
    case 'name':
      if (syntax.name === 'True' || syntax.name === 'true') return { kind: 'bool', value: true };
      if (syntax.name === 'False' || syntax.name === 'false') return { kind: 'bool', value: false };
      return { kind: 'symbol', name: syntax.name };
    case 'unary': {
      const operand = read(syntax.operand);
      if (syntax.operator === '-') return negated(operand);
      return syntax.operator === '+' ? operand : apply('Not', operand);
    }
    case 'binary':
      return infix[syntax.operator]?.(read(syntax.left), read(syntax.right)) ?? unreadable(text);
    case 'compare': {
      if (syntax.rest.length !== 1) return unreadable(text);
      const [[operator, right]] = syntax.rest;
      return apply(relations[operator], read(syntax.first), read(right));
    }
    case 'logical':
      return apply(syntax.operator === 'and' ? 'And' : 'Or', ...syntax.operands.map(read));
    case 'call':
      return syntax.of.kind === 'name' ? fromCall(syntax.of.name, syntax, text) : unreadable(text);
    default:
      return unreadable(text);
  }
}

function fromCall(name: string, { args, keywords }: Syntax & { kind: 'call' }, text: string): Expression {
  const [first] = args;
  if (name === 'Symbol') {
    if (first?.kind !== 'string') return unreadable(text);
    const assumptions = keywords.map(([key, value]) => `${key}=${unparse(value)}`).join(', ');
    return { kind: 'symbol', name: first.value, assumptions };
  }
  const read = args.map((arg) => (arg.kind === 'string' ? numberOf(arg.value, text) : fromSyntax(arg, text)));
  if (name === 'Integer') return read[0]?.kind === 'int' ? read[0] : unreadable(text);
  if (name === 'Float')
    return read[0] && 'value' in read[0] ? { kind: 'float', value: Number(read[0].value) } : unreadable(text);
  return apply(shortNames.get(name) ?? name, ...read);
}
const shortNames = new Map([
  ['Eq', 'Equality'],
  ['Ne', 'Unequality'],
  ['Lt', 'StrictLessThan'],
  ['Le', 'LessThan'],
  ['Gt', 'StrictGreaterThan'],
  ['Ge', 'GreaterThan'],
]);

function numberOf(text: string, whole: string): Expression {
  const value = Number(text);
  return Number.isNaN(value) ? unreadable(whole) : { kind: 'float', value };
}

function unreadable(text: string): never {
  throw damaged(`the symbolic expression '${text.slice(0, 200)}' cannot be read`);
}

/** The symbols in it. */
export function symbolsOf(expression: Expression, found = new Set<string>()): Set<string> {
  if (expression.kind === 'symbol') found.add(expression.name);
  else if (expression.kind === 'apply') for (const arg of expression.args) symbolsOf(arg, found);
  return found;
}

// SymPy's precedences.
const RELATIONAL = 35;
const ADD = 40;
const MUL = 50;
const POW = 60;
const ATOM = 1000;

/** As SymPy prints it: `2*s77 + ((s94//2))`. */
export function expressionText(expression: Expression): string {
  return print(expression)[0];
}

// The text, and how tightly its last operator binds.
function print(expression: Expression): [text: string, precedence: number] {
  switch (expression.kind) {
    case 'symbol':
      return [expression.name, ATOM];
    case 'int':
      return [String(expression.value), expression.value < 0 ? ADD : ATOM];
    case 'float':
      return [floatText(expression.value), expression.value < 0 ? ADD : ATOM];
    case 'bool':
      return [expression.value ? 'True' : 'False', ATOM];
    case 'apply':
      return printApplied(expression.name, expression.args);
  }
}

function inner(expression: Expression, least: number): string {
  const [text, precedence] = print(expression);
  return precedence < least ? `(${text})` : text;
}

function printApplied(name: string, args: Expression[]): [string, number] {
  const sign = signs.get(name);
  if (name === 'Add') return [sum(args), ADD];
  if (name === 'Mul') return product(args);
  if (name === 'Pow' && args.length === 2) return [`${inner(args[0], POW + 1)}**${inner(args[1], POW)}`, POW];
  if (name === 'FloorDiv' && args.length === 2) {
    return [`(${inner(args[0], ATOM)}//${inner(args[1], ATOM)})`, RELATIONAL];
  }
  if (sign && args.length === 2) {
    if (sign === '==' || sign === '!=') {
      return [`${sign === '==' ? 'Eq' : 'Ne'}(${args.map(expressionText).join(', ')})`, ATOM];
    }
    return [`${inner(args[0], RELATIONAL + 1)} ${sign} ${inner(args[1], RELATIONAL + 1)}`, RELATIONAL];
  }
  if (name === 'And') return [args.map((arg) => inner(arg, RELATIONAL + 1)).join(' & '), 30];
  if (name === 'Or') return [args.map((arg) => inner(arg, RELATIONAL + 1)).join(' | '), 20];
  if (name === 'Not') return [`~${inner(args[0], ATOM)}`, 100];
  return [`${name}(${args.map(expressionText).join(', ')})`, ATOM];
}

function sum(terms: Expression[]): string {
  return terms
    .map((term, i) => {
      const text = inner(term, ADD);
      if (i === 0) return text;
      return text.startsWith('-') ? ` - ${text.slice(1)}` : ` + ${text}`;
    })
    .join('');
}

function product(factors: Expression[]): [string, number] {
  const [first, ...rest] = factors;
  const negative = first?.kind === 'int' && first.value < 0;
  const shown = negative && first.value === -1 && rest.length > 0 ? rest : factors;
  const texts = shown.map((factor) =>
    factor === first && factor.kind === 'int'
      ? String(factor.value < 0 ? -factor.value : factor.value)
      : inner(factor, MUL),
  );
  return [`${negative ? '-' : ''}${texts.join('*')}`, negative ? ADD : MUL];
}
