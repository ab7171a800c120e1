// From a graph with names to the description of a program with numbered slots, which runs natively.
import type { ProgramArgument, ProgramDescription, ProgramNode } from '../../typings/native';
import { damaged } from './errors';
import { type Argument, type Graph, type NamedArgument, type Node, namesIn } from './graph';
import { lower } from './lower';

/** What is copied to an input at the end of a run: the names of the input and of its new value. */
export interface Mutation {
  input: string;
  value: string;
}

const MAX_DEPTH = 64; // of graphs in graphs
const HIGHER_ORDER = 'torch.ops.higher_order.';
const COPY = 'torch.ops.aten.copy_.default';

const inputTypes = {
  tensor: 'Tensor',
  int: 'int',
  float: 'float',
  bool: 'bool',
  object: 'any',
  token: 'any',
} as const;

/** The description of `graph`, which gives `outputs`. Its inputs are those that have a name. */
export function compileGraph(
  graph: Graph,
  outputs: readonly Argument[] = graph.outputs,
  mutations: readonly Mutation[] = [],
  depth = 0,
): ProgramDescription {
  if (depth > MAX_DEPTH) throw damaged('its graphs are nested too deeply');
  return new Compiler(graph, depth).compile(outputs, mutations);
}

class Compiler {
  readonly #slots = new Map<string, number>();
  readonly #used = new Set<string>();
  readonly #nodes: Node[];

  constructor(
    private readonly graph: Graph,
    private readonly depth: number,
  ) {
    this.#nodes = graph.nodes.flatMap(lower);
    for (const node of this.#nodes) {
      for (const { argument } of node.inputs) for (const name of namesIn(argument)) this.#used.add(name);
    }
  }

  compile(outputs: readonly Argument[], mutations: readonly Mutation[]): ProgramDescription {
    for (const output of outputs) for (const name of namesIn(output)) this.#used.add(name);
    for (const { value } of mutations) this.#used.add(value);
    const inputs = this.graph.inputs.flatMap((input) => {
      if (input.form === 'constant') return [];
      if (input.form !== 'value') throw damaged('an input of a graph is neither a value nor a constant');
      const slot = this.#define(input.name);
      return input.type === 'tensor' ? slot : { slot, type: inputTypes[input.type] };
    });
    const nodes = this.#nodes.map((node) => this.#node(node));
    const copies = new Map(mutations.map((mutation) => [mutation.value, this.#copy(mutation, nodes)]));
    const results = outputs.map((output): ProgramArgument => {
      const copy = output.form === 'value' ? copies.get(output.name) : undefined;
      return copy === undefined ? this.#operand(output) : { slot: copy };
    });
    return { slots: this.#slots.size, inputs, outputs: results, nodes };
  }

  #define(name: string): number {
    if (this.#slots.has(name)) throw damaged(`the value '${name.slice(0, 80)}' is there twice`);
    const slot = this.#slots.size;
    this.#slots.set(name, slot);
    return slot;
  }

  #slotOf(name: string): number {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw damaged(`the value '${name.slice(0, 80)}' is used before it is there`);
    return slot;
  }

  #copy({ input, value }: Mutation, nodes: ProgramNode[]): number {
    const name = `${value} to ${input}`;
    const operands = [{ slot: this.#slotOf(input) }, { slot: this.#slotOf(value) }];
    const slot = this.#define(name);
    nodes.push({ operator: COPY, arguments: operands, outputs: [slot], name });
    return slot;
  }

  #node(node: Node): ProgramNode {
    const { target: operator, inputs, outputs } = node;
    const slots = (): ProgramNode['outputs'] => outputs.map((output) => this.#result(output));
    const positional = inputs.filter(({ isKeyword }) => !isKeyword);
    const keywords = inputs.filter(({ isKeyword }) => isKeyword);
    const trace = node.metadata.get('stack_trace');
    return {
      operator,
      name: node.name ?? node.outputs.flatMap((output) => [...namesIn(output)])[0] ?? operator,
      arguments: positional.map(({ argument }) => this.#operand(argument)),
      ...(keywords.length > 0 && { keywords: this.#named(keywords) }),
      ...(trace && { trace }),
      outputs: operator.startsWith(HIGHER_ORDER) ? slots().flat() : slots(),
    };
  }

  #named(keywords: readonly NamedArgument[]): Record<string, ProgramArgument> {
    return Object.fromEntries(keywords.map(({ name, argument }) => [name, this.#operand(argument)]));
  }

  // Nobody wants a value that is not used: it is freed at once.
  #result(output: Argument): number | null | (number | null)[] {
    if (output.form === 'value') return this.#used.has(output.name) ? this.#define(output.name) : null;
    if (output.form === 'constant') return null;
    if (output.form === 'list') return output.items.map((item) => this.#result(item)).flat();
    throw damaged('a node gives what is neither a value nor a list of them');
  }

  #operand(argument: Argument): ProgramArgument {
    switch (argument.form) {
      case 'value':
        return argument.type === 'token' ? { constant: null } : { slot: this.#slotOf(argument.name) };
      case 'constant': {
        const { type, value } = argument;
        return type === 'float' && Number.isInteger(value) ? { float: value as number } : { constant: value };
      }
      case 'list':
        return listOf(argument.items.map((item) => this.#operand(item)));
      case 'graph':
        return { graph: compileGraph(argument.graph, argument.graph.outputs, [], this.depth + 1) };
      case 'dict':
        throw damaged('a dict of arguments cannot be passed to an operator');
    }
  }
}

// A list of constants is a constant, which is converted once. An empty one may be of tensors.
function listOf(items: ProgramArgument[]): ProgramArgument {
  const isConstant = (item: ProgramArgument): item is { constant: unknown } => 'constant' in item;
  return items.length > 0 && items.every(isConstant)
    ? { constant: items.map(({ constant }) => constant) }
    : { list: items };
}
