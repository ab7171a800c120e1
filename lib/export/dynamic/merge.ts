// What a call did at several sizes as one recording: numbers that differ are expressions of the sizes.
import { native } from '../../native';
import type { ProgramArgument, ProgramNode } from '../../../typings/native';
import type { Expression } from '../expression';
import type { SymbolicNumber, TensorMeta } from '../graph';
import type { Trace } from '../tracer';
import type { Fitter, Question } from './fit';
import { isSame, sameValues } from './same';

/** What a node is given: as in a recording, or a number that depends on sizes. */
export type TracedArgument =
  | { readonly slot: number }
  | { readonly constant: unknown }
  | { readonly float: number }
  | { readonly expression: Expression }
  | { readonly list: readonly TracedArgument[] };

export type TracedNode = Omit<ProgramNode, 'arguments' | 'keywords'> & {
  readonly arguments: readonly TracedArgument[];
  readonly keywords: Readonly<Record<string, TracedArgument>>;
};

/** One recording of all. */
export interface Merged {
  readonly nodes: readonly TracedNode[];
  readonly inputs: readonly TensorMeta[];
  readonly metas: ReadonlyMap<number, TensorMeta>;
  /** What the call gave that is no tensor: as it is, or an expression. */
  readonly constants: readonly TracedArgument[];
}

/** Calls did different things. `trace` is the first that did; `node` of its recording, where one is known. */
export class Differs extends Error {
  constructor(
    message: string,
    readonly trace = 0,
    readonly node: number | null = null,
  ) {
    super(message);
  }
}

/** Another run would tell which expression fits. */
export class Undecided extends Error {
  constructor(readonly question: Question) {
    super('several expressions fit');
  }
}

const shown = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));

/**
 * Merges them. `fitter` is null where there is one alone.
 *
 * @throws Differs, Undecided.
 */
export function merge(
  traces: readonly Trace[],
  fitter: Fitter | null = null,
  hintOf: (expression: Expression) => number = () => 0,
): Merged {
  return new Merger(traces, fitter, hintOf).merged();
}

class Merger {
  // Where it is, for messages.
  #where = '';
  #node: number | null = null;

  constructor(
    private readonly traces: readonly Trace[],
    private readonly fitter: Fitter | null,
    private readonly hintOf: (expression: Expression) => number,
  ) {}

  merged(): Merged {
    const { traces } = this;
    this.#sameCalls();
    const inputs = traces[0].inputMetas.map((_, i) => {
      this.#where = `argument ${i + 1}`;
      return this.#meta(traces.map(({ inputMetas }) => inputMetas[i]));
    });
    this.#sameConstants();
    const metas = new Map<number, TensorMeta>();
    const nodes = traces[0].lifting.nodes.map((node, i) => {
      this.#node = /^\d+$/.test(node.name) ? Number(node.name) : null;
      this.#where = `node ${i}, ${node.operator},`;
      const made = this.#merge(traces.map(({ lifting }) => lifting.nodes[i]));
      this.#where += ' gives';
      for (const slot of node.outputs.flat()) {
        const found = traces.map((trace) => trace.metas.get(slot!));
        if (found[0]) metas.set(slot!, this.#meta(found as TensorMeta[]));
      }
      return made;
    });
    this.#node = null;
    this.#where = 'a result is';
    const constants = traces[0].results.map((_, i) =>
      traces[0].slots[i] < 0 ? this.#value(traces.map(({ results }) => results[i])) : { constant: null },
    );
    return { nodes, inputs, metas, constants };
  }

  #fail(what: string, trace = 1): never {
    throw new Differs(`${this.#where} ${what}`, trace, this.#node);
  }

  // The same operators in the same order, with the same nesting of results.
  #sameCalls(): void {
    const [first, ...rest] = this.traces;
    const calls = first.lifting.nodes;
    for (const [t, { lifting, outSpec, slots, regions }] of rest.entries()) {
      const count = Math.max(calls.length, lifting.nodes.length);
      for (let i = 0; i < count; i++) {
        const [one, other] = [calls[i], lifting.nodes[i]];
        if (one?.operator === other?.operator) continue;
        const node = Number(other?.name);
        throw new Differs(
          `call ${i + 1} is ${other?.operator ?? 'none'}, and ${one?.operator ?? 'none'}`,
          t + 1,
          Number.isNaN(node) ? null : node,
        );
      }
      const isSame = JSON.stringify(regions) === JSON.stringify(first.regions);
      if (isSame && String(outSpec) === String(first.outSpec) && String(slots) === String(first.slots))
        continue;
      throw new Differs('the result is nested otherwise, or made elsewhere', t + 1);
    }
  }

