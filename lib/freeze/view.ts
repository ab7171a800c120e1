// A program as the passes look at it: who makes a value, and who uses it.
import { isTensor } from '../native/tensor_base';
import type { DType } from '../core/dtype';
import type { Tensor } from '../tensor';
import type { ProgramArgument, ProgramDescription, ProgramNode } from '../../typings/native';
import { argumentOf, argumentsOf, baseName, constantOf, factsOf, operatorName } from './operators';

export type { ProgramArgument, ProgramDescription, ProgramNode };

/** What is known of the first results of nodes, by the nodes' names; a size that is open is the text of its expression. */
export type Results = ReadonlyMap<
  string,
  { readonly sizes: readonly (number | string)[]; readonly dtype: DType }
>;

// Operators whose results are new tensors, of which nobody else has the memory. Schemas do not say so: composite ones,
// such as dropout, may give back what they were given.
const fresh = new Set(
  (
    'conv1d conv2d conv3d convolution conv_transpose1d conv_transpose2d conv_transpose3d linear addmm mm bmm baddbmm ' +
    'matmul relu gelu silu sigmoid tanh hardswish hardsigmoid hardtanh relu6 leaky_relu elu mish softplus neg abs exp log ' +
    'sqrt rsqrt pow clamp erf add sub rsub mul div reciprocal maximum minimum where batch_norm native_batch_norm ' +
    '_native_batch_norm_legit _native_batch_norm_legit_no_training layer_norm native_layer_norm group_norm native_group_norm ' +
    'softmax _softmax log_softmax _log_softmax scaled_dot_product_attention mean sum amax amin max_pool1d max_pool2d ' +
    'max_pool2d_with_indices avg_pool1d avg_pool2d adaptive_avg_pool2d _adaptive_avg_pool2d embedding clone lift_fresh_copy stack ' +
    'full zeros ones arange eq ne lt le gt ge logical_not triu tril'
  ).split(' '),
);

// Their schemas do not say that they write to the running statistics.
const norms = new Set(
  'batch_norm native_batch_norm cudnn_batch_norm miopen_batch_norm _batch_norm_impl_index instance_norm'.split(
    ' ',
  ),
);

/** Whether all results of a node are new tensors. */
export function isFresh(node: ProgramNode): boolean {
  return fresh.has(baseName(node)) && writtenBy(node).length === 0;
}

/** What a node writes to, or may write to. */
export function writtenBy(node: ProgramNode): ProgramArgument[] {
  const all = argumentsOf(node);
  const graphs = all.flatMap((one) => ('graph' in one ? one.graph : []));
  if (graphs.length > 0) return graphs.some(writesToInputs) ? all : [];
  if (operatorName(node) === 'higher_order.clone_preserve_strides') return [];
  const facts = factsOf(node);
  if (facts === null)
    return /^(_operator|math|builtins|torch|nodetorch)\.\w+$/.test(node.operator) ? [] : all;
  const isNorm = norms.has(baseName(node));
  if (isNorm) {
    const isTraining = constantOf(node, baseName(node) === 'instance_norm' ? 'useInputStats' : 'training');
    return isTraining === false ? [] : all;
  }
  return facts.written.flatMap((name) => argumentOf(node, name) ?? []);
}

function writesToInputs(graph: ProgramDescription): boolean {
  const { slots } = new ProgramView(graph).written;
  return graph.inputs.some((input) => slots.has(slotOfInput(input)));
}

/** The slots in an argument. */
export function slotsIn(argument: ProgramArgument): number[] {
  if ('slot' in argument) return [argument.slot];
  return 'list' in argument ? argument.list.flatMap(slotsIn) : [];
}

/** The tensors that are constants in an argument. */
export function tensorsIn(argument: ProgramArgument): Tensor[] {
  if ('list' in argument) return argument.list.flatMap(tensorsIn);
  if (!('constant' in argument)) return [];
  const { constant } = argument;
  return (Array.isArray(constant) ? (constant as unknown[]) : [constant]).filter(isTensor);
}

