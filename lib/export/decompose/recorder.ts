// What a program did below functionalization, as a recording.
import { TorchError } from '../../core/errors';
import { camelCase } from '../../core/names';
import { native } from '../../native';
import { isTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import type { ProgramArgument, ProgramNode } from '../../../typings/native';
import type { TensorMeta } from '../graph';
import type { Lifted } from '../lifting';
import { metaOf } from '../meta';
import { operatorParameters } from '../operators';

type Args = readonly unknown[];
type Keywords = Readonly<Record<string, unknown>>;

/** Gives every tensor a slot; the first ones are those of `inputs`. */
export class Recorder {
  readonly nodes: ProgramNode[] = [];
  readonly lifted: Lifted[] = [];
  readonly metas = new Map<number, TensorMeta>();
  readonly #known = new Map<string, [tensor: Tensor, slot: number][]>();
  readonly #detached: [detached: Tensor, parameter: Tensor][] = [];
  #slots = 0;

  constructor(inputs: readonly Tensor[]) {
    for (const input of inputs) this.#define(input);
  }

  /** A call of 'aten::add.Tensor', whose keywords have JavaScript's names. */
  add(operator: string, args: Args, kwargs: Keywords, results: unknown): void {
    const { parameters, returns } = operatorParameters(operator);
    const positional = parameters.filter(({ isKeyword }) => !isKeyword);
    const isFloat = makesFloat(args, results);
    const keywords: Record<string, ProgramArgument> = {};
    for (const { name, type, isKeyword } of parameters) {
      const value = kwargs[camelCase(name)];
      if (isKeyword && value !== undefined) keywords[name] = this.#argument(value, type, isFloat);
    }
    const given = args.map((arg, i) => this.#argument(arg, positional[i].type, isFloat));
    const list = returns.length === 1 ? [results] : ((results ?? []) as unknown[]);
    if (
      list.some(
        (result) => typeof result === 'number' || typeof result === 'bigint' || typeof result === 'boolean',
      )
    ) {
      throw new TorchError(
        `runDecompositions(): ${operator} reads a number of a tensor, which is not decomposed here`,
      );
    }
    const outputs = list.map((result) =>
      Array.isArray(result)
        ? result.map((one) => this.#define(one as Tensor))
        : this.#define(result as Tensor),
    );
    const name = String(this.nodes.length);
    this.nodes.push({ operator, name, arguments: given, keywords, outputs });
  }

  /** What the program runs with: some composite operators ask whether it needs gradients, also where there are none. */
  withoutGradients(value: unknown): unknown {
    if (!isTensor(value) || !(value as Tensor).requiresGrad) return value;
    const detached = (value as Tensor).detach();
    this.#detached.push([detached, value as Tensor]);
    return detached;
  }

  /** Of a tensor that nothing here has made: it is part of the program. */
  slotOf(given: Tensor): number {
    const found = this.#find(given);
    if (found !== null) return found;
    const tensor = this.#detached.find(([one]) => native.isSame(one, given))?.[1] ?? given;
    const slot = this.#define(given, tensor);
    this.lifted.push({ tensor, slot });
    return slot;
  }

  /** The nodes whose values somebody wants, and those that draw numbers. */
  needed(outputs: readonly number[]): ProgramNode[] {
    const wanted = new Set(outputs);
    const look = (argument: ProgramArgument): void => {
      if ('slot' in argument) wanted.add(argument.slot);
      else if ('list' in argument) argument.list.forEach(look);
    };
    const isNeeded = (node: ProgramNode): boolean => {
      const [name, overload = ''] = node.operator.split('.');
      // What gives nothing checks something.
      if (node.outputs.length === 0 || node.outputs.flat().some((slot) => wanted.has(slot!))) return true;
      return native.tagsOf(name, overload).includes('nondeterministic_seeded');
    };
    return [...this.nodes]
      .reverse()
      .filter((node) => {
        if (!isNeeded(node)) return false;
        node.arguments.forEach(look);
        Object.values(node.keywords ?? {}).forEach(look);
        return true;
      })
      .reverse();
  }

  #find(tensor: Tensor): number | null {
    const found = this.#known.get(keyOf(tensor))?.find(([one]) => native.isSame(one, tensor));
    return found ? found[1] : null;
  }

  #define(tensor: Tensor, described = tensor): number {
    const slot = this.#slots++;
    if (!isTensor(tensor)) return slot;
    const key = keyOf(tensor);
    // What an operator gives as it was given has a second slot.
    this.#known.set(key, [[tensor, slot], ...(this.#known.get(key) ?? [])]);
    this.metas.set(slot, metaOf(described));
    return slot;
  }

  #argument(value: unknown, type: string, isFloat: boolean): ProgramArgument {
    if (isTensor(value)) return { slot: this.slotOf(value as Tensor) };
    if (Array.isArray(value) && value.some(isTensor))
      return { list: value.map((one) => this.#argument(one, type, isFloat)) };
    const mayFloat = /^(?:Tensor|number|Scalar)/.test(type);
    if (typeof value === 'number' && (/^float/.test(type) || (mayFloat && isFloat))) return { float: value };
    return { constant: value };
  }
}

const keyOf = ({ dtype, shape }: Tensor): string => `${dtype.name}[${shape.join()}]`;

// Whether numbers must have been floats.
function makesFloat(args: Args, results: unknown): boolean {
  const isFloating = (value: unknown): boolean => isTensor(value) && (value as Tensor).isFloatingPoint();
  return [results].flat().some(isFloating) && !args.flat().some(isFloating);
}
