// Steps of a recording as the nodes of a graph, those of control flow with graphs of their own.
import { TorchError } from '../core/errors';
import { SizeNodes, type SymbolSource } from './dynamic/nodes';
import type { Argument, Graph, NamedArgument, Node, TensorMeta } from './graph';
import { type Nested, type RegionStep, type Step, freeIn, isRegion } from './nesting';
import { Names, type Scope, define, metadataOf, operatorNodes } from './record';

// Names of Python's for the graphs.
const graphNames: Readonly<Record<RegionStep['operator'], readonly string[]>> = {
  cond: ['true_graph', 'false_graph'],
  while_loop: ['while_loop_cond_graph', 'while_loop_body_graph'],
  map_impl: ['body_graph'],
  scan: ['scan_combine_graph'],
};

/** The nodes of `steps`, whose values get names of `scope`. */
export function nodesOf(steps: readonly Step[], scope: Scope): Node[] {
  const graphs = new Names();
  return steps.flatMap((step) =>
    isRegion(step) ? regionNode(step, scope, graphs) : operatorNodes(step, scope, Number(step.name)),
  );
}

function regionNode(step: RegionStep, scope: Scope, graphs: Names): Node {
  const { names, bySlot } = scope;
  const value = (slot: number): Argument => ({ form: 'value', type: 'tensor', name: bySlot.get(slot)! });
  const given = [...new Set(step.operands)];
  const free = operandsOf(step, given, scope);
  const operands = [...given, ...free].map(value);
  const [carried, xs] = [step.carried.map(value), step.xs.map(value)];
  const bodies = step.bodies.map((body) => bodyGraph(body, step, [...given, ...free], scope));
  const named = bodies.map((graph, i): Argument => ({
    form: 'graph',
    name: numbered(graphNames[step.operator][i], graphs),
    graph,
  }));
  const list = (items: Argument[]): Argument => ({ form: 'list', items });
  const inputs: Readonly<Record<RegionStep['operator'], () => Argument[]>> = {
    cond: () => [value(step.pred[0]), ...named, list(operands)],
    while_loop: () => [...named, list(carried), list(operands)],
    map_impl: () => [...named, list(xs), list(operands)],
    scan: () => [...named, list(carried), list(xs), list(operands)],
  };
  const name = names.add(step.operator);
  return {
    target: `torch.ops.higher_order.${step.operator}`,
    name,
    inputs: inputs[step.operator]().map((argument): NamedArgument => ({
      name: '',
      argument,
      isKeyword: false,
    })),
    outputs: step.results.map((slot) => define(scope, slot, names.add('getitem'))),
    metadata: metadataOf(scope.stackAt(step.node)),
    isSingleReturn: false,
  };
}

// As `true_graph_0`: each has a number.
function numbered(base: string, graphs: Names): string {
  for (let i = 0; ; i++) if (graphs.take(`${base}_${i}`)) return `${base}_${i}`;
}

// What the graphs use of the outer one beside what they are given: of all, of the first, of the second, each by name.
function operandsOf({ bodies, fresh }: RegionStep, given: readonly number[], scope: Scope): number[] {
  const isFree = (slot: number): boolean => !given.includes(slot) && !fresh.includes(slot);
  const name = (slot: number): string => scope.bySlot.get(slot)!;
  const used = bodies.map(({ steps, outputs }) => freeIn(steps, outputs));
  const sorted = (slots: Iterable<number>): number[] =>
    [...slots].filter(isFree).sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const shared = [...used[0].slots].filter((slot) => used.every(({ slots }) => slots.has(slot)));
  const found = new Set([...sorted(shared), ...used.flatMap(({ slots }) => sorted(slots))]);
  // A size is one of a tensor that is there.
  const symbols = new Set(used.flatMap((one) => [...one.symbols]));
  for (const symbol of symbols) {
    if ([...given, ...found].some((slot) => dimOf(scope.metas.get(name(slot))!, symbol) >= 0)) continue;
    const source = scope.sizes.sourceOf(symbol);
    const slot = [...scope.bySlot].find(([, one]) => one === source.input)?.[0];
    if (source.dim === null || slot === undefined) {
      throw new TorchError(
        `torch.export.export(): control flow depends on ${source.input}, a number: pass it as a size of a tensor`,
      );
    }
    found.add(slot);
  }
  return [...found];
}

const dimOf = (meta: TensorMeta, symbol: string): number =>
  meta.sizes.findIndex(
    (size) =>
      typeof size === 'object' && size.expression.kind === 'symbol' && size.expression.name === symbol,
  );

function bodyGraph(
  { steps, outputs }: Nested,
  { operator, fresh, xs }: RegionStep,
  operands: readonly number[],
  outer: Scope,
): Graph {
  const hasNames = operator === 'cond' || operator === 'map_impl'; // Python numbers the inputs of the others
  const add = (slot: number): string =>
    names.add(hasNames ? outer.bySlot.get(slot)! : `arg${inputs.length}_1`);
  const names = new Names();
  const inputs: Argument[] = [];
  const sources: SymbolSource[] = [];
  const sizes = new SizeNodes(names, sources);
  const scope: Scope = {
    names,
    bySlot: new Map(),
    metas: new Map(),
    sizes,
    slots: outer.slots,
    stackAt: () => '',
  };
  fresh.forEach((slot, i) => inputs.push(define(scope, slot, add(xs[i] ?? slot))));
  const inner = new Map<string, string>(); // the names that outer values have here
  for (const slot of operands) {
    const name = outer.bySlot.get(slot)!;
    inner.set(name, add(slot));
    inputs.push(define(scope, slot, inner.get(name)!));
    scope.metas.set(inner.get(name)!, outer.metas.get(name)!);
  }
  for (const symbol of freeIn(steps, outputs).symbols) {
    const source = outer.sizes.sourceOf(symbol);
    const plain = inputs
      .map((input) => (input.form === 'value' ? input.name : ''))
      .map((input) => [input, dimOf(scope.metas.get(input)!, symbol)] as const)
      .find(([, dim]) => dim >= 0);
    sources.push(
      plain
        ? { ...source, input: plain[0], dim: plain[1], factor: 1, offset: 0 }
        : { ...source, input: inner.get(source.input)! },
    );
  }
  const nodes = nodesOf(steps, scope);
  return {
    inputs,
    outputs: outputs.map((slot) => ({ form: 'value', type: 'tensor', name: scope.bySlot.get(slot)! })),
    nodes,
    tensors: scope.metas,
    numbers: sizes.numbers,
    isSingleReturn: operator === 'while_loop' && outputs.length === 1,
  };
}
