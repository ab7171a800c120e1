// Activations that leave positive numbers as they are.
import * as aten from '../../../tensor/aten';
import * as F from '../../../functional';
import type { RreluOptions } from '../../../functional';
import { INPLACE } from '../../../functional/activation/elementwise';
import { ALPHA, LEAKY_RELU, RRELU } from '../../../functional/activation/parametric';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { reprInplace } from './elementwise';
import * as initialize from '../../init';
import { Module } from '../../module/module';
import { FACTORY, type Factory, type FactoryOptions } from '../options';
import { Parameter } from '../../parameter';
import { repr, reprFloat } from '../../../tensor/repr';

/** Options of `nn.RReLU`. */
export type RReLUModuleOptions = Omit<RreluOptions, 'training'>;
const { lower: LOWER, upper: UPPER } = RRELU;
const RRELU_DEFAULTS: Required<RReLUModuleOptions> = { lower: LOWER, upper: UPPER, ...INPLACE };
const RRELU_MODULE = signature('RReLU', [], RRELU_DEFAULTS);

/** Leaky ReLU with a random slope for each negative number; in evaluation their mean (Xu et al., 2015). Any shape. */
export class RReLU extends Module<[Tensor], Tensor> {
  readonly lower: number;
  readonly upper: number;
  readonly inplace: boolean;

  constructor(...args: Call<typeof RRELU_MODULE, [], [lower: number, upper: number, inplace: boolean]>) {
    super();
    const [given] = RRELU_MODULE.bind(args);
    this.lower = given.lower;
    this.upper = given.upper;
    this.inplace = given.inplace;
  }
  override forward(input: Tensor): Tensor {
    const { lower, upper, training, inplace } = this;
    return F.rrelu(input, { lower, upper, training, inplace });
  }
  override extraRepr(): string {
    return `lower=${repr(this.lower)}, upper=${repr(this.upper)}${reprInplace(this.inplace)}`;
  }
}

const WITH_ALPHA = signature('WithAlpha', [], ALPHA, ['alpha', 'inplace']);

abstract class WithAlpha extends Module<[Tensor], Tensor> {
  readonly alpha: number;
  readonly inplace: boolean;

  constructor(...args: Call<typeof WITH_ALPHA, [], [alpha: number, inplace: boolean]>) {
    super();
    const [given] = WITH_ALPHA.bind(args, new.target.name);
    this.alpha = given.alpha;
    this.inplace = given.inplace;
  }
  override extraRepr(): string {
    return `alpha=${reprFloat(this.alpha)}${reprInplace(this.inplace)}`;
  }
}

/** `x` where positive, else `alpha (exp(x) - 1)` (Clevert et al., 2015). Any shape. */
export class ELU extends WithAlpha {
  override forward(input: Tensor): Tensor {
    return F.elu(input, this.alpha, { inplace: this.inplace });
  }
}

/** `max(0, x) + min(0, alpha (exp(x / alpha) - 1))` (Barron, 2017). Any shape. */
export class CELU extends WithAlpha {
  override forward(input: Tensor): Tensor {
    return F.celu(input, this.alpha, { inplace: this.inplace });
  }
}

const LEAKY_RELU_MODULE = signature('LeakyReLU', [], LEAKY_RELU, ['negativeSlope', 'inplace']);

/** `max(0, x) + negativeSlope min(0, x)`. Any shape. */
export class LeakyReLU extends Module<[Tensor], Tensor> {
  readonly negativeSlope: number;
  readonly inplace: boolean;

  constructor(...args: Call<typeof LEAKY_RELU_MODULE, [], [negativeSlope: number, inplace: boolean]>) {
    super();
    const [given] = LEAKY_RELU_MODULE.bind(args);
    this.negativeSlope = given.negativeSlope;
    this.inplace = given.inplace;
  }
  override forward(input: Tensor): Tensor {
    return F.leakyRelu(input, this.negativeSlope, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return `negative_slope=${repr(this.negativeSlope)}${reprInplace(this.inplace)}`;
  }
}

/** Options of `nn.PReLU`. */
export interface PReLUOptions extends FactoryOptions {
  /** How many weights: 1, or the number of channels. Default: 1. */
  numParameters?: number;
  /** What the weights start with. Default: 0.25. */
  init?: number;
}
const PRELU_DEFAULTS: Required<PReLUOptions> = { numParameters: 1, init: 0.25, ...FACTORY };
const PRELU = signature('PReLU', [], PRELU_DEFAULTS);

/** `max(0, x) + weight min(0, x)`, with weights that are learned (He et al., 2015). Shape: any, or `(N, C, *)`. */
export class PReLU extends Module<[Tensor], Tensor> {
  readonly numParameters: number;
  readonly init: number;
  readonly weight: Parameter; // (numParameters)

  constructor(...args: Call<typeof PRELU, [], [numParameters: number, init: number, ...Factory]>) {
    super();
    const [given] = PRELU.bind(args);
    const { device, dtype } = given;
    this.numParameters = given.numParameters;
    this.init = given.init;
    this.weight = new Parameter(aten.empty([this.numParameters], { device, dtype }));
    this.resetParameters();
  }
  /** Gives the parameters their initial values anew. */
  resetParameters(): void {
    initialize.constant_(this.weight, this.init);
  }
  override forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight);
  }
  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }
}
