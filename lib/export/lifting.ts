// A recording of a call: its tensors that are not made by it become inputs.
import * as dtypes from '../core/dtype';
import type { DType } from '../core/dtype';
import { noGrad } from '../autograd/mode';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { Program } from '../native/program';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import type { Handle, ProgramArgument, ProgramNode } from '../../typings/native';
import { operatorParameters } from './operators';

const LIFT = 'aten::lift_fresh_copy';

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
  values(args: readonly Tensor[]): Map<number, Tensor> {
    const slots = [
      ...args.keys(),
      ...this.lifted.map(({ slot }) => slot),
      ...this.nodes.flatMap(({ outputs }) => outputs.flat() as number[]),
    ];
    const values = noGrad(() =>
      this.#run(
        args,
        slots.map((slot) => ({ slot })),
      ),
    );
    return new Map(values.flatMap((value, i) => (isTensor(value) ? [[slots[i], value as Tensor]] : [])));
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
