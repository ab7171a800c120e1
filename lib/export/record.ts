// A recording of a call as a graph: its tensors that are not made by it become inputs, and every value has a name.
import { Complex } from '../core/complex';
import * as dtypes from '../core/dtype';
import { DType } from '../core/dtype';
import { Layout, MemoryFormat } from '../core/layout';
import { TorchError } from '../core/errors';
import { noGrad } from '../autograd/mode';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { Program } from '../native/program';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import type { Handle, ProgramArgument, ProgramNode } from '../../typings/native';
import type { Argument, ConstantType, NamedArgument, Node, TensorMeta } from './graph';
import { metaOf } from './meta';
import { type OperatorParameter, operatorParameters } from './operators';

const LIFT = 'aten::lift_fresh_copy';
const NONE: Argument = { form: 'constant', type: 'none', value: null };

/** A tensor that a recording has from elsewhere, and its slot. */
export interface Lifted {
  tensor: Tensor;
  slot: number;
}

/** What a call did, with every value in a slot. */
export class Lifting {
  readonly lifted: Lifted[] = [];
  readonly nodes: ProgramNode[] = [];
  readonly outputs: ProgramArgument[];
  /** Whether the call turned gradients off or on. */
  readonly changesModes: boolean;
  #slots: number;

  constructor(handle: Handle) {
    const { nodes, slots, outputs, changesModes } = native.captureDescription(handle);
    this.changesModes = changesModes;
    const held = native.captureOthers(handle).map((one) => wrap(one) as Tensor);
    this.#slots = slots;
    const isHeld = (tensor: Tensor): boolean => held.some((one) => native.isSame(one, tensor));
    for (const node of nodes) this.nodes.push(this.#node(node, isHeld));
    this.outputs = outputs.map((output) => this.#lift(output, isHeld));
  }

  get slots(): number {
    return this.#slots;
  }

  #node(node: ProgramNode, isHeld: (tensor: Tensor) => boolean): ProgramNode {
    const lift = (argument: ProgramArgument): ProgramArgument => this.#lift(argument, isHeld);
    const { parameters } = operatorParameters(node.operator);
    const fill = (slot: number | null): number => slot ?? this.#slots++;
    return {
      ...node,
      arguments: node.arguments.map(lift),
      keywords: Object.fromEntries(
        parameters.flatMap(({ name }) => {
          const given = node.keywords?.[name];
          return given === undefined ? [] : [[name, lift(given)]];
        }),
      ),
      outputs: node.outputs.map((output) =>
        Array.isArray(output) ? output.map(fill) : fill(output as number | null),
      ),
    };
  }

  #lift(argument: ProgramArgument, isHeld: (tensor: Tensor) => boolean): ProgramArgument {
    if ('list' in argument) return { list: argument.list.map((one) => this.#lift(one, isHeld)) };
    if (!('constant' in argument)) return argument;
    const constant: unknown = wrap(argument.constant);
    if (isTensor(constant)) {
      const tensor = constant as Tensor;
      if (tensor.dim() === 0 && !isHeld(tensor) && isNumber(tensor)) return numberOf(tensor);
      return { slot: this.#slotOf(tensor, isHeld) };
    }
    if (Array.isArray(constant) && constant.some(isTensor)) {
      return { list: constant.map((one) => this.#lift({ constant: one }, isHeld)) };
    }
    return { constant };
  }

  // Data that the call made of JavaScript's are new at each call.
  #slotOf(tensor: Tensor, isHeld: (tensor: Tensor) => boolean): number {
    const found = this.lifted.find((one) => native.isSame(one.tensor, tensor));
    if (found) return this.#copies.get(found.slot) ?? found.slot;
    const slot = this.#slots++;
    this.lifted.push({ tensor, slot });
    if (isHeld(tensor)) return slot;
    const copy = this.#slots++;
    this.#copies.set(slot, copy);
    this.nodes.push({ operator: LIFT, name: 'lift', arguments: [{ slot }], outputs: [copy] });
    return copy;
  }
  readonly #copies = new Map<number, number>();

  /** What each slot holds, found by a run on copies. */
  metas(args: readonly Tensor[]): Map<number, TensorMeta> {
    const slots = this.nodes.flatMap(({ outputs }) => outputs.flat() as number[]);
    const values = noGrad(() =>
      this.#run(
        args,
        slots.map((slot) => ({ slot })),
      ),
    );
    return new Map(
      values.flatMap((value, i) => (isTensor(value) ? [[slots[i], metaOf(value as Tensor)]] : [])),
    );
  }

  #run(args: readonly Tensor[], outputs: readonly ProgramArgument[]): unknown[] {
    const inputs = [...args.keys(), ...this.lifted.map(({ slot }) => slot)];
    const program = new Program({ slots: this.#slots, inputs, nodes: this.nodes, outputs });
    const given = [...args, ...this.lifted.map(({ tensor }) => tensor)];
    return program.run(given.map((one) => one.detach().clone().requiresGrad_(one.requiresGrad)));
  }
}

// Of a tensor of another dtype and no dimension: a number takes that dtype, a tensor brings its own.
const narrower = new Map<DType, DType>([
  [dtypes.float64, dtypes.float32],
  [dtypes.float32, dtypes.float16],
  [dtypes.int64, dtypes.int32],
  [dtypes.complex128, dtypes.complex64],
]);

// Whether the tensor stands for a number of JavaScript.
function isNumber(tensor: Tensor): boolean {
  const dtype = narrower.get(tensor.dtype);
  return dtype !== undefined && aten.resultType(aten.empty([], { dtype }), tensor) !== tensor.dtype;
}

function numberOf(tensor: Tensor): ProgramArgument {
  const value = tensor.item();
  return typeof value === 'number' && tensor.dtype.isFloatingPoint ? { float: value } : { constant: value };
}

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

/** The nodes of a recording, whose values get names of `bySlot` and `names`. */
export function namedNodes(nodes: readonly ProgramNode[], bySlot: Map<number, string>, names: Names): Node[] {
  const tensor = (slot: number): Argument => ({ form: 'value', type: 'tensor', name: bySlot.get(slot)! });
  return nodes.map((node) => {
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
      return [{ name, type, isKeyword, argument: argumentOf(given, parameter, tensor) }];
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
    return {
      target,
      name: own,
      inputs: trimmed(inputs, parameters),
      outputs,
      metadata: new Map(),
      isSingleReturn: true,
    };
  });
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
  given: ProgramArgument,
  { type }: { type: string },
  tensor: (slot: number) => Argument,
): Argument {
  if ('slot' in given) return tensor(given.slot);
  if ('float' in given) return { form: 'constant', type: 'float', value: given.float };
  if ('list' in given)
    return { form: 'list', items: given.list.map((one) => argumentOf(one, { type }, tensor)) };
  if ('constant' in given) return constantOf(given.constant, type);
  throw new TorchError('torch.export: a graph in a recording cannot be exported');
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
