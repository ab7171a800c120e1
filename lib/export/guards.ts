// What must hold of the arguments, lest a program answer for shapes that it was not exported for.
import { TorchError } from '../core/errors';
import { damaged } from './errors';
import { evaluator, type Evaluate } from './evaluate';
import { type Expression, expressionText, symbolsOf } from './expression';
import type { Graph, SymbolicNumber } from './graph';
import { type Syntax, parseExpression } from './python';
import { floatText, stringText, unparse } from './python_text';
import { type Key, type TreeSpec, pathsOf, stepText } from './pytree';
import type { InputSpec } from './signature';

/** The values that a symbolic number may have; null is no bound. */
export interface ValueRange {
  readonly lower: number | bigint | null;
  readonly upper: number | bigint | null;
}

export interface GuardedProgram {
  graph: Graph;
  inputs: readonly InputSpec[];
  spec: TreeSpec;
  argumentNames: readonly string[];
  ranges: ReadonlyMap<string, ValueRange>;
  guardsCode: readonly string[];
}

interface Guard {
  readonly message: string;
  readonly holds: Evaluate;
}

/** All guards of a program: of its graph, then those that were found when it was exported. */
export class Guards {
  readonly #guards: Guard[];

  constructor(program: GuardedProgram) {
    const paths = argumentPaths(program);
    const texts = [...graphGuards(program, paths), ...program.guardsCode];
    this.#guards = texts.map((text) => guardOf(text, paths, program.argumentNames));
  }

  /** @throws TorchError, as Python's AssertionError, for the first that does not hold. */
  check(leaves: readonly unknown[]): void {
    for (const { message, holds } of this.#guards) {
      if (holds(leaves) !== true) throw new TorchError(message, 'AssertionError');
    }
  }

  /** What is checked, as in messages. */
  get texts(): string[] {
    return this.#guards.map(({ message }) => message.slice('Guard failed: '.length));
  }
}

/** The way to each leaf from the names of the arguments. */
function argumentPaths({ spec, argumentNames }: Pick<GuardedProgram, 'spec' | 'argumentNames'>): Key[][] {
  const [positional, keywords] = spec.children;
  const names = [
    ...positional.children.map((_, i) => argumentNames[i] ?? `arg_${i}`),
    ...keywords.keys.map(String),
  ];
  return [...positional.children, ...keywords.children].flatMap((child, i) =>
    pathsOf(child, [{ kind: 'key', key: names[i] }]),
  );
}

const sourceOf = (path: readonly Key[]): string => `L${path.map(stepText).join('')}`;
/** What guards call each leaf: `L['x'][0]`. */
export const sourcesOf = (spec: TreeSpec, argumentNames: readonly string[]): string[] =>
  argumentPaths({ spec, argumentNames }).map(sourceOf);
const shownPath = ([first, ...rest]: readonly Key[]): string =>
  (first.kind === 'key' ? String(first.key) : '') + rest.map(stepText).join('');

// As Python's _get_input_guards_for_graph: sizes that are known, ranges, and sizes that are equal.
function graphGuards({ graph, inputs, ranges }: GuardedProgram, paths: readonly Key[][]): string[] {
  const guards: string[] = [];
  const sources = new Map<string, string>();
  const hidden = new Hidden(sources);
  const add = (value: SymbolicNumber, source: string): void => {
    if (typeof value !== 'object') return void guards.push(`${source} == ${literal(value)}`);
    const text = expressionText(value.expression);
    const range = ranges.get(text);
    if (range === undefined) return;
    hidden.add(source, value.expression);
    const known = sources.get(text);
    if (known !== undefined) return void guards.push(`${source} == ${known}`);
    sources.set(text, source);
    if (range.lower !== null && range.lower > 2) guards.push(`${source} >= ${range.lower}`);
    if (range.upper !== null) guards.push(`${source} <= ${range.upper}`);
  };
  let at = 0;
  for (const [i, spec] of inputs.entries()) {
    if (spec.kind !== 'USER_INPUT') continue;
    const path = paths[at++];
    if (path === undefined) throw damaged('it has more inputs than arguments');
    const source = sourceOf(path);
    const input = graph.inputs[i];
    if (input?.form !== 'value') {
      if (input?.form === 'constant') guards.push(...constantGuard(source, input.type, input.value));
    } else if (input.type === 'tensor') {
      graph.tensors.get(input.name)?.sizes.forEach((size, d) => add(size, `${source}.size()[${d}]`));
    } else {
      const number = graph.numbers.get(input.name);
      if (number !== undefined) add(number, source);
    }
  }
  if (at !== paths.length) throw damaged(`it has ${at} inputs for ${paths.length} arguments`);
  return [...guards, ...hidden.guards()];
}

const literal = (value: number | bigint | boolean): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);

