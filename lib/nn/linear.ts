import * as aten from '../aten';
import * as F from '../functional';
import { keywords } from '../functional/keywords';
import type { Tensor } from '../tensor';
import * as init from './init';
import { biasBound } from './init/fan';
import { Module } from './module';
import { FACTORY, type FactoryOptions } from './options';
import { Parameter } from './parameter';
import { repr } from '../repr';

/** Gives back its input, whatever it was constructed with. */
export class Identity extends Module<[Tensor], Tensor> {
  constructor(..._args: unknown[]) {
    super();
  }
  override forward(input: Tensor): Tensor {
    return input;
  }
}

export interface LinearOptions extends FactoryOptions {
  /** Whether a bias is added. Default: `true`. */
  bias?: boolean;
}
const LINEAR: Required<LinearOptions> = { bias: true, ...FACTORY };

/**
 * Applies an affine map to the last dimension: `y = x Wᵀ + b`.
 *
 * Shapes: input `(*, inFeatures)`, output `(*, outFeatures)`.
 * Weight and bias start uniform in `±1/√inFeatures`.
 *
 * @example
 * const m = new nn.Linear(20, 30);
 * m(torch.randn([128, 20])).shape; // [128, 30]
 */
export class Linear extends Module<[Tensor], Tensor> {
  readonly weight: Parameter; // (outFeatures, inFeatures)
  readonly bias: Parameter | null; // (outFeatures)

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options?: LinearOptions,
  ) {
    super();
    const { bias, ...factory } = keywords('Linear', LINEAR, null, options);
    this.weight = new Parameter(aten.empty([outFeatures, inFeatures], factory));
    this.bias = bias ? new Parameter(aten.empty([outFeatures], factory)) : null;
    this.resetParameters();
  }

  // Draws weight, then bias: the order decides what a seed gives.
  resetParameters(): void {
    init.kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (this.bias === null) return;
    const bound = biasBound(this.weight);
    init.uniform_(this.bias, -bound, bound);
  }

  override forward(input: Tensor): Tensor {
    return F.linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    const bias = repr(this.bias !== null);
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${bias}`;
  }
}
