// Masks by which a query sees only keys up to a place (torch/nn/attention/bias.py).
import { bindArguments, checkMethods } from '../../core/calls';
import { type DeviceLike } from '../../core/device';
import { bool } from '../../core/dtype';
import { TorchError } from '../../core/errors';
import { warn } from '../../core/warn';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';

/** In which corner of the mask the diagonal begins: `torch.nn.attention.bias.CausalVariant`. */
export const CausalVariant = Object.freeze({ UPPER_LEFT: 1, LOWER_RIGHT: 2 } as const);
/** One of {@link CausalVariant}. */
export type CausalVariant = (typeof CausalVariant)[keyof typeof CausalVariant];

/**
 * A causal mask that is not made until it is needed, for `F.scaledDotProductAttention`: `torch.nn.attention.bias.CausalBias`.
 * {@link causalUpperLeft} and {@link causalLowerRight} make it.
 *
 * Differs from PyTorch: `torch.nn.attention.bias.CausalBias` is no Tensor, and a GPU computes a LOWER_RIGHT one with the
 * mask that it stands for.
 */
export class CausalBias {
  readonly variant: CausalVariant;
  readonly seqLenQ: number;
  readonly seqLenKv: number;

  constructor(...args: [variant: CausalVariant, seqLenQ: number, seqLenKv: number]) {
    const [variant, seqLenQ, seqLenKv] = bindArguments('CausalBias(variant, seqLenQ, seqLenKv)', args);
    if (!(Object.values(CausalVariant) as unknown[]).includes(variant)) {
      throw new TorchError(`variant must be a CausalVariant, got ${String(variant)}`, 'AssertionError');
    }
    this.variant = variant;
    this.seqLenQ = seqLenQ;
    this.seqLenKv = seqLenKv;
    if (seqLenQ > seqLenKv && variant === CausalVariant.LOWER_RIGHT) {
      warn('Lower right causal bias will produce NaNs in the output when seq_len_q > seq_len_kv!');
    }
  }

  /** Whether the kernels' own causal mask is the same. */
  get isCausal(): boolean {
    return this.seqLenQ === this.seqLenKv || this.variant === CausalVariant.UPPER_LEFT;
  }
  /** The mask as booleans: (seqLenQ, seqLenKv). */
  materialize(device?: DeviceLike | null): Tensor {
    const ones = aten.ones([this.seqLenQ, this.seqLenKv], { device: device ?? 'cpu', dtype: bool });
    const offset = this.variant === CausalVariant.UPPER_LEFT ? 0 : this.seqLenKv - this.seqLenQ;
    return aten.tril(ones, offset);
  }
  /** What Python's `repr` prints: the mask. */
  toString(): string {
    return this.materialize().toString();
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
checkMethods('CausalBias', CausalBias, 'materialize(device?)', 'toString()');

/**
 * The mask of ordinary causal attention: query `i` sees the keys up to `i` (`torch.nn.attention.bias.causal_upper_left`).
 *
 * @example
 * causalUpperLeft(2, 3).materialize().tolist(); // [[true, false, false], [true, true, false]]
 */
export function causalUpperLeft(...size: [seqLenQ: number, seqLenKv: number]): CausalBias {
  const [seqLenQ, seqLenKv] = bindArguments('causalUpperLeft(seqLenQ, seqLenKv)', size);
  return new CausalBias(CausalVariant.UPPER_LEFT, seqLenQ, seqLenKv);
}

/**
 * The mask of attention whose last query sees all keys, as with a cache of earlier ones
 * (`torch.nn.attention.bias.causal_lower_right`). Warns where there are more queries than keys: the first see none then.
 *
 * @example
 * causalLowerRight(2, 3).materialize().tolist(); // [[true, true, false], [true, true, true]]
 */
export function causalLowerRight(...size: [seqLenQ: number, seqLenKv: number]): CausalBias {
  const [seqLenQ, seqLenKv] = bindArguments('causalLowerRight(seqLenQ, seqLenKv)', size);
  return new CausalBias(CausalVariant.LOWER_RIGHT, seqLenQ, seqLenKv);
}
