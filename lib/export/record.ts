// What a call did as a graph in which every value has a name.
import { Complex } from '../core/complex';
import { DType } from '../core/dtype';
import { Layout, MemoryFormat } from '../core/layout';
import { TorchError } from '../core/errors';
import type { SizeNodes } from './dynamic/nodes';
import type { TracedArgument, TracedNode } from './dynamic/merge';
import type { Argument, ConstantType, NamedArgument, Node, TensorMeta } from './graph';
import { type OperatorParameter, operatorParameters } from './operators';

const NONE: Argument = { form: 'constant', type: 'none', value: null };

/** Gives each value a name that no other has. */
export class Names {
  readonly #used = new Set<string>();

  /** Whether nobody has it; from now on somebody does. */
  take(name: string): boolean {
    if (this.#used.has(name)) return false;
    this.#used.add(name);
    return true;
  }

  add(wanted: string): string {
    const base = wanted.replace(/\W/g, '_').replace(/^(?=\d)/, '_');
    let name = base;
    for (let i = 1; this.#used.has(name); i++) name = `${base}_${i}`;
    this.#used.add(name);
    return name;
  }
}

/** A graph that is being made. */
export interface Scope {
  readonly names: Names;
  /** What the values in slots are called. */
  readonly bySlot: Map<number, string>;
  readonly metas: Map<string, TensorMeta>;
  readonly sizes: SizeNodes;
  /** Which modules are at work, by the number of a node. */
  readonly stackAt: (number: number) => string;
  /** What is known of the value in each slot. */
  readonly slots: ReadonlyMap<number, TensorMeta>;
}

/** Gives the value in a slot its name. */
export function define({ bySlot, metas, slots }: Scope, slot: number, name: string): Argument {
  bySlot.set(slot, name);
  const meta = slots.get(slot);
  if (meta) metas.set(name, meta);
  return { form: 'value', type: 'tensor', name };
}

/** The node for a step, and those of sizes that come before their first use. */
export function operatorNodes(node: TracedNode, scope: Scope, number: number): Node[] {
  const { names, sizes, bySlot } = scope;
  const tensor = (slot: number): Argument => ({ form: 'value', type: 'tensor', name: bySlot.get(slot)! });
  const [space, called] = node.operator.split('::');
  const [base, overload = 'default'] = called.split('.');
  const { parameters, returns } = operatorParameters(node.operator);
  if (returns.some((type) => !type.startsWith('Tensor'))) {
    throw new TorchError(`torch.export: ${node.operator} gives more than tensors, which cannot be exported`);
  }
  const inputs = parameters.flatMap((parameter, i): NamedArgument[] => {
    const given = parameter.isKeyword ? node.keywords?.[parameter.name] : node.arguments[i];
    if (given === undefined) return [];
    const { name, type, isKeyword } = parameter;
    return [{ name, type, isKeyword, argument: argumentOf(given, parameter, tensor, sizes) }];
  });
  const isSingle = node.outputs.length === 1 && !Array.isArray(node.outputs[0]);
  const own = names.add(base);
  const result = (slot: number): Argument => define(scope, slot, isSingle ? own : names.add('getitem'));
  const outputs = node.outputs.map((output): Argument =>
    Array.isArray(output) ? { form: 'list', items: output.map(result) } : result(output as number),
  );
  const metadata = metadataOf(scope.stackAt(number));
  const made: Node = {
    target: `torch.ops.${space}.${base}.${overload}`,
    name: own,
    inputs: trimmed(inputs, parameters),
    outputs,
    metadata,
    isSingleReturn: true,
  };
  return [...sizes.take().map((size) => ({ ...size, metadata })), made];
}

/** What a node says of the modules that are at work. */
export const metadataOf = (stack: string): Node['metadata'] =>
  new Map(stack === '' ? [] : [['nn_module_stack', stack]]);

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
