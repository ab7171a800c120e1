import * as F from '../../../functional';
import type { Size } from '../../../functional';
import { number, size } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { LP_POOL } from '../../../functional/pooling/lp_pooling';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';
import { repr } from '../../../tensor/repr';

const LP_POOL_ND = signature('LPPool', [number('normType'), size('kernelSize')], LP_POOL, [
  'stride',
  'ceilMode',
]);

abstract class LPPoolNd extends Module<[Tensor], Tensor> {
  readonly normType: number;
  readonly kernelSize: Size;
  readonly stride: Size | null;
  readonly ceilMode: boolean;

  constructor(
    ...args: Call<
      typeof LP_POOL_ND,
      [normType: number, kernelSize: Size],
      [stride: Size | null, ceilMode: boolean]
    >
  ) {
    super();
    const [normType, kernelSize, given] = LP_POOL_ND.bind(args, new.target.name);
    this.normType = normType;
    this.kernelSize = kernelSize;
    this.stride = given.stride;
    this.ceilMode = given.ceilMode;
  }

  protected abstract get _pool(): typeof F.lpPool2d;

  override forward(input: Tensor): Tensor {
    const { stride, ceilMode } = this;
    return this._pool(input, this.normType, this.kernelSize, { stride, ceilMode });
  }
  override extraRepr(): string {
    return (
      `norm_type=${repr(this.normType)}, kernel_size=${repr(this.kernelSize)}, stride=${repr(this.stride)}, ` +
      `ceil_mode=${repr(this.ceilMode)}`
    );
  }
}

/** `(Σ xᵖ)^(1/p)` of each window, with `p` = `normType`. Shape: `(N, C, L)` or `(C, L)`. */
export class LPPool1d extends LPPoolNd {
  protected override get _pool(): typeof F.lpPool1d {
    return F.lpPool1d;
  }
}

/** `(Σ xᵖ)^(1/p)` of each window, with `p` = `normType`. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class LPPool2d extends LPPoolNd {
  protected override get _pool(): typeof F.lpPool2d {
    return F.lpPool2d;
  }
}

/** `(Σ xᵖ)^(1/p)` of each window, with `p` = `normType`. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class LPPool3d extends LPPoolNd {
  protected override get _pool(): typeof F.lpPool3d {
    return F.lpPool3d;
  }
}
