// What a call did as a graph in which every value has a name.
import { Complex } from '../core/complex';
import { DType } from '../core/dtype';
import { Layout, MemoryFormat } from '../core/layout';
import { TorchError } from '../core/errors';
import type { SizeNodes } from './dynamic/nodes';
import type { TracedArgument, TracedNode } from './dynamic/merge';
import type { Argument, ConstantType, NamedArgument, Node } from './graph';
import type { ModuleStacks } from './module_stacks';
import { type OperatorParameter, operatorParameters } from './operators';

const NONE: Argument = { form: 'constant', type: 'none', value: null };

/** Gives each value a name that no other has. */
export class Names {
  readonly #used = new Set<string>();

  add(wanted: string): string {
    const base = wanted.replace(/\W/g, '_').replace(/^(?=\d)/, '_');
    let name = base;
    for (let i = 1; this.#used.has(name); i++) name = `${base}_${i}`;
    this.#used.add(name);
    return name;
  }
}

/** The nodes of a recording, whose values get names of `bySlot` and `names`. Those of sizes come before their first use. */
export function namedNodes(
  nodes: readonly TracedNode[],
  bySlot: Map<number, string>,
  names: Names,
  sizes: SizeNodes,
  stacks: ModuleStacks,
): Node[] {
  const metadata = metadataOf(nodes, stacks);
  const tensor = (slot: number): Argument => ({ form: 'value', type: 'tensor', name: bySlot.get(slot)! });
  return nodes.flatMap((node, at) => {
    const [space, called] = node.operator.split('::');
    const [base, overload = 'default'] = called.split('.');
    const { parameters, returns } = operatorParameters(node.operator);
    if (returns.some((type) => !type.startsWith('Tensor'))) {
      throw new TorchError(
        `torch.export: ${node.operator} gives more than tensors, which cannot be exported`,
      );
    }
    const inputs = parameters.flatMap((parameter, i): NamedArgument[] => {
      const given = parameter.isKeyword ? node.keywords?.[parameter.name] : node.arguments[i];
      if (given === undefined) return [];
      const { name, type, isKeyword } = parameter;
      return [{ name, type, isKeyword, argument: argumentOf(given, parameter, tensor, sizes) }];
    });
    const isSingle = node.outputs.length === 1 && !Array.isArray(node.outputs[0]);
    const own = names.add(base);
    const define = (slot: number): Argument => {
      bySlot.set(slot, isSingle ? own : names.add('getitem'));
      return tensor(slot);
    };
    const outputs = node.outputs.map((output): Argument =>
      Array.isArray(output) ? { form: 'list', items: output.map(define) } : define(output as number),
    );
    const target = `torch.ops.${space}.${base}.${overload}`;
    const made: Node = {
      target,
      name: own,
      inputs: trimmed(inputs, parameters),
      outputs,
      metadata: metadata[at],
      isSingleReturn: true,
    };
    return [...sizes.take().map((size) => ({ ...size, metadata: metadata[at] })), made];
  });
}

// Which modules are at work. What has no number in the recording is there for the next node.
function metadataOf(nodes: readonly TracedNode[], stacks: ModuleStacks): Node['metadata'][] {
  let number = Infinity;
  const backwards = [...nodes].reverse().map(({ name }): Node['metadata'] => {
    if (/^\d+$/.test(name)) number = Number(name);
    const text = stacks.at(number);
    return new Map(text === '' ? [] : [['nn_module_stack', text]]);
  });
  return backwards.reverse();
}

// Without what the schema has anyway: keywords, and the last ones by position.
function trimmed(inputs: NamedArgument[], parameters: readonly OperatorParameter[]): NamedArgument[] {
  const isDefault = ({ name, argument }: NamedArgument): boolean => {
    const text = parameters.find((one) => one.name === name)?.default;
    if (text === undefined || argument.form !== 'constant') return false;
    const { type, value } = argument;
    if (type === 'none') return text === 'None';
    if (type === 'bool') return text === (value ? 'True' : 'False');
    return (type === 'int' || type === 'float') && Number(text) === Number(value);
  };
  const positional = inputs.filter(({ isKeyword }) => !isKeyword);
  while (positional.length > 0 && isDefault(positional.at(-1)!)) positional.pop();
  return [...positional, ...inputs.filter((input) => input.isKeyword && !isDefault(input))];
}

function argumentOf(
  given: TracedArgument,
  parameter: { type: string },
  tensor: (slot: number) => Argument,
  sizes: SizeNodes,
): Argument {
  if ('slot' in given) return tensor(given.slot);
  if ('expression' in given) return sizes.argument(given.expression);
  if ('float' in given) return { form: 'constant', type: 'float', value: given.float };
  if ('constant' in given) return constantOf(given.constant, parameter.type);
  const items = given.list.map((one) => argumentOf(one, parameter, tensor, sizes));
  return { form: 'list', items };
}

/** A constant, or a list of them. `type` is the operator's. */
export function constantOf(value: unknown, type = ''): Argument {
  if (value == null) return NONE;
  if (Array.isArray(value)) return { form: 'list', items: value.map((one) => constantOf(one, type)) };
  const kind = kindOf(value, type);
  return { form: 'constant', type: kind, value: kind === 'device' ? String(value) : value };
}

function kindOf(value: unknown, type: string): ConstantType {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return Number.isInteger(value) && !/^float/.test(type) ? 'int' : 'float';
  if (typeof value === 'string') return /^device/i.test(type) ? 'device' : 'string';
  if (value instanceof DType) return 'dtype';
  if (value instanceof Layout) return 'layout';
  if (value instanceof MemoryFormat) return 'memoryFormat';
  if (value instanceof Complex) return 'complex';
  if (/^device/i.test(type)) return 'device';
  throw new TorchError(`torch.export: ${String(value)} cannot be part of a program`);
}
