// Which operators of a program are decomposed, and how.
import { TorchTypeError } from '../../core/errors';
import { native } from '../../native';
import { overloadOf } from '../../library/operators';
import { operatorSchema } from '../operators';
import { always, core } from './core';
import { positionalOf } from './nodes';

/** What stands for a call of an operator: it takes what the operator does, and gives what it gives. */
export type Decomposition = (...args: never[]) => unknown;

/** Decompositions by the name of the operator: `'aten::gelu'`, `'aten::add.Tensor'`. */
export type DecompositionTable = Readonly<Record<string, Decomposition>>;

type Rule = (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) => unknown;

// Composites that Python's default table keeps.
const kept: ReadonlySet<string> = new Set([
  'torch.ops.aten.upsample_bilinear2d.vec',
  'torch.ops.aten.upsample_nearest2d.vec',
]);

/** What is done with each operator. */
export class Rules {
  readonly #table: ReadonlyMap<string, Decomposition>;
  /** With null the operators of the core ATen set are left. */
  constructor(table: DecompositionTable | null) {
    const own = Object.entries(table ?? {}).map(([name, fn]) => [targetOf(name), fn] as const);
    const common = table === null ? Object.entries(core) : [];
    this.#table = new Map([...Object.entries(always), ...common, ...own]);
    this.keepsComposites = table !== null;
  }
  readonly keepsComposites: boolean;

  /** Whether it is left for another round. */
  changes(target: string): boolean {
    if (this.#table.has(target)) return true;
    const [, space, name, ending] = /^torch\.ops\.(\w+)\.(\w+)\.(\w+)$/.exec(target) ?? [];
    if (space === undefined || this.keepsComposites || kept.has(target)) return false;
    return native.hasKernel(
      `${space}::${name}`,
      ending === 'default' ? '' : ending,
      'CompositeImplicitAutograd',
    );
  }

  /** What the table has for it. */
  inTable(target: string): Rule | null {
    const fn = this.#table.get(target);
    if (!fn) return null;
    const count = positionalOf(target).length;
    return (args, kwargs) => {
      // Keywords come behind all that has a place.
      const rest = Object.keys(kwargs).length > 0 ? count - args.length : 0;
      const all = [...args, ...Array<undefined>(Math.max(0, rest)).fill(undefined)];
      return callWith(fn as (...all: unknown[]) => unknown, all, kwargs);
    };
  }

  /** Whether it is left as it is though it is made of others. */
  keeps(target: string): boolean {
    const [, space, name, ending] = /^torch\.ops\.(\w+)\.(\w+)\.(\w+)$/.exec(target) ?? [];
    if (!this.keepsComposites && kept.has(target)) return true;
    // Sizes are numbers of the program, no nodes of a recording.
    if (!this.keepsComposites || space === undefined || name.startsWith('sym_')) return false;
    return isKept(target, `${space}::${name}`, ending === 'default' ? '' : ending);
  }
}

/** Calls 'torch.ops.aten.add.Tensor'. */
export function callOperator(
  target: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): unknown {
  const [, space, name, ending] = /^torch\.ops\.(\w+)\.(\w+)\.(\w+)$/.exec(target)!;
  return callWith(overloadOf(`${space}::${name}`, ending === 'default' ? '' : ending).call, args, kwargs);
}

const callWith = (
  fn: (...all: unknown[]) => unknown,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): unknown => (Object.keys(kwargs).length > 0 ? fn(...args, kwargs) : fn(...args));

// As Python keeps them: composite operators that neither write to their arguments nor give views of them.
function isKept(target: string, name: string, overload: string): boolean {
  if (!native.hasKernel(name, overload, 'CompositeImplicitAutograd')) return false;
  if (native.tagsOf(name, overload).includes('maybe_aliasing_or_mutating')) return false;
  return operatorSchema(target) !== null && !/\(\w!?(?: -> [^)]*)?\)/.test(argumentsOf(name, overload));
}

/** Whether it is a composite operator of this kind that has nothing to do with the memory of its arguments. */
export function isPlainComposite(
  target: string,
  kind: 'CompositeImplicitAutograd' | 'CompositeExplicitAutograd',
): boolean {
  const [, space, name, ending] = /^torch\.ops\.(\w+)\.(\w+)\.(\w+)$/.exec(target) ?? [];
  if (space === undefined) return false;
  const overload = ending === 'default' ? '' : ending;
  if (!native.hasKernel(`${space}::${name}`, overload, kind)) return false;
  return !/\(\w!?(?: -> [^)]*)?\)/.test(argumentsOf(`${space}::${name}`, overload));
}

function argumentsOf(name: string, overload: string): string {
  const { schema } = overloadOf(name, overload);
  return schema.slice(schema.indexOf('(') + 1, schema.lastIndexOf(' -> '));
}

/** 'torch.ops.aten.add.Tensor', of 'aten::add.Tensor' or 'aten.add.Tensor'. */
function targetOf(name: string): string {
  const [, space, base, overload = 'default'] = /^(\w+)(?:::|\.)(\w+)(?:\.(\w+))?$/.exec(name) ?? [];
  const target = `torch.ops.${space}.${base}.${overload}`;
  if (space !== undefined && operatorSchema(target) !== null) return target;
  throw new TorchTypeError(`runDecompositions(): '${name}' is no operator`);
}
