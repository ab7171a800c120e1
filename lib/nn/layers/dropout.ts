import * as F from '../../functional';
import { DROPOUT, checkProbability } from '../../functional/dropout';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { repr } from '../../tensor/repr';

/** Options of `nn.Dropout` and its like. */
export interface DropoutModuleOptions {
  /** Probability that an element is zeroed. Default: 0.5. */
  p?: number;
  /** Whether to write the result into the input. Default: `false`. */
  inplace?: boolean;
}
const DROPOUT_DEFAULTS: Required<DropoutModuleOptions> = { p: DROPOUT.p, inplace: DROPOUT.inplace };
const DROPOUT_ND = signature('Dropout', [], DROPOUT_DEFAULTS);

abstract class DropoutNd extends Module<[Tensor], Tensor> {
  readonly p: number;
  readonly inplace: boolean;

  constructor(...args: Call<typeof DROPOUT_ND, [], [p: number, inplace: boolean]>) {
    super();
    const [given] = DROPOUT_ND.bind(args, new.target.name);
    checkProbability(given.p);
    this.p = given.p;
    this.inplace = given.inplace;
  }

  protected abstract get _drop(): typeof F.dropout;

  override forward(input: Tensor): Tensor {
    const { p, training, inplace } = this;
    return this._drop(input, { p, training, inplace });
  }

  override extraRepr(): string {
    return `p=${repr(this.p)}, inplace=${repr(this.inplace)}`;
  }
}

/**
 * In training, zeroes elements with probability `p` and scales the others by `1 / (1 - p)`
 * (Hinton et al., 2012). Any shape.
 */
export class Dropout extends DropoutNd {
  protected override get _drop(): typeof F.dropout {
    return F.dropout;
  }
}

/** In training, zeroes whole channels. Shapes: `(N, C, L)` or `(C, L)`. */
export class Dropout1d extends DropoutNd {
  protected override get _drop(): typeof F.dropout {
    return F.dropout1d;
  }
}

/** In training, zeroes whole channels. Shape: `(N, C, H, W)`. */
export class Dropout2d extends DropoutNd {
  protected override get _drop(): typeof F.dropout {
    return F.dropout2d;
  }
}

/** In training, zeroes whole channels. Shapes: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class Dropout3d extends DropoutNd {
  protected override get _drop(): typeof F.dropout {
    return F.dropout3d;
  }
}

/**
 * In training, sets elements to SELU's negative saturation with probability `p` and keeps mean and
 * variance (Klambauer et al., 2017). Any shape. Never in place.
 */
export class AlphaDropout extends DropoutNd {
  protected override get _drop(): typeof F.alphaDropout {
    return F.alphaDropout;
  }
  override forward(input: Tensor): Tensor {
    return this._drop(input, this.p, { training: this.training });
  }
}

/** {@link AlphaDropout} of whole channels. Shape: `(N, C, *)`. Never in place. */
export class FeatureAlphaDropout extends DropoutNd {
  protected override get _drop(): typeof F.featureAlphaDropout {
    return F.featureAlphaDropout;
  }
  override forward(input: Tensor): Tensor {
    return this._drop(input, this.p, { training: this.training });
  }
}
