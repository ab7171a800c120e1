// A program's graph as torch.fx has it: placeholders, calls, the elements of their results, and one output.
import type { Argument, ConstantType, Graph, Node, SymbolicNumber, TensorMeta } from './graph';
import type { InputSpec } from './signature';

/** What stands among the arguments of a node. */
export type FxArgument =
  | { node: FxNode }
  | { constant: unknown; type: ConstantType }
  | { list: FxArgument[]; isTuple: boolean }
  | { dict: [string, FxArgument][] };

/** A node of torch.fx. */
export interface FxNode {
  name: string;
  op: 'placeholder' | 'call_function' | 'get_attr' | 'output';
  target: string;
  args: FxArgument[];
  kwargs: [string, FxArgument][];
  trace: string | undefined;
  /** JSON of what a program has noted beside its operators. */
  custom?: string;
  meta: TensorMeta | SymbolicNumber | undefined;
  users: Set<FxNode>;
}

/** A graph of torch.fx, with the graphs that are its module's children. */
export interface FxGraph {
  nodes: FxNode[];
  children: Map<string, FxGraph>;
}

const HIGHER_ORDER = 'torch.ops.higher_order.';
export const GETITEM = '_operator.getitem';

/** Builds it; `inputs` name the placeholders of constants. */
export function fxGraph(graph: Graph, inputs: readonly InputSpec[] = []): FxGraph {
  return new Builder(graph).build(inputs);
}

// 'torch.ops.aten.split.Tensor' and its like have an overload at the end.
const hasOverload = (target: string): boolean =>
  target.startsWith('torch.ops.') && !target.startsWith(HIGHER_ORDER);
const baseOf = (target: string): string => target.split('.').at(hasOverload(target) ? -2 : -1) ?? target;
// What torch.fx calls a node that has no name in the file: older versions wrote none.
function unnamed(target: string): string {
  const overload = hasOverload(target) ? `_${target.split('.').at(-1)}` : '';
  return (baseOf(target) + overload).replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

class Builder {
  readonly #nodes: FxNode[] = [];
  readonly #children = new Map<string, FxGraph>();
  readonly #byName = new Map<string, FxNode>();

  constructor(private readonly graph: Graph) {}

  build(inputs: readonly InputSpec[]): FxGraph {
    for (const [i, input] of this.graph.inputs.entries()) {
      const name = input.form === 'value' ? input.name : inputs[i]?.name || `arg${i}`;
      this.#add('placeholder', name, name, [], [], undefined);
    }
    for (const node of this.graph.nodes) {
      const first = this.#nodes.length;
      this.#call(node);
      const custom = node.metadata.get('custom');
      if (custom !== undefined) for (const made of this.#nodes.slice(first)) made.custom = custom;
    }
    const outputs = this.graph.outputs.map((output) => this.#argument(output, undefined));
    const result: FxArgument =
      this.graph.isSingleReturn && outputs.length === 1 ? outputs[0] : { list: outputs, isTuple: true };
    this.#add('output', 'output', 'output', [result], [], undefined);
    return { nodes: this.#nodes, children: this.#children };
  }

  #add(
    op: FxNode['op'],
    name: string,
    target: string,
    args: FxArgument[],
    kwargs: [string, FxArgument][],
    trace: string | undefined,
  ): FxNode {
    const meta = this.graph.tensors.get(name) ?? this.graph.numbers.get(name);
    const node: FxNode = { name, op, target, args, kwargs, trace, meta, users: new Set() };
    for (const input of inputsOf(node)) input.users.add(node);
    this.#nodes.push(node);
    this.#byName.set(name, node);
    return node;
  }

  #call(node: Node): void {
    const trace = node.metadata.get('stack_trace');
    const args: FxArgument[] = [];
    const kwargs: [string, FxArgument][] = [];
    for (const { name, argument, isKeyword } of node.inputs) {
      const value = this.#argument(argument, trace);
      if (isKeyword) kwargs.push([name, value]);
      else args.push(value);
    }
    const [first] = node.outputs;
    const isHigherOrder = node.target.startsWith(HIGHER_ORDER);
    // A number that a method gives has the name of its node.
    const isSingle =
      node.outputs.length === 1 &&
      first.form === 'value' &&
      (!isHigherOrder || node.isSingleReturn || first.name === node.name);
    if (isSingle) return void this.#add('call_function', first.name, node.target, args, kwargs, trace);
    const isNone = node.outputs.length === 1 && first.form === 'constant';
    const name = isNone
      ? this.#unused(`${baseOf(node.target)}_unused`)
      : (node.name ?? this.#unused(unnamed(node.target)));
    const whole = this.#add('call_function', name, node.target, args, kwargs, trace);
    whole.meta = undefined;
    if (isNone) return;
    const parts = node.outputs.length === 1 && first.form === 'list' ? first.items : node.outputs;
    this.#elements(whole, parts, trace);
  }

  // An element that nobody uses is there, too.
  #elements(whole: FxNode, parts: readonly Argument[], trace: string | undefined): void {
    for (const [i, part] of parts.entries()) {
      const args: FxArgument[] = [{ node: whole }, { constant: i, type: 'int' }];
      const name =
        part.form === 'value' ? part.name : part.form === 'constant' ? 'as_none' : this.#unused('getitem');
      const element = this.#add('call_function', name, GETITEM, args, [], trace);
      if (part.form === 'list') this.#elements(element, part.items, trace);
    }
  }

  #unused(base: string): string {
    let name = base;
    for (let i = 1; this.#byName.has(name); i++) name = `${base}_${i}`;
    return name;
  }

  #argument(argument: Argument, trace: string | undefined): FxArgument {
    switch (argument.form) {
      case 'value': {
        const node = this.#byName.get(argument.name);
        return node ? { node } : { constant: argument.name, type: 'operator' };
      }
      case 'constant':
        return { constant: argument.value, type: argument.type };
      case 'list': {
        const list = argument.items.map((item) => this.#argument(item, trace));
        const isTuple = false;
        return { list, isTuple };
      }
      case 'dict':
        return { dict: argument.items.map(([key, item]) => [key, this.#argument(item, trace)]) };
      case 'graph':
        this.#children.set(argument.name, fxGraph(argument.graph));
        return { node: this.#add('get_attr', argument.name, argument.name, [], [], trace) };
    }
  }
}

/** The nodes that a node is given, each once, in their order. */
export function inputsOf({ args, kwargs }: FxNode): Set<FxNode> {
  const found = new Set<FxNode>();
  const look = (argument: FxArgument): void => {
    if ('node' in argument) found.add(argument.node);
    else if ('list' in argument) argument.list.forEach(look);
    else if ('dict' in argument) argument.dict.forEach(([, item]) => look(item));
  };
  args.forEach(look);
  kwargs.forEach(([, argument]) => look(argument));
  return found;
}
