// The sizes of a call that are open, and the arguments at other sizes.
import { TorchError, valueError } from '../../core/errors';
import { noGrad } from '../../autograd/mode';
import { isMap, isPlainObject } from '../../core/realm';
import { isTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import * as aten from '../../tensor/aten';
import { Dimension, DimHint } from './dim';
import { type LeafSpec, type SizeSpec, userError } from './shapes';

/** A size that is open. */
export interface Open {
  /** What messages call it: the name of a dimension, or of the argument's size. */
  readonly label: string;
  readonly kind: 'NAMED' | 'AUTO' | 'DYNAMIC';
  lower: number;
  upper: number | null;
  /** What it is in the arguments that were given. */
  readonly hint: number;
}

/** A size: known, or a line of an open one. */
export type Size = number | { open: Open; factor: number; offset: number };

/** Of each leaf: its sizes, what it is itself where it is a number, or null. */
export type LeafSizes = readonly Size[] | Size | null;

/** What the open sizes are. */
export type Point = ReadonlyMap<Open, number>;

export const sizeAt = (size: Size, point: Point): number =>
  typeof size === 'number' ? size : size.factor * point.get(size.open)! + size.offset;

/**
 * Makes open sizes of what is asked for.
 *
 * @throws UserError where an argument has another size than it asks for, or one of 0 or 1, which no size stands for.
 */
export class OpenSizes {
  readonly opens: Open[] = [];
  readonly sizes: LeafSizes[];
  readonly #named = new Map<string, { open: Open; from: Dimension; where: string }>();

  constructor(leaves: readonly unknown[], specs: readonly LeafSpec[], paths: readonly string[]) {
    this.sizes = leaves.map((leaf, i): LeafSizes => {
      const spec = specs[i];
      if (!isTensor(leaf))
        return spec === null ? null : this.#size(leaf as number, spec as SizeSpec, paths[i]);
      const { shape } = leaf as Tensor;
      return (spec as SizeSpec[]).map((one, d) => this.#size(shape[d], one, `${paths[i]}.size()[${d}]`));
    });
    for (const { label, kind, hint } of this.opens) {
      if (hint > 1) continue;
      throw userError(
        `You marked ${label} as dynamic but your code specialized it to be a constant (${hint}): pass an example whose ` +
          `size is larger${kind === 'DYNAMIC' ? ', or use Dim.AUTO' : ''}`,
      );
    }
  }

  #size(size: number, spec: SizeSpec, where: string): Size {
    if (spec === null) return size;
    if (typeof spec === 'number') {
      if (spec === size) return size;
      throw constraint(
        `Static shape constraint of ${spec} does not match input size of ${size}, for ${where}`,
      );
    }
    if (spec instanceof Dimension) return this.#line(size, spec, where);
    return spec instanceof DimHint ? this.#hinted(size, spec, where) : size;
  }

  // Of bounds that leave one size Python makes a symbol that has one.
  #hinted(size: number, { kind, min, max }: DimHint, where: string): Size {
    const input = where.replace(/^L(.*)\.size\(\)(?=\[\d+\]$)/, 'inputs$1.shape');
    const lower = min ?? (kind === 'STATIC' ? 0 : 2);
    if ((size < lower && (size > 1 || kind === 'STATIC')) || (max !== null && size > max)) {
      throw conflict(
        `Received user-specified min/max range of [${lower}, ${max ?? 'int_oo'}], conflicting with the inferred min/max ` +
          `range of [${size}, ${size}], for ${input}`,
      );
    }
    if (kind === 'STATIC' || (kind === 'AUTO' && size < 2)) return size;
    const bounds = `${kind}(min=${min}, max=${max})`;
    if (max !== null && max <= Math.max(lower, 2)) {
      if (kind === 'AUTO') return size;
      throw conflict(
        `Received user-specified dim hint Dim.${bounds}, but tracing inferred a static shape of ${size} for dimension ${input}`,
      );
    }
    const open: Open = { label: where, kind, lower: Math.max(lower, 2), upper: max, hint: size };
    this.opens.push(open);
    return { open, factor: 1, offset: 0 };
  }

  #line(size: number, spec: Dimension, where: string): Size {
    const { root, factor, offset } = spec;
    if (size < spec.min || (spec.max !== null && size > spec.max)) {
      throw constraint(`${size} not in range [${spec.min}, ${spec.max ?? 'int_oo'}]`);
    }
    const hint = (size - offset) / factor;
    if (!Number.isInteger(hint)) {
      throw userError(
        `Expected input ${where} = ${size} to be of the form ${spec.name}, where ${root.name} is an integer`,
      );
    }
    const known = this.#named.get(root.name);
    if (known && (known.from.root.min !== root.min || known.from.root.max !== root.max)) {
      throw userError(
        `Found different definitions ${String(known.from)} and ${String(spec)} for the same symbolic dimension ${root.name}!`,
      );
    }
    if (known && known.open.hint !== hint) {
      throw userError(
        `${where} = ${size} is not equal to what ${known.where} says of ${root.name}, ${known.open.hint}`,
      );
    }
    const open = known?.open ?? { label: root.name, kind: 'NAMED', lower: root.min, upper: root.max, hint };
    if (!known) {
      this.opens.push(open);
      const from = new Dimension(root, 1, 0);
      this.#named.set(root.name, { open, from, where });
    }
    return { open, factor, offset };
  }
}

