// How Python writes values and expressions.
import { isPlainObject } from '../core/realm';
import type { Syntax } from './python';

/** `repr` of a float. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e');
    const power = Number(exponent);
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value.toFixed(0)}.0` : String(value);
}

/** `repr` of a str. */
export function stringText(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const names: Record<string, string> = {
    '\n': '\\n',
    '\t': '\\t',
    '\r': '\\r',
    '\\': '\\\\',
    [quote]: `\\${quote}`,
  };
  // eslint-disable-next-line no-control-regex -- those are what Python escapes
  const body = value.replace(/[\u0000-\u001f\u007f\\'"]/g, (char) => {
    if (names[char]) return names[char];
    return char === "'" || char === '"' ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return quote + body + quote;
}

export const boolText = (value: boolean): string => (value ? 'True' : 'False');

// As the `ast` module numbers them, from the loosest.
const TEST = 0;
const OR = 1;
const AND = 2;
const NOT = 3;
const COMPARE = 4;
const binary: Readonly<Record<string, number>> = {
  '|': 5,
  '^': 6,
  '&': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '//': 10,
  '%': 10,
  '**': 12,
};
const FACTOR = 11;
const POWER = 12;
const ATOM = 14;

/** `ast.unparse`: no more parentheses than are needed. */
export function unparse(syntax: Syntax, least = TEST): string {
  const within = (own: number, text: string): string => (own < least ? `(${text})` : text);
  switch (syntax.kind) {
    case 'int':
      return String(syntax.value);
    case 'float':
      return Number.isFinite(syntax.value) ? floatText(syntax.value) : '1e309';
    case 'string':
      return stringText(syntax.value);
    case 'name':
      return syntax.name;
    case 'attribute': {
      const of = unparse(syntax.of, ATOM);
      return `${of}${syntax.of.kind === 'int' ? ' ' : ''}.${syntax.name}`;
    }
    case 'index':
      return `${unparse(syntax.of, ATOM)}[${unparse(syntax.index)}]`;
    case 'call': {
      const keywords = syntax.keywords.map(([name, value]) => `${name}=${unparse(value)}`);
      return `${unparse(syntax.of, ATOM)}(${[...syntax.args.map((arg) => unparse(arg)), ...keywords].join(', ')})`;
    }
    case 'unary': {
      const own = syntax.operator === 'not' ? NOT : FACTOR;
      const space = syntax.operator === 'not' ? ' ' : '';
      return within(own, syntax.operator + space + unparse(syntax.operand, own));
    }
    case 'binary': {
      const own = binary[syntax.operator];
      const isPower = own === POWER;
      const left = unparse(syntax.left, isPower ? own + 1 : own);
      const right = unparse(syntax.right, isPower ? FACTOR : own + 1);
      return within(own, `${left} ${syntax.operator} ${right}`);
    }
    case 'compare': {
      const parts = syntax.rest.map(([operator, value]) => ` ${operator} ${unparse(value, COMPARE + 1)}`);
      return within(COMPARE, unparse(syntax.first, COMPARE + 1) + parts.join(''));
    }
    case 'logical': {
      const own = syntax.operator === 'or' ? OR : AND;
      const operands = syntax.operands.map((operand) => unparse(operand, own + 1));
      return within(own, operands.join(` ${syntax.operator} `));
    }
  }
}

// `repr` of what JSON holds.
function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return boolText(value);
  if (typeof value === 'string') return stringText(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${stringText(key)}: ${valueText(item)}`)
    .join(', ')}}`;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null; // a file may say anything
  }
}

/** ' Annotation: {...}', of a node's note in JSON: each value has its first 40 characters. */
export function noteText(custom: string | undefined): string {
  const note = custom === undefined ? null : parsed(custom);
  if (!isPlainObject(note)) return '';
  const items = Object.entries(note).map(([key, value]) => {
    const whole = typeof value === 'string' ? value : valueText(value);
    const shown = whole.length > 40 ? stringText(`${whole.slice(0, 40)}...`) : valueText(value);
    return `${stringText(key)}: ${shown}`;
  });
  return ` Annotation: {${items.join(', ')}}`;
}
