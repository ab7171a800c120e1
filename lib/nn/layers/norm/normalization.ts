import { valueError } from '../../../core/errors';
import * as aten from '../../../tensor/aten';
import * as F from '../../../functional';
import { number, size } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { GROUP_NORM, LAYER_NORM } from '../../../functional/norm/normalization';
import type { Tensor } from '../../../tensor';
import * as init from '../../init';
import { Module } from '../../module/module';
import {
  FACTORY,
  ntuple,
  type BiasOf,
  type Factory,
  type FactoryOptions,
  type ShiftOf,
  type With,
} from '../options';
import { Parameter } from '../../parameter';
import { repr } from '../../../tensor/repr';

/* eslint-disable @typescript-eslint/no-explicit-any -- see BiasOf */
/** Options of `nn.LayerNorm`. */
export interface LayerNormModuleOptions extends FactoryOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Whether there is a scale and a shift for each element. Default: `true`. */
  elementwiseAffine?: boolean;
  /** Whether there is a shift, when `elementwiseAffine`. Default: `true`. */
  bias?: boolean;
}
const LAYER_NORM_DEFAULTS: Required<LayerNormModuleOptions> = {
  eps: LAYER_NORM.eps,
  elementwiseAffine: true,
  bias: true,
  ...FACTORY,
};

const LAYER_NORM_MODULE = signature('LayerNorm', [size('normalizedShape')], LAYER_NORM_DEFAULTS);

/**
 * Normalizes over the last dimensions, sample by sample (Ba et al., 2016).
 *
 * Shape: `(*, ...normalizedShape)`.
 *
 * @example
 * const m = new nn.LayerNorm(10);
 * m(torch.randn([20, 5, 10])).shape; // [20, 5, 10]
 */
export class LayerNorm<Affine extends boolean = any, Bias extends boolean = any> extends Module<
  [Tensor],
  Tensor
> {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  readonly weight: BiasOf<Affine>; // normalizedShape, both
  readonly bias: ShiftOf<Affine, Bias>;

  constructor(
    ...args: Call<
      With<typeof LAYER_NORM_MODULE, { elementwiseAffine: Affine; bias: Bias }>,
      [normalizedShape: number | readonly number[]],
      [eps: number, elementwiseAffine: Affine, bias: Bias, ...Factory]
    >
  ) {
    super();
    const [normalizedShape, given] = LAYER_NORM_MODULE.bind(args);
    const { elementwiseAffine, bias, device, dtype } = given;
    this.normalizedShape = ntuple(1, normalizedShape);
    this.eps = given.eps;
    this.elementwiseAffine = elementwiseAffine;
    const parameter = (): Parameter => new Parameter(aten.empty(this.normalizedShape, { device, dtype }));
    this.weight = (elementwiseAffine ? parameter() : null) as BiasOf<Affine>;
    this.bias = (elementwiseAffine && bias ? parameter() : null) as ShiftOf<Affine, Bias>;
    this.resetParameters();
  }

  /** Gives the parameters their initial values anew. */
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

/** Options of `nn.GroupNorm`. */
export interface GroupNormModuleOptions extends FactoryOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Whether there is a scale and a shift for each channel. Default: `true`. */
  affine?: boolean;
  /** Whether there is a shift, when `affine`. Default: `true`. */
  bias?: boolean;
}
const GROUP_NORM_DEFAULTS: Required<GroupNormModuleOptions> = {
  eps: GROUP_NORM.eps,
  affine: true,
  bias: true,
  ...FACTORY,
};

const GROUP_NORM_MODULE = signature(
  'GroupNorm',
  [number('numGroups'), number('numChannels')],
  GROUP_NORM_DEFAULTS,
  ['eps', 'affine', 'device', 'dtype'],
);

/**
 * Normalizes over groups of channels, sample by sample (Wu and He, 2018). Shape: `(N, numChannels, *)`.
 *
 * @throws ValueError when the channels cannot be divided into the groups.
 */
export class GroupNorm<Affine extends boolean = any, Bias extends boolean = any> extends Module<
  [Tensor],
  Tensor
> {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  readonly weight: BiasOf<Affine>; // (numChannels), both
  readonly bias: ShiftOf<Affine, Bias>;

  constructor(
    ...args: Call<
      With<typeof GROUP_NORM_MODULE, { affine: Affine; bias: Bias }>,
      [numGroups: number, numChannels: number],
      [eps: number, affine: Affine, ...Factory]
    >
  ) {
    super();
    const [numGroups, numChannels, given] = GROUP_NORM_MODULE.bind(args);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    if (numChannels % numGroups !== 0) {
      throw valueError(`num_channels (${numChannels}) must be divisible by num_groups (${numGroups})`);
    }
    const { affine, bias, device, dtype } = given;
    this.eps = given.eps;
    this.affine = affine;
    const parameter = (): Parameter => new Parameter(aten.empty([numChannels], { device, dtype }));
    this.weight = (affine ? parameter() : null) as BiasOf<Affine>;
    this.bias = (affine && bias ? parameter() : null) as ShiftOf<Affine, Bias>;
    this.resetParameters();
  }

  /** Gives the parameters their initial values anew. */
  resetParameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return F.groupNorm(input, this.numGroups, { weight, bias, eps });
  }

  override extraRepr(): string {
    const { numGroups, numChannels, eps, affine, bias } = this;
    return `${numGroups}, ${numChannels}, eps=${repr(eps)}, affine=${repr(affine)}, bias=${repr(bias !== null)}`;
  }
}

/** Options of `nn.RMSNorm`. */
export interface RmsNormModuleOptions extends FactoryOptions {
  /** Added to the mean of squares. Default: the smallest step of the input's dtype at 1. */
  eps?: number | null;
  /** Whether there is a scale for each element. Default: `true`. */
  elementwiseAffine?: boolean;
}
const RMS_NORM_DEFAULTS: Required<RmsNormModuleOptions> = { eps: null, elementwiseAffine: true, ...FACTORY };
const RMS_NORM = signature('RMSNorm', [size('normalizedShape')], RMS_NORM_DEFAULTS);

/**
 * Divides by the root of the mean of squares of the last dimensions (Zhang and Sennrich, 2019).
 *
 * Shape: `(*, ...normalizedShape)`.
 */
export class RMSNorm<Affine extends boolean = any> extends Module<[Tensor], Tensor> {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  readonly weight: BiasOf<Affine>; // normalizedShape

  constructor(
    ...args: Call<
      With<typeof RMS_NORM, { elementwiseAffine: Affine }>,
      [normalizedShape: number | readonly number[]],
      [eps: number | null, elementwiseAffine: Affine, ...Factory]
    >
  ) {
    super();
    const [normalizedShape, given] = RMS_NORM.bind(args);
    const { elementwiseAffine, device, dtype } = given;
    this.normalizedShape = ntuple(1, normalizedShape);
    this.eps = given.eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = (
      elementwiseAffine ? new Parameter(aten.empty(this.normalizedShape, { device, dtype })) : null
    ) as BiasOf<Affine>;
    this.resetParameters();
  }

  /** Gives the parameters their initial values anew. */
  resetParameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
  }

  override forward(input: Tensor): Tensor {
    const { weight, eps } = this;
    return F.rmsNorm(input, this.normalizedShape, { weight, eps });
  }

  override extraRepr(): string {
    const { normalizedShape, eps, elementwiseAffine } = this;
    return `${repr(normalizedShape)}, eps=${repr(eps)}, elementwise_affine=${repr(elementwiseAffine)}`;
  }
}