export const slotOfInput = (input: ProgramDescription['inputs'][number]): number =>
  typeof input === 'number' ? input : input.slot;

export const outputSlots = (node: ProgramNode): number[] =>
  node.outputs.flat().filter((slot): slot is number => slot !== null);

export class ProgramView {
  readonly #producers = new Map<number, ProgramNode>();
  readonly #users = new Map<number, ProgramNode[]>();
  readonly #given = new Set<number>();
  readonly #places = new Map<ProgramNode, number>();
  /** Nodes that write to a value, by their places. */
  readonly writers: number[] = [];

  constructor(readonly program: ProgramDescription) {
    for (const [place, node] of program.nodes.entries()) {
      this.#places.set(node, place);
      for (const slot of outputSlots(node)) this.#producers.set(slot, node);
      for (const slot of argumentsOf(node).flatMap(slotsIn)) {
        const users = this.#users.get(slot);
        if (users) users.push(node);
        else this.#users.set(slot, [node]);
      }
      if (writtenBy(node).length > 0) this.writers.push(place);
    }
    for (const output of program.outputs) for (const slot of slotsIn(output)) this.#given.add(slot);
  }

  producerOf(slot: number): ProgramNode | undefined {
    return this.#producers.get(slot);
  }
  usersOf(slot: number): readonly ProgramNode[] {
    return this.#users.get(slot) ?? [];
  }
  isOutput(slot: number): boolean {
    return this.#given.has(slot);
  }
  /** Whether that node alone uses the value, once. */
  isOnlyFor(slot: number, node: ProgramNode): boolean {
    const users = this.usersOf(slot);
    return users.length === 1 && users[0] === node && !this.isOutput(slot);
  }
  /** Whether nothing is written from one node to a later one. */
  isQuietBetween(first: ProgramNode, last: ProgramNode): boolean {
    const [from, to] = [this.#places.get(first)!, this.#places.get(last)!];
    return !this.writers.some((place) => place >= from && place <= to);
  }

  /** The slots and tensors whose memory a value may share, itself among them. */
  originsOf(argument: ProgramArgument, found: Origins = { slots: new Set(), tensors: new Set() }): Origins {
    for (const tensor of tensorsIn(argument)) found.tensors.add(tensor);
    for (const slot of slotsIn(argument)) {
      if (found.slots.has(slot)) continue;
      found.slots.add(slot);
      const producer = this.producerOf(slot);
      if (producer === undefined || isFresh(producer)) continue;
      for (const one of argumentsOf(producer)) this.originsOf(one, found);
    }
    return found;
  }
  /** The same of everything that is written to. */
  get written(): Origins {
    const found: Origins = { slots: new Set(), tensors: new Set() };
    for (const place of this.writers) {
      for (const argument of writtenBy(this.program.nodes[place])) this.originsOf(argument, found);
    }
    return found;
  }
}

export interface Origins {
  readonly slots: Set<number>;
  readonly tensors: Set<Tensor>;
}

/** A program in which other arguments stand for some slots. */
export function substitute(
  program: ProgramDescription,
  values: ReadonlyMap<number, ProgramArgument>,
): ProgramDescription {
  if (values.size === 0) return program;
  const replaced = (argument: ProgramArgument): ProgramArgument => {
    if ('list' in argument) return { list: argument.list.map(replaced) };
    if (!('slot' in argument)) return argument;
    const value = values.get(argument.slot);
    return value === undefined ? argument : replaced(value);
  };
  const nodes = program.nodes.map((node): ProgramNode => {
    if (!argumentsOf(node).some((one) => slotsIn(one).some((slot) => values.has(slot)))) return node;
    const keywords = Object.entries(node.keywords ?? {}).map(([key, one]) => [key, replaced(one)] as const);
    return { ...node, arguments: node.arguments.map(replaced), keywords: Object.fromEntries(keywords) };
  });
  return { ...program, nodes, outputs: program.outputs.map(replaced) };
}
