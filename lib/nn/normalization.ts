import * as aten from '../aten';
import * as F from '../functional';
import { keywords } from '../functional/keywords';
import { LAYER_NORM } from '../functional/normalization';
import type { Tensor } from '../tensor';
import * as init from './init';
import { Module } from './module';
import { FACTORY, ntuple, type FactoryOptions } from './options';
import { Parameter } from './parameter';
import { repr } from '../repr';

export interface LayerNormModuleOptions extends FactoryOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Whether there is a scale and a shift for each element. Default: `true`. */
  elementwiseAffine?: boolean;
  /** Whether there is a shift, when `elementwiseAffine`. Default: `true`. */
  bias?: boolean;
}
const LAYER_NORM_MODULE: Required<LayerNormModuleOptions> = {
  eps: LAYER_NORM.eps,
  elementwiseAffine: true,
  bias: true,
  ...FACTORY,
};

/**
 * Normalizes over the last dimensions, sample by sample (Ba et al., 2016).
 *
 * Shape: `(*, ...normalizedShape)`.
 *
 * @example
 * const m = new nn.LayerNorm(10);
 * m(torch.randn([20, 5, 10])).shape; // [20, 5, 10]
 */
export class LayerNorm extends Module<[Tensor], Tensor> {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  readonly weight: Parameter | null; // normalizedShape, both
  readonly bias: Parameter | null;

  constructor(
    normalizedShape: number | readonly number[],
    eps?: number | LayerNormModuleOptions,
    options?: LayerNormModuleOptions,
  ) {
    super();
    const given = keywords<LayerNormModuleOptions>('LayerNorm', LAYER_NORM_MODULE, { eps }, options);
    const { elementwiseAffine, bias, device, dtype } = given;
    this.normalizedShape = ntuple(1, normalizedShape);
    this.eps = given.eps;
    this.elementwiseAffine = elementwiseAffine;
    const parameter = (): Parameter => new Parameter(aten.empty(this.normalizedShape, { device, dtype }));
    this.weight = elementwiseAffine ? parameter() : null;
    this.bias = elementwiseAffine && bias ? parameter() : null;
    this.resetParameters();
  }

  resetParameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return F.layerNorm(input, this.normalizedShape, { weight, bias, eps });
  }

  override extraRepr(): string {
    return (
      `${repr(this.normalizedShape)}, eps=${repr(this.eps)}, ` +
      `elementwise_affine=${repr(this.elementwiseAffine)}, bias=${repr(this.bias !== null)}`
    );
  }
}
