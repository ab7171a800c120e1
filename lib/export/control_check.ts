// Graphs of control flow give new tensors, write to nothing that is not theirs, and keep what is theirs.
import type { Tensor } from '../tensor';
import type { ProgramArgument, ProgramNode } from '../../typings/native';
import type { TracedBody, TracedRegion } from './control';
import { isLift, numbersOf } from './nesting';
import { operatorSchema } from './operators';

/** What is wrong, with the node of the recording where it is. */
export interface RegionProblem {
  readonly node: number;
  readonly message: string;
}

const pythonNames: Readonly<Record<TracedRegion['operator'], string>> = {
  cond: 'torch.cond',
  while_loop: 'torch.higherOrder.whileLoop',
  map_impl: 'torch.higherOrder.map',
  scan: 'torch.higherOrder.scan',
};

/** The first problem, or null. `values` is what a run gave for each slot, `results` are the slots of what it gave. */
export function regionProblem(
  nodes: readonly ProgramNode[],
  regions: readonly TracedRegion[],
  values: ReadonlyMap<number, Tensor>,
  results: readonly number[],
): RegionProblem | null {
  if (regions.length === 0) return null;
  const numbers = numbersOf(nodes);
  for (const region of regions) {
    const node = leakedFrom(region, nodes, numbers, results);
    if (node !== undefined) return { node, message: `${pythonNames[region.operator]}: ${LEAK}` };
  }
  const memory = new Map([...values].map(([slot, tensor]) => [slot, memoryOf(tensor)]));
  for (const { operator, bodies } of regions) {
    for (const { start, end, outputs } of bodies) {
      const isInner = (i: number): boolean => numbers[i] >= start && numbers[i] < end && !isLift(nodes[i]);
      const isLater = (i: number): boolean => numbers[i] >= start && !isLift(nodes[i]);
      const later = new Set(nodes.flatMap(({ outputs: made }, i) => (isLater(i) ? made.flat() : [])));
      const others = new Set([...memory].flatMap(([slot, id]) => (later.has(slot) ? [] : [id])));
      others.delete(null);
      const seen = new Set<bigint | null>();
      for (const [i, node] of nodes.entries()) {
        if (!isInner(i)) continue;
        const at = numbers[i];
        const is = (slots: number[]): boolean => slots.some((slot) => others.has(memory.get(slot)!));
        if (is(writtenBy(node))) return { node: at, message: `${pythonNames[operator]}: ${MUTATION}` };
        if (!outputs.includes(at)) continue;
        const [slot] = slotsIn(node.arguments[0]);
        const id = memory.get(slot)!;
        if (is([slot]) || seen.has(id)) return { node: at, message: `${pythonNames[operator]}: ${ALIASING}` };
        if (id !== null) seen.add(id);
      }
    }
  }
  return null;
}

// The node that made what is used where it is not: of a graph outside of it, of what all its graphs are given after them.
function leakedFrom(
  { start, end, bodies }: TracedRegion,
  nodes: readonly ProgramNode[],
  numbers: readonly number[],
  results: readonly number[],
): number | undefined {
  for (const own of [{ start, end, madeUpTo: bodies[0].start }, ...bodies.map(madeIn)]) {
    const makers = new Map<number, number>();
    const outside = [...results];
    nodes.forEach((node, i) => {
      const at = numbers[i];
      const isOwn = at >= own.start && at < own.end && !isLift(node);
      if (!isOwn) outside.push(...slotsOf(node));
      else if (at < own.madeUpTo)
        for (const slot of node.outputs.flat()) if (slot !== null) makers.set(slot, at);
    });
    const leaked = outside.find((slot) => makers.has(slot));
    if (leaked !== undefined) return makers.get(leaked);
  }
  return undefined;
}

// The marks of what it gives are for the node.
const madeIn = ({ start, end, outputs }: TracedBody) => ({ start, end, madeUpTo: end - outputs.length });

const LEAK =
  'what its functions make, or are given for each call, is used outside of them: let them return it';
const MUTATION = 'Higher order ops do not support input mutation';
const ALIASING =
  'Higher order ops do not support aliasing: replace `return input` with `return input.clone()` to avoid aliasing';

// Null where there is no memory.
function memoryOf(tensor: Tensor): bigint | null {
  const storage = tensor.storage();
  return storage.nbytes === 0 ? null : storage.id;
}

const slotsIn = (argument: ProgramArgument | undefined): number[] => {
  if (argument === undefined) return [];
  if ('slot' in argument) return [argument.slot];
  return 'list' in argument ? argument.list.flatMap(slotsIn) : [];
};

const slotsOf = (node: ProgramNode): number[] =>
  [...node.arguments, ...Object.values(node.keywords ?? {})].flatMap(slotsIn);

// Of batch norms the schema does not say it.
const STATISTICS = ['running_mean', 'running_var'];

function writtenBy(node: ProgramNode): number[] {
  const [space, called] = node.operator.split('::');
  const [base, overload = 'default'] = called.split('.');
  const schema = operatorSchema(`torch.ops.${space}.${base}.${overload}`)!;
  const names = [
    ...schema.written.map(({ name }) => name),
    ...(isTraining(node, schema.names) ? STATISTICS : []),
  ];
  return names.flatMap((name) =>
    slotsIn(node.keywords?.[name] ?? node.arguments[schema.names.indexOf(name)]),
  );
}

function isTraining(node: ProgramNode, names: readonly string[]): boolean {
  const at = Math.max(names.indexOf('training'), names.indexOf('train'), names.indexOf('use_input_stats'));
  const argument = node.arguments[at];
  return argument !== undefined && 'constant' in argument && argument.constant === true;
}