const conflict = (message: string): TorchError =>
  valueError(
    'Found the following conflicts between user-specified ranges and inferred ranges from model tracing:\n- ' +
      `${message}.`,
  );
const constraint = (message: string): TorchError => new TorchError(message, 'ConstraintViolationError');

/** Sizes in which open ones are others, or known. */
export function withOthers(sizes: readonly LeafSizes[], other: (open: Open) => Open | number): LeafSizes[] {
  const one = (size: Size): Size => {
    if (typeof size === 'number') return size;
    const found = other(size.open);
    return typeof found === 'number' ? size.factor * found + size.offset : { ...size, open: found };
  };
  return sizes.map((size) =>
    size === null ? null : Array.isArray(size) ? size.map(one) : one(size as Size),
  );
}

/** The leaves at other sizes: their values come again and again. */
export function leavesAt(leaves: readonly unknown[], sizes: readonly LeafSizes[], point: Point): unknown[] {
  const made = new Map<unknown, Tensor>();
  return leaves.map((leaf, i) => {
    const size = sizes[i];
    if (size === null) return leaf;
    if (!isTensor(leaf)) return sizeAt(size as Size, point);
    const wanted = (size as Size[]).map((one) => sizeAt(one, point));
    const found = made.get(leaf) ?? resized(leaf as Tensor, wanted);
    made.set(leaf, found);
    return found;
  });
}

// Dense, its dimensions in memory as those of the given one.
function resized(tensor: Tensor, shape: readonly number[]): Tensor {
  return noGrad(() => {
    let result = tensor.detach();
    for (const [d, count] of shape.entries()) {
      if (count === tensor.shape[d]) continue;
      result = aten.indexSelect(
        result,
        d,
        aten.arange(count, { device: tensor.device }).remainder(tensor.shape[d]),
      );
    }
    const old = tensor.stride();
    const order = shape.map((_, d) => d).sort((a, b) => old[a] - old[b] || b - a);
    const strides = shape.map(() => 0);
    let next = 1;
    for (const d of order) {
      strides[d] = next;
      next *= Math.max(shape[d], 1);
    }
    const { dtype, device } = tensor;
    const dense = aten.emptyStrided([...shape], strides, { dtype, device }).copy_(result);
    return dense.requiresGrad_(tensor.requiresGrad);
  });
}

/** `value` with other leaves. */
export function withLeaves(value: unknown, leaves: Iterator<unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => withLeaves(item, leaves));
  if (isMap(value)) return new Map([...value].map(([key, item]) => [key, withLeaves(item, leaves)]));
  if (!isPlainObject(value)) return leaves.next().value as unknown;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withLeaves(item, leaves)]));
}
