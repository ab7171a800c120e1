// Operators that stand for plainer ones, or take their arguments otherwise: their nodes become those that are run.
import { damaged } from './errors';
import { lowerFunctionalized } from './functionalized';
import type { Argument, Graph, NamedArgument, Node } from './graph';

const HIGHER_ORDER = 'torch.ops.higher_order.';
// Functions of torch/_functorch/predispatch.py, which open and close levels of vmap and jvp.
const TRANSFORMS = 'torch._functorch.predispatch.';

/** The operator that an argument of a node names. */
export function operatorIn(node: Node, at: number): string {
  const argument = node.inputs[at]?.argument;
  if (argument?.form === 'constant' && argument.type === 'operator') return argument.value as string;
  throw damaged(`a node '${node.target.slice(0, 80)}' names no operator`);
}

const lowerings = new Map<string, (node: Node) => Node[]>([
  // Operators with effects, such as printing, are in an order by tokens. Here nodes run in theirs anyway.
  [
    'with_effects',
    (node) =>
      lower({
        ...node,
        target: operatorIn(node, 1),
        inputs: node.inputs.slice(2),
        outputs: node.outputs.slice(1),
      }),
  ],
  ['auto_functionalized', (node) => lowerFunctionalized(node, operatorIn(node, 0))],
  ['auto_functionalized_v2', (node) => lowerFunctionalized(node, operatorIn(node, 0))],
  // (graph, arguments, {}, hints={...}): hints are for compilers.
  ['hints_wrapper', (node) => [{ ...node, inputs: node.inputs.slice(0, 2) }]],
  ['out_dtype', (node) => [outDtype(node)]],
]);

/** The nodes to run for `node`. */
export function lower(node: Node): Node[] {
  if (node.target.startsWith(TRANSFORMS)) {
    return [{ ...node, inputs: node.inputs.map((input) => ({ ...input, isKeyword: false })) }];
  }
  const lowering =
    node.target.startsWith(HIGHER_ORDER) && lowerings.get(node.target.slice(HIGHER_ORDER.length));
  return lowering ? lowering(node) : [node];
}

// out_dtype(operator, dtype, arguments): the operator becomes a graph, which the addon runs with other arguments.
function outDtype(node: Node): Node {
  const [, dtype, ...given] = node.inputs;
  const inputs = given.map(({ argument }, i): Argument => {
    const type = argument.form === 'value' ? argument.type : 'object';
    return { form: 'value', type, name: `argument ${i}` };
  });
  const result: Argument = { form: 'value', type: 'tensor', name: 'result' };
  const call: Node = {
    ...node,
    target: operatorIn(node, 0),
    inputs: inputs.map((argument): NamedArgument => ({ name: '', argument, isKeyword: false })),
    outputs: [result],
  };
  const graph: Graph = {
    inputs,
    outputs: [result],
    nodes: [call],
    tensors: new Map(),
    numbers: new Map(),
    isSingleReturn: true,
  };
  const body: NamedArgument = {
    name: '',
    argument: { form: 'graph', name: 'operator', graph },
    isKeyword: false,
  };
  return { ...node, inputs: [body, dtype, ...given] };
}
