// One node of a program: run by itself, its arguments, its results.
import { camelCase } from '../../core/names';
import { TorchError } from '../../core/errors';
import { Program } from '../../native/program';
import { compileGraph } from '../compile';
import { type OperatorParameter, operatorParameters } from '../operators';
import { type Argument, type Graph, type Node, namesIn } from '../graph';

export type Values = Map<string, unknown>;

// A node as a program of its own, with the names of what it takes and gives.
export function programOf(node: Node): [Program, string[], Argument[]] {
  const taken = new Map<string, Argument>();
  if (node.target.startsWith('torch._functorch.')) {
    throw new TorchError("runDecompositions(): torch.func's transforms are not decomposed here");
  }
  const look = (argument: Argument): void => {
    if (argument.form === 'value') taken.set(argument.name, argument);
    else if (argument.form === 'list') argument.items.forEach(look);
    else if (argument.form === 'graph') {
      throw new TorchError(`runDecompositions(): ${node.target} has graphs, which are not decomposed here`);
    }
  };
  for (const { argument } of node.inputs) look(argument);
  const outputs = node.outputs.flatMap((output) => (output.form === 'list' ? output.items : [output]));
  const named = outputs.filter((output) => [...namesIn(output)].length > 0);
  const graph: Graph = {
    inputs: [...taken.values()],
    outputs: named,
    nodes: [node],
    tensors: new Map(),
    numbers: new Map(),
    isSingleReturn: false,
  };
  return [new Program(compileGraph(graph)), [...taken.keys()], named];
}

export function given(
  node: Node,
  values: Values,
  plain: (value: unknown) => unknown,
): { args: unknown[]; kwargs: Record<string, unknown> } {
  const one = (argument: Argument): unknown => {
    if (argument.form === 'value') return plain(values.get(argument.name));
    if (argument.form === 'list') return argument.items.map(one);
    return argument.form === 'constant' ? argument.value : null;
  };
  const args: unknown[] = [];
  const kwargs: Record<string, unknown> = {};
  const places = positionalOf(node.target);
  for (const { name: key, argument, isKeyword } of node.inputs) {
    const place = isKeyword ? places.findIndex(({ name }) => name === key) : args.length;
    if (place < 0) kwargs[camelCase(key)] = one(argument);
    else {
      // Older versions wrote as keywords what has a place, too.
      while (args.length < place) args.push(defaultOf(places[args.length]));
      args[place] = one(argument);
    }
  }
  return { args, kwargs };
}

export function bind(
  outputs: readonly Argument[],
  result: unknown,
  lifted: (value: unknown) => unknown,
  values: Values,
): void {
  const results = outputs.length === 1 ? [result] : (result as unknown[]);
  outputs.forEach((output, i) => {
    if (output.form === 'value') values.set(output.name, lifted(results[i]));
    else if (output.form === 'list') {
      output.items.forEach((item, k) => {
        if (item.form === 'value') values.set(item.name, lifted((results[i] as unknown[])[k]));
      });
    }
  });
}

/** The parameters of 'torch.ops.aten.add.Tensor' that have a place. */
export function positionalOf(target: string): OperatorParameter[] {
  const [, space, name, ending] = /^torch\.ops\.(\w+)\.(\w+)\.(\w+)$/.exec(target) ?? [];
  if (space === undefined) return [];
  const operator = ending === 'default' ? `${space}::${name}` : `${space}::${name}.${ending}`;
  return operatorParameters(operator).parameters.filter(({ isKeyword }) => !isKeyword);
}

function defaultOf({ name, type, default: standard }: OperatorParameter): unknown {
  const words: Record<string, unknown> = { None: null, True: true, False: false };
  try {
    const value: unknown = standard! in words ? words[standard!] : JSON.parse(standard!.replaceAll("'", '"'));
    const count = /\[(\d+)\]/.exec(type);
    return count && typeof value === 'number' ? Array<number>(Number(count[1])).fill(value) : value;
  } catch {
    throw new TorchError(`runDecompositions(): the program does not give ${name}`);
  }
}
