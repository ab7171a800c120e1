// Activations that have numbers to choose.
import { TorchError, checkNumber } from '../../../core/errors';
import * as F from '../../../functional';
import type { HardtanhOptions } from '../../../functional';
import { INPLACE } from '../../../functional/activation/elementwise';
import { GLU as GLU_DEFAULTS, HARDTANH, LAMBD, SOFTPLUS } from '../../../functional/activation/parametric';
import { number } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { warn } from '../../../core/warn';
import { reprInplace } from './elementwise';
import { Module } from '../../module/module';
import { repr, reprFloat } from '../../../tensor/repr';

const THRESHOLD = signature('Threshold', [number('threshold'), number('value')], INPLACE);

/** `x` where `x > threshold`, else `value`. Any shape. */
export class Threshold extends Module<[Tensor], Tensor> {
  readonly threshold: number;
  readonly value: number;
  readonly inplace: boolean;

  constructor(...args: Call<typeof THRESHOLD, [threshold: number, value: number], [inplace: boolean]>) {
    super();
    const [threshold, value, { inplace }] = THRESHOLD.bind(args);
    this.threshold = threshold;
    this.value = value;
    this.inplace = inplace;
  }
  override forward(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return `threshold=${repr(this.threshold)}, value=${repr(this.value)}${reprInplace(this.inplace)}`;
  }
}

/** Options of `nn.Hardtanh`. */
export interface HardtanhModuleOptions extends HardtanhOptions {
  /** The old name of `minVal`; warns. */
  minValue?: number | null;
  /** The old name of `maxVal`; warns. */
  maxValue?: number | null;
}
const HARDTANH_DEFAULTS: Required<HardtanhModuleOptions> = { ...HARDTANH, minValue: null, maxValue: null };
const HARDTANH_ORDER = ['minVal', 'maxVal', 'inplace', 'minValue', 'maxValue'] as const;
const HARDTANH_MODULE = signature('Hardtanh', [], HARDTANH_DEFAULTS, HARDTANH_ORDER);

function renamed(before: string, now: string): void {
  warn(`keyword argument \`${before}\` is deprecated and renamed to \`${now}\``, 'FutureWarning');
}

/**
 * `min(max(minVal, x), maxVal)`. Any shape.
 *
 * @throws TorchError when `maxVal` is not greater than `minVal`.
 */
export class Hardtanh extends Module<[Tensor], Tensor> {
  readonly minVal: number;
  readonly maxVal: number;
  readonly inplace: boolean;

  constructor(
    ...args: Call<
      typeof HARDTANH_MODULE,
      [],
      [minVal: number, maxVal: number, inplace: boolean, minValue: number | null, maxValue: number | null]
    >
  ) {
    super();
    const name = new.target.name;
    const [given] = HARDTANH_MODULE.bind(args, name);
    if (given.minValue !== null) renamed('min_value', 'min_val');
    if (given.maxValue !== null) renamed('max_value', 'max_val');
    this.minVal = given.minValue ?? given.minVal;
    this.maxVal = given.maxValue ?? given.maxVal;
    this.inplace = given.inplace;
    checkNumber(name, 'minVal', this.minVal);
    checkNumber(name, 'maxVal', this.maxVal);
    if (this.maxVal > this.minVal) return;
    const [low, high] = [reprFloat(this.minVal), reprFloat(this.maxVal)];
    throw new TorchError(`max_val (${high}) must be greater than min_val (${low})`, 'AssertionError');
  }
  override forward(input: Tensor): Tensor {
    return F.hardtanh(input, this.minVal, this.maxVal, { inplace: this.inplace });
  }
  override extraRepr(): string {
    const { minVal, maxVal, inplace } = this;
    return `min_val=${reprFloat(minVal)}, max_val=${reprFloat(maxVal)}${reprInplace(inplace)}`;
  }
}

const RELU6 = signature('ReLU6', [], INPLACE);

/** `min(max(0, x), 6)`. Any shape. */
export class ReLU6 extends Hardtanh {
  constructor(...args: Call<typeof RELU6, [], [inplace: boolean]>) {
    const [{ inplace }] = RELU6.bind(args);
    super(0, 6, inplace);
  }
  override extraRepr(): string {
    return this.inplace ? 'inplace=True' : '';
  }
}

const GLU_MODULE = signature('GLU', [], GLU_DEFAULTS);

/** One half of a dimension, gated by the other: `a sigmoid(b)` (Dauphin et al., 2016). Any shape. */
export class GLU extends Module<[Tensor], Tensor> {
  readonly dim: number;

  constructor(...args: Call<typeof GLU_MODULE, [], [dim: number]>) {
    super();
    const [{ dim }] = GLU_MODULE.bind(args);
    this.dim = dim;
  }
  override forward(input: Tensor): Tensor {
    return F.glu(input, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

const SHRINK = signature('Shrink', [], LAMBD);

abstract class Shrink extends Module<[Tensor], Tensor> {
  readonly lambd: number;

  constructor(...args: Call<typeof SHRINK, [], [lambd: number]>) {
    super();
    const [{ lambd }] = SHRINK.bind(args, new.target.name);
    this.lambd = lambd;
  }
  override extraRepr(): string {
    return repr(this.lambd);
  }
}

/** `x`, but zero between `-lambd` and `lambd`. Any shape. */
export class Hardshrink extends Shrink {
  override forward(input: Tensor): Tensor {
    return F.hardshrink(input, this.lambd);
  }
}

/** `x` moved towards zero by `lambd`, and zero between `-lambd` and `lambd`. Any shape. */
export class Softshrink extends Shrink {
  override forward(input: Tensor): Tensor {
    return F.softshrink(input, this.lambd);
  }
}

const SOFTPLUS_MODULE = signature('Softplus', [], SOFTPLUS, ['beta', 'threshold']);

/** `log(1 + exp(beta x)) / beta`: a smooth ReLU. Any shape. */
export class Softplus extends Module<[Tensor], Tensor> {
  readonly beta: number;
  readonly threshold: number;

  constructor(...args: Call<typeof SOFTPLUS_MODULE, [], [beta: number, threshold: number]>) {
    super();
    const [given] = SOFTPLUS_MODULE.bind(args);
    this.beta = given.beta;
    this.threshold = given.threshold;
  }
  override forward(input: Tensor): Tensor {
    return F.softplus(input, this.beta, this.threshold);
  }
  override extraRepr(): string {
    return `beta=${reprFloat(this.beta)}, threshold=${reprFloat(this.threshold)}`;
  }
}
