/** torch.export.Dim: sizes that a program leaves open. */
import { TorchError, argumentError, valueError } from '../../core/errors';
import { text } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';

/** Options of {@link Dim torch.export.Dim}. */
export interface DimOptions {
  /** The smallest size. Default: 0. */
  min?: number;
  /** The largest size. Default: null, there is none. */
  max?: number | null;
}

const DIM = signature('torch.export.Dim', [text('name')], { min: 0, max: null } as Required<DimOptions>, []);

/** A dimension with a name, or a line of one: `2*batch + 1`. What {@link Dim torch.export.Dim} makes. */
export class Dimension {
  /** @internal */
  constructor(
    /** The dimension that it is derived from, which may be itself. */
    readonly root: { readonly name: string; readonly min: number; readonly max: number | null },
    readonly factor: number,
    readonly offset: number,
  ) {
    if (this.min >= 0) return;
    throw valueError(
      `Expected derived min value of ${this.name} to be >= 0. Please specify an appropriate min value for ` +
        `${root.name} (currently ${root.min}).`,
    );
  }

  /** As in messages: `2*batch`. */
  get name(): string {
    const { factor, offset, root } = this;
    const product = factor === 1 ? root.name : `${factor}*${root.name}`;
    return offset === 0 ? product : `${product} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
  }
  /** The smallest size. */
  get min(): number {
    return this.factor * this.root.min + this.offset;
  }
  /** The largest size; null where there is none. */
  get max(): number | null {
    return this.root.max === null ? null : this.factor * this.root.max + this.offset;
  }

  /** The dimension that is larger by `count`: Python's `batch + 1`. @throws NotImplementedError unless it is a whole number. */
  add(count: number): Dimension {
    this.#check(count, 'add', 'to', 'an integer', Number.isSafeInteger(count));
    return new Dimension(this.root, this.factor, this.offset + count);
  }
  /** The dimension that is smaller by `count`: Python's `batch - 1`. @throws NotImplementedError unless it is a whole number. */
  sub(count: number): Dimension {
    this.#check(count, 'subtract', 'from', 'an integer', Number.isSafeInteger(count));
    return new Dimension(this.root, this.factor, this.offset - count);
  }
  /** The dimension `count` times: Python's `2*batch`. @throws NotImplementedError unless it is a positive whole number. */
  mul(count: number): Dimension {
    this.#check(count, 'multiply', 'with', 'a positive integer', Number.isSafeInteger(count) && count > 0);
    return new Dimension(this.root, this.factor * count, this.offset * count);
  }

  #check(count: unknown, verb: string, word: string, expected: string, holds: boolean): void {
    if (holds) return;
    throw new TorchError(
      `Attempted to ${verb} ${String(count)} ${word} ${this.name}, where ${expected} was expected. (Only increasing ` +
        'linear operations with integer coefficients are supported.)',
      'NotImplementedError',
    );
  }

  /** As Python prints it. */
  toString(): string {
    const { root, factor, offset } = this;
    if (factor !== 1 || offset !== 0) return this.name;
    return `Dim('${root.name}', min=${root.min}${root.max === null ? '' : `, max=${root.max}`})`;
  }
}

/** Bounds of {@link Dim Dim.AUTO} and the like. Default of both: null, there is none. */
export interface DimHintOptions {
  /** The smallest size. */
  min?: number | null;
  /** The largest size. */
  max?: number | null;
}

/** `Dim.AUTO`, `Dim.DYNAMIC` or `Dim.STATIC`, which may have bounds. */
export class DimHint {
  /** @internal */
  constructor(
    readonly kind: 'AUTO' | 'DYNAMIC' | 'STATIC',
    readonly min: number | null = null,
    readonly max: number | null = null,
  ) {}

  /** As Python prints it. */
  toString(): string {
    const { kind, min, max } = this;
    return `DimHint(${kind}${min === null ? '' : `, min=${min}`}${max === null ? '' : `, max=${max}`})`;
  }
}

/** What {@link Dim Dim.AUTO} and the like are: a hint without bounds, which makes those that have them. */
export interface DimHintFactory extends DimHint {
  (options?: DimHintOptions): DimHint;
}

const HINT = signature('torch.export.Dim hint', [], { min: null, max: null } as Required<DimHintOptions>, []);

// A function that is a DimHint, too.
function hint(kind: DimHint['kind']): DimHintFactory {
  const make = (...args: Call<typeof HINT, [], []>): DimHint => {
    const [{ min, max }] = HINT.bind(args);
    for (const [name, bound] of Object.entries({ min, max })) {
      if (bound !== null && !Number.isSafeInteger(bound))
        throw argumentError(`torch.export.Dim.${kind}`, name, 'a whole number', bound);
      if (bound !== null && bound < 0) throw assertion(`${name} must be non-negative, got ${bound}`);
    }
    if (min !== null && max !== null && min > max) {
      throw assertion(`min must be <= max, got min=${min}, max=${max}`);
    }
    return new DimHint(kind, min, max);
  };
  Object.setPrototypeOf(make, DimHint.prototype);
  return Object.assign(make, { kind, min: null, max: null }) as unknown as DimHintFactory;
}
const assertion = (message: string): TorchError => new TorchError(message, 'AssertionError');

const isBound = (bound: unknown): bound is number => Number.isSafeInteger(bound) && (bound as number) >= 0;

function dim(...args: Call<typeof DIM, [name: string], []>): Dimension {
  const [name, { min, max }] = DIM.bind(args);
  if (!/^[A-Za-z_]\w*$/.test(name)) throw valueError(`Dim name must be a valid identifier, got ${name}`);
  if (!isBound(min)) throw argumentError('torch.export.Dim', 'min', 'a whole number', min);
  if (max !== null && !isBound(max)) throw argumentError('torch.export.Dim', 'max', 'a whole number', max);
  if (max !== null && min >= max) {
    throw valueError(`Cannot create Dim with inconsistent min=${min}, max=${max}`);
  }
  return new Dimension({ name, min, max }, 1, 0);
}

/**
 * Names a dimension whose size a program leaves open, for `dynamicShapes` of `torch.export.export`. Dimensions of one name
 * have one size. `batch.mul(2)`, `batch.add(1)` and `batch.sub(1)` are Python's `2*batch`, `batch + 1` and `batch - 1`.
 *
 * Without a name: the size of `Dim.AUTO` is open where the module lets it be, that of `Dim.DYNAMIC` must be, and that of
 * `Dim.STATIC` is what the argument has. `Dim.AUTO({ min: 4, max: 32 })` has bounds, and so may the others.
 *
 * @throws ValueError for a name that is no identifier, and where `min` is not below `max`.
 *
 * @example
 * const batch = torch.export.Dim('batch', { min: 1, max: 64 });
 * torch.export.export(model, [x], { dynamicShapes: { x: { 0: batch } } });
 */
export const Dim = Object.assign(dim, {
  AUTO: hint('AUTO'),
  DYNAMIC: hint('DYNAMIC'),
  STATIC: hint('STATIC'),
});
