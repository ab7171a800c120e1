// Normalization by neighbouring channels.
import * as F from '../../../functional';
import { keywords } from '../../../core/keywords';
import { LOCAL_RESPONSE_NORM } from '../../../functional/norm/normalize';
import type { Tensor } from '../../../tensor';
import { CrossMapLRN2dFunction } from './cross_map_lrn';
import { Module } from '../../module/module';
import { repr, reprFloat } from '../../../tensor/repr';

type ResponseOptions = F.LocalResponseNormOptions;

abstract class ResponseNorm extends Module<[Tensor], Tensor> {
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(
    name: string,
    readonly size: number,
    alpha?: number | ResponseOptions,
    beta?: number | ResponseOptions,
    k?: number | ResponseOptions,
    options?: ResponseOptions,
  ) {
    super();
    const given = keywords<ResponseOptions>(name, LOCAL_RESPONSE_NORM, { alpha, beta, k }, options);
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
  constructor(
    size: number,
    alpha?: number | ResponseOptions,
    beta?: number | ResponseOptions,
    k?: number | ResponseOptions,
    options?: ResponseOptions,
  ) {
    super('LocalResponseNorm', size, alpha, beta, k, options);
  }
  override forward(input: Tensor): Tensor {
    return F.localResponseNorm(input, this.size, this.alpha, this.beta, this.k);
  }
  override extraRepr(): string {
    return this._repr(reprFloat(this.k));
  }
}

/** {@link LocalResponseNorm} as Lua Torch had it, with a moving sum. Shape: `(N, C, H, W)`. */
export class CrossMapLRN2d extends ResponseNorm {
  constructor(
    size: number,
    alpha?: number | ResponseOptions,
    beta?: number | ResponseOptions,
    k?: number | ResponseOptions,
    options?: ResponseOptions,
  ) {
    super('CrossMapLRN2d', size, alpha, beta, k, options);
  }
  override forward(input: Tensor): Tensor {
    return CrossMapLRN2dFunction.apply(input, this.size, this.alpha, this.beta, this.k);
  }
  override extraRepr(): string {
    return this._repr(repr(this.k));
  }
}
