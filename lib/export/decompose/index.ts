/** ExportedProgram.runDecompositions: a program of plainer operators. */
import { TorchError } from '../../core/errors';
import { noGrad } from '../../autograd/mode';
import { assembled } from '../assemble';
import { explore } from '../dynamic/explore';
import { merge } from '../dynamic/merge';
import { type LeafSizes, type Open, type Point, type Size, leavesAt } from '../dynamic/open';
import { Symbols } from '../dynamic/ranges';
import type { Expression } from '../expression';
import type { SymbolicNumber, TensorMeta } from '../graph';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { metaOf } from '../meta';
import { ModuleStacks } from '../module_stacks';
import { LEAF } from '../pytree';
import { isTensor } from '../../native/tensor_base';
import { getRngState, setRngState } from '../../tensor/random';
import type { ProgramParts } from '../program';
import { type Trace, Tracer } from '../tracer';
import { Interpreter } from './interpreter';
import { notHere } from './not_here';
import { type DecompositionTable, Rules } from './rules';

export type { Decomposition, DecompositionTable } from './rules';

// Decompositions call what is decomposed again.
const MOST_ROUNDS = 8;

/** The program with every operator decomposed that the table has, and those that these make. */
export function decompose(parts: ProgramParts, table: DecompositionTable | null): ProgramParts {
  const rules = new Rules(table);
  if (table === null) refuse(parts);
  let now = parts;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = String(now.graph.nodes.map(({ target }) => target));
    now = noGrad(() => decomposed(now, rules));
    const targets = now.graph.nodes.map(({ target }) => target);
    if (!targets.some((target) => rules.changes(target)) || String(targets) === before) break;
  }
  if (table === null) refuse(now);
  return now;
}

function refuse({ graph }: ProgramParts): void {
  const missing = graph.nodes.find(({ target }) => notHere.has(target));
  if (!missing) return;
  throw new TorchError(
    `runDecompositions(): Python decomposes ${missing.target.slice('torch.ops.'.length)}, of which there is no decomposition ` +
      'here: give a table with one, or {} to leave what is no composite operator',
  );
}

// Zeros are places in every tensor, but whole numbers are not divided by them.
function decomposed(parts: ProgramParts, rules: Rules): ProgramParts {
  try {
    return once(parts, rules, 0);
  } catch (error) {
    if (!/ZeroDivisionError/.test(String(error))) throw error;
    return once(parts, rules, 1);
  }
}

function once(parts: ProgramParts, rules: Rules, value: number): ProgramParts {
  const module = new Interpreter(parts, rules);
  const tracer = new Tracer(module);
  const { opens, sizes, leaves } = openSizesOf(parts, value);
  const run = (at: readonly unknown[]): Trace => traceOf(module, at);
  const symbols = new Symbols(opens, sizes);
  const explored =
    opens.length === 0
      ? (() => {
          const trace = run(leaves);
          return { trace, merged: merge([trace]) };
        })()
      : explore(opens, symbols.names, (point: Point) => run(leavesAt(leaves, sizes, point)));
  const { inSpec } = parts.callSpec;
  const call = { module, args: [], kwargs: {} };
  const { written, origins } = module;
  const again = {
    parts,
    written,
    stackAt: (node: number) => origins.findLast((one) => one.node <= node)?.stack ?? '',
  };
  return assembled({
    call,
    tracer,
    inSpec,
    leaves,
    argumentNames: parts.argumentNames,
    ...explored,
    symbols,
    again,
  });
}

function traceOf(module: Interpreter, leaves: readonly unknown[]): Trace {
  const generator = getRngState();
  const { recorder, results } = module.watch(leaves);
  setRngState(generator);
  const { lifted, metas } = recorder;
  const slots = results.map((one) => (isTensor(one) ? recorder.slotOf(one as Tensor) : -1));
  const own = slots.filter((slot) => slot >= 0);
  const nodes = recorder.needed(own);
  const outputs = own.map((slot) => ({ slot }));
  const inputMetas = leaves.filter(isTensor).map((leaf) => metaOf(leaf as Tensor));
  const stacks = new ModuleStacks(module);
  return {
    lifting: { nodes, lifted, outputs },
    inputMetas,
    metas,
    results,
    slots,
    outSpec: LEAF,
    stacks,
    regions: [],
  };
}

// The open sizes of a program, and arguments as it was exported for: their values do not matter.
function openSizesOf(
  { graph, graphSignature, rangeConstraints }: ProgramParts,
  filling: number,
): {
  opens: Open[];
  sizes: LeafSizes[];
  leaves: unknown[];
} {
  const opens = new Map<string, Open>();
  const sizeOf = (value: SymbolicNumber): Size => {
    if (typeof value !== 'object') return Number(value);
    const { name, factor, offset } = lineOf(value.expression);
    const size = Number(value.hint);
    if (name === null)
      throw new TorchError('runDecompositions(): an argument has a size that is no line of a symbol');
    const range = rangeConstraints.get(name);
    const bound = (limit: number | bigint | null | undefined): number | null =>
      limit == null || Number(limit) > Number.MAX_SAFE_INTEGER ? null : Number(limit);
    const open = opens.get(name) ?? {
      label: name,
      kind: 'NAMED' as const,
      lower: bound(range?.lower) ?? 0,
      upper: bound(range?.upper),
      hint: (size - offset) / factor,
    };
    opens.set(name, open);
    return { open, factor, offset };
  };
  const sizes: LeafSizes[] = [];
  const leaves: unknown[] = [];
  for (const [i, { kind, value }] of graphSignature.inputSpecs.entries()) {
    if (kind !== 'USER_INPUT') continue;
    const input = graph.inputs[i];
    if (input.form === 'value' && input.type === 'tensor') {
      const meta = graph.tensors.get(input.name)!;
      sizes.push(meta.sizes.map(sizeOf));
      leaves.push(exampleOf(meta, filling));
    } else if (input.form === 'value') {
      const number = graph.numbers.get(input.name)!;
      sizes.push(sizeOf(number));
      leaves.push(typeof number === 'object' ? number.hint : number);
    } else {
      sizes.push(null);
      leaves.push(value);
    }
  }
  return { opens: [...opens.values()], sizes, leaves };
}

const hintOf = (size: SymbolicNumber): number => Number(typeof size === 'object' ? size.hint : size);

function exampleOf({ sizes, strides, dtype, device }: TensorMeta, value: number): Tensor {
  const empty = aten.emptyStrided(sizes.map(hintOf), strides.map(hintOf), { dtype, device });
  return aten.fill_(empty, value);
}

// factor*name + offset
function lineOf(expression: Expression): { name: string | null; factor: number; offset: number } {
  const none = { name: null, factor: 1, offset: 0 };
  if (expression.kind === 'symbol') return { name: expression.name, factor: 1, offset: 0 };
  if (expression.kind !== 'apply' || expression.args.length !== 2) return none;
  const known = expression.args.find((arg) => arg.kind === 'int');
  const other = expression.args.find((arg) => arg.kind !== 'int');
  if (known?.kind !== 'int' || other === undefined) return none;
  const inner = lineOf(other);
  const value = Number(known.value);
  if (inner.name === null || !['Add', 'Mul'].includes(expression.name)) return none;
  return expression.name === 'Add'
    ? { ...inner, offset: inner.offset + value }
    : { name: inner.name, factor: inner.factor * value, offset: inner.offset * value };
}
