// What a program says of its open sizes: symbols, where their values are, ranges and guards.
import type { Expression } from '../expression';
import type { ValueRange } from '../guards';
import { symbol } from './fit';
import type { SymbolSource } from './nodes';
import type { LeafSizes, Open, Size } from './open';

type Line = Exclude<Size, number>;
interface Place extends Line {
  readonly leaf: number;
  readonly dim: number | null;
}

/** The open sizes of a program. */
export class Symbols {
  /** The names of the symbols. */
  readonly names: ReadonlyMap<Open, string>;
  readonly #places: readonly Place[];

  constructor(
    readonly opens: readonly Open[],
    sizes: readonly LeafSizes[],
  ) {
    this.names = new Map(opens.map((open, i) => [open, `s${i}`]));
    this.#places = sizes.flatMap((size, leaf) => {
      const list = Array.isArray(size)
        ? size.map((one, dim) => [one, dim] as const)
        : [[size as Size, null] as const];
      return list.flatMap(([one, dim]) =>
        one === null || typeof one === 'number' ? [] : [{ ...one, leaf, dim }],
      );
    });
  }

  // The first place that has the size itself, or the first of all.
  #placeOf(open: Open): Place {
    const all = this.#places.filter((place) => place.open === open);
    return all.find((place) => isPlain(place)) ?? all[0];
  }

  /** Of a leaf that is a number: what it is. */
  numberAt(leaf: number): Expression | null {
    const place = this.#places.find((one) => one.leaf === leaf && one.dim === null);
    return place ? symbol(this.names.get(place.open)!) : null;
  }

  /** `inputs` are the names of the leaves in the graph. */
  sources(inputs: readonly string[]): SymbolSource[] {
    return this.opens.map((open) => {
      const { leaf, dim, factor, offset } = this.#placeOf(open);
      return { name: this.names.get(open)!, hint: open.hint, input: inputs[leaf], dim, factor, offset };
    });
  }

  /** The ranges of the symbols. One for `2*s0` would be in the way of Python's run_decompositions. */
  ranges(): Map<string, ValueRange> {
    return new Map(
      this.opens.map((open) => [this.names.get(open)!, { lower: open.lower, upper: open.upper }]),
    );
  }

  /** What does not follow from ranges: that sizes are lines of others. `sources` is of leaves. */
  guards(sources: readonly string[]): string[] {
    const sourceOf = ({ leaf, dim }: Place): string =>
      dim === null ? sources[leaf] : `${sources[leaf]}.size()[${dim}]`;
    return this.#places.flatMap((place) => {
      const root = this.#placeOf(place.open);
      const [own, other] = [sourceOf(place), sourceOf(root)];
      if (isPlain(place)) return [];
      if (isPlain(root)) return `${own} == ${lineText(place, other)}`;
      if (place !== root) {
        return `${root.factor}*(${own} - ${place.offset}) == ${place.factor}*(${other} - ${root.offset})`;
      }
      const { factor, offset, open } = place;
      const start = offset === 0 ? own : `(${own} - ${offset})`;
      const rest = factor === 1 ? [] : [`${start} % ${factor} == 0`];
      const upper = open.upper === null ? [] : [`${own} <= ${factor * open.upper + offset}`];
      return [...rest, `${own} >= ${factor * open.lower + offset}`, ...upper];
    });
  }
}

const isPlain = ({ factor, offset }: Place): boolean => factor === 1 && offset === 0;
function lineText({ factor, offset }: Place, root: string): string {
  const product = factor === 1 ? root : `${factor}*${root}`;
  return offset === 0 ? product : `${product} + ${offset}`;
}
