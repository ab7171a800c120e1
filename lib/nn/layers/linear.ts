import { checkTensor } from '../../native/tensor_base';
import { TorchError, valueError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import * as F from '../../functional';
import { number } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import * as init from '../init';
import { biasBound } from '../init/fan';
import { LazyModuleMixin } from '../module/lazy';
import { Module } from '../module/module';
import { FACTORY, type BiasOf, type Factory, type FactoryOptions, type With } from './options';
import { Parameter, UninitializedParameter, isLazy } from '../parameter';
import { repr } from '../../tensor/repr';

/** Gives back its input, whatever it was constructed with. */
export class Identity extends Module<[Tensor], Tensor> {
  constructor(..._args: unknown[]) {
    super();
  }
  override forward(input: Tensor): Tensor {
    return input;
  }
}

/** Options of `nn.Linear`. */
export interface LinearOptions extends FactoryOptions {
  /** Whether a bias is added. Default: `true`. */
  bias?: boolean;
}
const DEFAULTS: Required<LinearOptions> = { bias: true, ...FACTORY };
type LinearPlaces<Bias = boolean> = [bias: Bias, ...Factory];

const LINEAR = signature('Linear', [number('inFeatures'), number('outFeatures')], DEFAULTS);

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
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see BiasOf
export class Linear<Bias extends boolean = any> extends Module<[Tensor], Tensor> {
  inFeatures: number;
  outFeatures: number;
  weight: Parameter; // (outFeatures, inFeatures)
  bias: BiasOf<Bias>; // (outFeatures)

  constructor(
    ...args: Call<
      With<typeof LINEAR, { bias: Bias }>,
      [inFeatures: number, outFeatures: number],
      LinearPlaces<Bias>
    >
  ) {
    super();
    const [inFeatures, outFeatures, { bias, ...factory }] = LINEAR.bind(args);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(aten.empty([outFeatures, inFeatures], factory));
    this.bias = (bias ? new Parameter(aten.empty([outFeatures], factory)) : null) as BiasOf<Bias>;
    this.resetParameters();
  }

  /** Draws weight, then bias: the order decides what a seed gives. */
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

const LAZY_LINEAR = signature('LazyLinear', [number('outFeatures')], DEFAULTS);

/**
 * A {@link Linear} that takes `inFeatures` from the first input, and then is a `Linear`.
 *
 * @example
 * const m = new nn.LazyLinear(30);
 * m(torch.randn([128, 20])).shape; // [128, 30]
 */
export class LazyLinear extends LazyModuleMixin(Linear) {
  static override readonly clsToBecome = Linear;

  constructor(...args: Call<typeof LAZY_LINEAR, [outFeatures: number], LinearPlaces>) {
    const [outFeatures, { bias, ...factory }] = LAZY_LINEAR.bind(args);
    super(0, 0, { bias: false });
    this.weight = new UninitializedParameter(true, factory);
    this.outFeatures = outFeatures;
    if (bias) this.bias = new UninitializedParameter(true, factory);
  }

  /** Gives the parameters their initial values anew. */
  override resetParameters(): void {
    if (!this.hasUninitializedParams() && this.inFeatures !== 0) super.resetParameters();
  }

  override initializeParameters(input: Tensor): void {
    checkTensor(`${this._getName()}.forward`, 'input', input);
    const features = input.shape[input.dim() - 1];
    if (this.hasUninitializedParams()) {
      noGrad(() => {
        this.inFeatures = features;
        if (isLazy(this.weight)) this.weight.materialize([this.outFeatures, features]);
        if (isLazy(this.bias)) this.bias.materialize([this.outFeatures]);
        this.resetParameters();
      });
    }
    if (this.inFeatures !== 0) return;
    const loaded = this.weight.shape.at(-1);
    if (features !== loaded) {
      throw new TorchError(
        `The in_features inferred from input: ${features} is not equal to in_features from self.weight: ${loaded}`,
        'AssertionError',
      );
    }
    this.inFeatures = features;
  }
}

const BILINEAR = signature(
  'Bilinear',
  [number('in1Features'), number('in2Features'), number('outFeatures')],
  DEFAULTS,
);

/**
 * Applies a bilinear map to two inputs: `y = x1ᵀ A x2 + b`.
 *
 * Shapes: inputs `(*, in1Features)` and `(*, in2Features)`, output `(*, outFeatures)`.
 * Weight and bias start uniform in `±1/√in1Features`.
 *
 * @throws ValueError when `in1Features` is not positive.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see BiasOf
export class Bilinear<Bias extends boolean = any> extends Module<[Tensor, Tensor], Tensor> {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  readonly weight: Parameter; // (outFeatures, in1Features, in2Features)
  readonly bias: BiasOf<Bias>; // (outFeatures)

  constructor(
    ...args: Call<
      With<typeof BILINEAR, { bias: Bias }>,
      [in1Features: number, in2Features: number, outFeatures: number],
      LinearPlaces<Bias>
    >
  ) {
    super();
    const [in1Features, in2Features, outFeatures, { bias, ...factory }] = BILINEAR.bind(args);
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(aten.empty([outFeatures, in1Features, in2Features], factory));
    this.bias = (bias ? new Parameter(aten.empty([outFeatures], factory)) : null) as BiasOf<Bias>;
    this.resetParameters();
  }

  /** Draws weight, then bias: the order decides what a seed gives. */
  resetParameters(): void {
    if (this.in1Features <= 0)
      throw valueError(`in1_features must be > 0, but got (in1_features=${this.in1Features})`);
    const bound = 1 / Math.sqrt(this.weight.shape[1]);
    init.uniform_(this.weight, -bound, bound);
    if (this.bias !== null) init.uniform_(this.bias, -bound, bound);
  }

  override forward(input1: Tensor, input2: Tensor): Tensor {
    return F.bilinear(input1, input2, this.weight, this.bias);
  }

  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures, bias } = this;
    return (
      `in1_features=${in1Features}, in2_features=${in2Features}, out_features=${outFeatures}, ` +
      `bias=${repr(bias !== null)}`
    );
  }
}
