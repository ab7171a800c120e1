// Guards as functions of the leaves of the arguments.
import { TorchError } from '../core/errors';
import { Tensor } from '../tensor';
import { typeName } from '../tensor/repr';
import { damaged } from './errors';
import type { Syntax } from './python';
import { unparse } from './python_text';

/** The value of an expression, of the leaves of the arguments. */
export type Evaluate = (leaves: readonly unknown[]) => unknown;

type Numbers = (...numbers: number[]) => number | boolean;

const floorDiv = (a: number, b: number): number => Math.floor(a / b);
const mod = (a: number, b: number): number => a - b * Math.floor(a / b);
const binary: Readonly<Record<string, Numbers>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': floorDiv,
  '%': mod,
  '**': (a, b) => a ** b,
  '<<': (a, b) => a * 2 ** b,
  '>>': (a, b) => floorDiv(a, 2 ** b),
};
const compare: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': (a, b) => equal(a, b),
  '!=': (a, b) => !equal(a, b),
  '<': (a, b) => (a as number) < (b as number),
  '<=': (a, b) => (a as number) <= (b as number),
  '>': (a, b) => (a as number) > (b as number),
  '>=': (a, b) => (a as number) >= (b as number),
};
// True is 1 in Python; a whole number may be a bigint.
const plain = (value: unknown): unknown =>
  typeof value === 'boolean' || typeof value === 'bigint' ? Number(value) : value;
const equal = (a: unknown, b: unknown): boolean => plain(a) === plain(b);

// What torch.utils._sympy calls them.
const functions: Readonly<Record<string, Numbers>> = {
  FloorDiv: floorDiv,
  CleanDiv: floorDiv,
  CeilDiv: (a, b) => Math.ceil(a / b),
  Mod: mod,
  PythonMod: mod,
  Max: Math.max,
  max: Math.max,
  Min: Math.min,
  min: Math.min,
  abs: Math.abs,
  Abs: Math.abs,
  Eq: (a, b) => a === b,
  Ne: (a, b) => a !== b,
  PowByNatural: (a, b) => a ** b,
  FloatPow: (a, b) => a ** b,
  IntTrueDiv: (a, b) => a / b,
  FloatTrueDiv: (a, b) => a / b,
  LShift: binary['<<'],
  RShift: binary['>>'],
  ToFloat: Number,
  float: Number,
  TruncToInt: Math.trunc,
  int: Math.trunc,
  FloorToInt: Math.floor,
  CeilToInt: Math.ceil,
  'math.floor': Math.floor,
  'math.ceil': Math.ceil,
  'math.trunc': Math.trunc,
  'math.sqrt': Math.sqrt,
  'math.isnan': Number.isNaN,
};
const constants = new Map<string, unknown>([
  ['True', true],
  ['False', false],
  ['None', null],
  ['inf', Infinity],
  ['math.inf', Infinity],
]);
// What may be asked of a tensor.
const methods: Readonly<Record<string, (tensor: Tensor) => unknown>> = {
  size: (tensor) => tensor.shape,
  stride: (tensor) => tensor.stride(),
  storage_offset: (tensor) => tensor.storageOffset(),
  dim: (tensor) => tensor.dim(),
  numel: (tensor) => tensor.numel(),
};

/**
 * Compiles an expression. `leafOf` knows the parts that stand for a leaf.
 *
 * @throws TorchError where something in it is not known: a guard is never left out.
 */
export function evaluator(syntax: Syntax, leafOf: (syntax: Syntax) => number | undefined): Evaluate {
  const leaf = leafOf(syntax);
  if (leaf !== undefined) return (leaves) => leaves[leaf];
  const of = (inner: Syntax): Evaluate => evaluator(inner, leafOf);
  switch (syntax.kind) {
    case 'int':
    case 'float':
    case 'string': {
      const value = plain(syntax.value);
      return () => value;
    }
    case 'name':
    case 'attribute':
      return constantOf(syntax);
    case 'index':
      return element(of(syntax.of), of(syntax.index));
    case 'call':
      return call(syntax, of);
    case 'unary': {
      const operand = of(syntax.operand);
      if (syntax.operator === 'not') return (leaves) => operand(leaves) === false;
      if (syntax.operator === '-') return (leaves) => -(operand(leaves) as number);
      return syntax.operator === '+' ? operand : unknown(syntax);
    }
    case 'binary': {
      const operation = binary[syntax.operator] ?? unknown(syntax);
      const [left, right] = [of(syntax.left), of(syntax.right)];
      return (leaves) => operation(left(leaves) as number, right(leaves) as number);
    }
    case 'compare': {
      const [first, rest] = [
        of(syntax.first),
        syntax.rest.map(([sign, part]) => [compare[sign], of(part)] as const),
      ];
      return (leaves) => {
        let left = first(leaves);
        for (const [holds, part] of rest) {
          const right = part(leaves);
          if (!holds(left, right)) return false;
          left = right;
        }
        return true;
      };
    }
    case 'logical': {
      const operands = syntax.operands.map(of);
      const isTrue = (leaves: readonly unknown[]) => (operand: Evaluate) => operand(leaves) === true;
      return syntax.operator === 'and'
        ? (leaves) => operands.every(isTrue(leaves))
        : (leaves) => operands.some(isTrue(leaves));
    }
  }
}

function unknown(syntax: Syntax): never {
  throw damaged(
    `its guard '${unparse(syntax).slice(0, 200)}' is not known: module({ checkGuards: false }) runs it without any`,
  );
}

function constantOf(syntax: Syntax): Evaluate {
  const text = unparse(syntax);
  if (!constants.has(text)) return unknown(syntax);
  const value = constants.get(text);
  return () => value;
}

function element(list: Evaluate, index: Evaluate): Evaluate {
  return (leaves) => {
    const items = list(leaves) as readonly unknown[];
    const at = index(leaves) as number;
    const item = items[at < 0 ? items.length + at : at];
    if (item === undefined) throw new TorchError('tuple index out of range', 'IndexError');
    return item;
  };
}

function call(syntax: Syntax & { kind: 'call' }, of: (syntax: Syntax) => Evaluate): Evaluate {
  const { args, keywords } = syntax;
  if (keywords.length > 0) return unknown(syntax);
  const { of: called } = syntax;
  const name = unparse(called);
  if (Object.hasOwn(functions, name)) {
    const given = args.map(of);
    const apply = functions[name];
    return (leaves) => apply(...given.map((arg) => Number(arg(leaves))));
  }
  if (called.kind !== 'attribute' || args.length > 0 || !Object.hasOwn(methods, called.name))
    return unknown(syntax);
  const [owner, method, attribute] = [of(called.of), methods[called.name], called.name];
  return (leaves) => {
    const value = owner(leaves);
    if (value instanceof Tensor) return method(value);
    throw new TorchError(`'${pythonType(value)}' object has no attribute '${attribute}'`, 'AttributeError');
  };
}

function pythonType(value: unknown): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  const names: Record<string, string> = { bigint: 'int', boolean: 'bool', string: 'str' };
  return names[typeof value] ?? typeName(value);
}