  // Tensors that are part of the program: those of the module, and what is made of numbers of JavaScript.
  #sameConstants(): void {
    const [first, ...rest] = this.traces.map(({ lifting }) => lifting.lifted);
    this.#where = 'a tensor that is made of numbers of JavaScript';
    for (const [t, lifted] of rest.entries()) {
      if (lifted.length !== first.length) this.#fail('is there at some sizes alone', t + 1);
      for (const [i, { tensor }] of lifted.entries()) {
        if (native.isSame(tensor, first[i].tensor) || sameValues(tensor, first[i].tensor)) continue;
        this.#fail(
          `is another one, of shape [${String(tensor.shape)}] and [${String(first[i].tensor.shape)}]: make it of sizes by ` +
            'torch.arange, torch.full and the like',
          t + 1,
        );
      }
    }
  }

  #merge(nodes: readonly ProgramNode[]): TracedNode {
    const [first] = nodes;
    const at = this.#where;
    const each = (name: string, given: readonly ProgramArgument[]): TracedArgument => {
      this.#where = `${at} is given as ${name}`;
      return this.#argument(given);
    };
    if (nodes.some(({ outputs }) => String(outputs) !== String(first.outputs)))
      this.#fail('gives more or less');
    const made = {
      ...first,
      arguments: first.arguments.map((_, i) =>
        each(
          `argument ${i + 1}`,
          nodes.map((node) => node.arguments[i]),
        ),
      ),
      keywords: Object.fromEntries(
        Object.keys(first.keywords ?? {}).map((key) => [
          key,
          each(
            key,
            nodes.map(({ keywords }) => keywords![key]),
          ),
        ]),
      ),
    };
    this.#where = at;
    return made;
  }

  #argument(given: readonly ProgramArgument[]): TracedArgument {
    const [first] = given;
    if ('slot' in first) {
      if (given.some((one) => !('slot' in one) || one.slot !== first.slot)) this.#fail('another value');
      return first;
    }
    if ('list' in first) {
      const lists = given.map((one) => ('list' in one ? one.list : []));
      if (lists.some((list) => list.length !== first.list.length)) this.#fail('lists of different lengths');
      return { list: first.list.map((_, i) => this.#argument(lists.map((list) => list[i]))) };
    }
    if ('float' in first) {
      const values = given.map((one) => ('float' in one ? one.float : NaN));
      const isSame = values.every((value) => Object.is(value, first.float));
      return isSame ? first : { expression: this.#numbers(values) };
    }
    if ('graph' in first) this.#fail('a graph');
    return this.#value(given.map((one) => ('constant' in one ? one.constant : one)));
  }

  #value(values: readonly unknown[]): TracedArgument {
    const [first] = values;
    if (values.every((value) => isSame(value, first))) return { constant: first };
    const lists = values.filter((value): value is unknown[] => Array.isArray(value));
    if (lists.length === values.length && lists.every(({ length }) => length === lists[0].length)) {
      return { list: lists[0].map((_, i) => this.#value(lists.map((list) => list[i]))) };
    }
    if (!values.every((value) => typeof value === 'number')) this.#fail(values.map(shown).join(', '));
    return { expression: this.#numbers(values) };
  }

  #numbers(values: readonly number[]): Expression {
    const found = this.fitter?.fit(values) ?? null;
    if (found === null) this.#fail(`${values.join(', ')}, which is no expression of sizes`, 0);
    if ('expressions' in found) throw new Undecided(found);
    return found;
  }

  #meta(metas: readonly TensorMeta[]): TensorMeta {
    const [first] = metas;
    const place = this.#where;
    for (const name of ['dtype', 'device', 'layout', 'requiresGrad'] as const) {
      const differs = metas.findIndex((meta) => meta[name] !== first[name]);
      if (differs > 0)
        this.#fail(
          `a tensor of ${name} ${String(metas[differs][name])}, and ${String(first[name])}`,
          differs,
        );
    }
    const all = (name: 'sizes' | 'strides'): SymbolicNumber[] => {
      this.#where = `${place} a tensor whose ${name} are`;
      const differs = metas.findIndex((meta) => meta[name].length !== first[name].length);
      if (differs > 0) this.#fail(`${shown(metas[differs][name])}, and ${shown(first[name])}`, differs);
      return first[name].map((_, i) => this.#symbolic(metas.map((meta) => meta[name][i])));
    };
    const meta = { ...first, sizes: all('sizes'), strides: all('strides') };
    this.#where = `${place} a tensor whose offset is`;
    meta.storageOffset = this.#symbolic(metas.map(({ storageOffset }) => storageOffset));
    this.#where = place;
    return meta;
  }

  #symbolic(values: readonly SymbolicNumber[]): SymbolicNumber {
    const [first] = values as number[];
    if (values.every((value) => value === first)) return first;
    const expression = this.#numbers(values as number[]);
    return expression.kind === 'int'
      ? Number(expression.value)
      : { expression, hint: this.hintOf(expression) };
  }
}
