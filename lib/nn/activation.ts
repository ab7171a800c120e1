import * as F from '../functional';
import type { GeluApproximation, GeluOptions, InplaceOptions } from '../functional';
import { GELU as GELU_DEFAULTS, INPLACE, SOFTMAX } from '../functional/activation';
import { keywords } from '../functional/keywords';
import type { Tensor } from '../tensor';
import { Module } from './module';
import { repr } from '../repr';

/** `max(0, x)`, element by element. Any shape. */
export class ReLU extends Module<[Tensor], Tensor> {
  readonly inplace: boolean;

  constructor(options?: InplaceOptions) {
    super();
    this.inplace = keywords('ReLU', INPLACE, null, options).inplace;
  }
  override forward(input: Tensor): Tensor {
    return F.relu(input, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return this.inplace ? 'inplace=True' : '';
  }
}

/** `x Φ(x)`, with Φ the distribution function of the standard normal. Any shape. */
export class GELU extends Module<[Tensor], Tensor> {
  readonly approximate: GeluApproximation;

  constructor(approximate?: GeluApproximation | GeluOptions) {
    super();
    this.approximate = keywords<GeluOptions>('GELU', GELU_DEFAULTS, { approximate }).approximate;
  }
  override forward(input: Tensor): Tensor {
    return F.gelu(input, { approximate: this.approximate });
  }
  override extraRepr(): string {
    return `approximate=${repr(this.approximate)}`;
  }
}

/** `1 / (1 + exp(-x))`, element by element. Any shape. */
export class Sigmoid extends Module<[Tensor], Tensor> {
  override forward(input: Tensor): Tensor {
    return F.sigmoid(input);
  }
}

/** The hyperbolic tangent, element by element. Any shape. */
export class Tanh extends Module<[Tensor], Tensor> {
  override forward(input: Tensor): Tensor {
    return F.tanh(input);
  }
}

export interface DimOptions {
  /** The dimension along which the results add up to one. */
  dim?: number | null;
}
const DIM: Required<DimOptions> = { dim: SOFTMAX.dim };

abstract class AlongDim extends Module<[Tensor], Tensor> {
  readonly dim: number | null;

  constructor(dim?: number | null | DimOptions) {
    super();
    this.dim = keywords<DimOptions>(new.target.name, DIM, { dim }).dim;
  }
  override extraRepr(): string {
    return `dim=${repr(this.dim)}`;
  }
}

/** `exp(xᵢ) / Σⱼ exp(xⱼ)` along a dimension. Any shape. */
export class Softmax extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.softmax(input, this.dim);
  }
}

/** The softmax of `-x`. Any shape. */
export class Softmin extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.softmin(input, this.dim);
  }
}

/** The logarithm of softmax along a dimension. Any shape. */
export class LogSoftmax extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.logSoftmax(input, this.dim);
  }
}