function constantGuard(source: string, type: string, value: unknown): string[] {
  if (type === 'string') return [`${source} == ${stringText(value as string)}`];
  if (type === 'int' || type === 'bool') return [`${source} == ${literal(value as number | boolean)}`];
  if (type !== 'float') return [];
  if (Number.isNaN(value)) return [`math.isnan(${source})`];
  if (value === Infinity || value === -Infinity) return [`${source} == ${value < 0 ? '-' : ''}math.inf`];
  return [`${source} == ${floatText(value as number)}`];
}

/** Sizes such as `2*s0 + 1` where no input has `s0` itself: the first gives it, the others must agree. */
class Hidden {
  readonly #derived: { source: string; expression: Expression }[] = [];

  constructor(private readonly sources: ReadonlyMap<string, string>) {}

  add(source: string, expression: Expression): void {
    if (symbolsOf(expression).size === 1) this.#derived.push({ source, expression });
  }

  guards(): string[] {
    const found: string[] = [];
    const solved = new Map<string, string>();
    for (const { source, expression } of this.#derived) {
      const [symbol] = symbolsOf(expression);
      const line = lineOf(expression);
      if (this.sources.has(symbol) || line === null) continue;
      const solution = solved.get(symbol);
      if (solution !== undefined) found.push(`${source} == ${line.factor}*(${solution}) + ${line.offset}`);
      else solved.set(symbol, `(${source} - ${line.offset}) / ${line.factor}`);
    }
    return found;
  }
}

// `factor * s + offset`, or null for what is no line.
function lineOf(expression: Expression): { factor: number; offset: number } | null {
  if (expression.kind === 'symbol') return { factor: 1, offset: 0 };
  if (expression.kind === 'int') return { factor: 0, offset: Number(expression.value) };
  if (expression.kind !== 'apply') return null;
  const lines = expression.args.map(lineOf);
  if (lines.some((line) => line === null)) return null;
  const known = lines as { factor: number; offset: number }[];
  if (expression.name === 'Add') {
    return known.reduce((a, b) => ({ factor: a.factor + b.factor, offset: a.offset + b.offset }));
  }
  if (expression.name !== 'Mul') return null;
  return known.reduce((a, b) => {
    if (a.factor !== 0 && b.factor !== 0) return { factor: NaN, offset: NaN };
    return { factor: a.factor * b.offset + b.factor * a.offset, offset: a.offset * b.offset };
  });
}

function guardOf(text: string, paths: readonly Key[][], names: readonly string[]): Guard {
  const leaves = new Map(paths.map((path, i) => [unparse(parseExpression(sourceOf(path))), i]));
  // Of an argument `*args` the guards say L['args'][0], the names say args_0.
  const renamed = text.replace(/L\['([^']+)'\]\[(\d+)\]/g, (whole, base: string, i: string) =>
    base === 'flat_args' || !names.includes(`${base}_${i}`) ? whole : `L['${base}_${i}']`,
  );
  const leafOf = (syntax: Syntax): number | undefined => {
    if (syntax.kind !== 'index' && syntax.kind !== 'attribute') return undefined;
    const source = unparse(syntax);
    const flat = /^L\['flat_args'\]\[(\d+)\]$/.exec(source);
    return flat ? Number(flat[1]) : leaves.get(source);
  };
  const syntax = parseExpression(renamed);
  const shown = withNames(syntax, (inner) => {
    const leaf = leafOf(inner);
    return leaf === undefined || !paths[leaf] ? undefined : { kind: 'name', name: shownPath(paths[leaf]) };
  });
  return { message: `Guard failed: ${unparse(shown)}`, holds: evaluator(syntax, leafOf) };
}

// A copy in which `rename` has put names for parts.
function withNames(syntax: Syntax, rename: (syntax: Syntax) => Syntax | undefined): Syntax {
  const copy = (inner: Syntax): Syntax => withNames(inner, rename);
  const renamed = rename(syntax);
  if (renamed) return renamed;
  switch (syntax.kind) {
    case 'attribute':
      return { ...syntax, of: copy(syntax.of) };
    case 'index':
      return { ...syntax, of: copy(syntax.of), index: copy(syntax.index) };
    case 'call':
      return { ...syntax, of: copy(syntax.of), args: syntax.args.map(copy) };
    case 'unary':
      return { ...syntax, operand: copy(syntax.operand) };
    case 'binary':
      return { ...syntax, left: copy(syntax.left), right: copy(syntax.right) };
    case 'compare':
      return {
        ...syntax,
        first: copy(syntax.first),
        rest: syntax.rest.map(([sign, part]) => [sign, copy(part)]),
      };
    case 'logical':
      return { ...syntax, operands: syntax.operands.map(copy) };
    default:
      return syntax;
  }
}
