// Normalization by neighbouring channels.
import * as F from '../../../functional';
import { number } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { LOCAL_RESPONSE_NORM } from '../../../functional/norm/normalize';
import type { Tensor } from '../../../tensor';
import { CrossMapLRN2dFunction } from './cross_map_lrn';
import { Module } from '../../module/module';
import { repr, reprFloat } from '../../../tensor/repr';

const RESPONSE_NORM = signature('ResponseNorm', [number('size')], LOCAL_RESPONSE_NORM, [
  'alpha',
  'beta',
  'k',
]);

abstract class ResponseNorm extends Module<[Tensor], Tensor> {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(...args: Call<typeof RESPONSE_NORM, [size: number], [alpha: number, beta: number, k: number]>) {
    super();
    const [size, given] = RESPONSE_NORM.bind(args, new.target.name);
    this.size = size;
    this.alpha = given.alpha;
    this.beta = given.beta;
    this.k = given.k;
  }

  protected _repr(k: string): string {
    return `${this.size}, alpha=${reprFloat(this.alpha)}, beta=${reprFloat(this.beta)}, k=${k}`;
  }
}

/**
 * Divides by a power of the mean of squares of `size` neighbouring channels (Krizhevsky et al., 2012).
 *
 * Shape: `(N, C, *)`.
 */
export class LocalResponseNorm extends ResponseNorm {
  override forward(input: Tensor): Tensor {
    return F.localResponseNorm(input, this.size, this.alpha, this.beta, this.k);
  }
  override extraRepr(): string {
    return this._repr(reprFloat(this.k));
  }
}

/** {@link LocalResponseNorm} as Lua Torch had it, with a moving sum. Shape: `(N, C, H, W)`. */
export class CrossMapLRN2d extends ResponseNorm {
  override forward(input: Tensor): Tensor {
    return CrossMapLRN2dFunction.apply(input, this.size, this.alpha, this.beta, this.k);
  }
  override extraRepr(): string {
    return this._repr(repr(this.k));
  }
}
