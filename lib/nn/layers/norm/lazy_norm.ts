// Normalizations that learn the number of features from the first input.
import { checkTensor } from '../../../native/tensor_base';
import * as aten from '../../../tensor/aten';
import { int64 } from '../../../core/dtype';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { BATCH_NORM_ND, BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batchnorm';
import { setField } from '../../module/fields';
import { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d } from './instancenorm';
import { LazyModuleMixin, type LazyModule } from '../../module/lazy';
import { NORM_ORDER, type NormBase, type NormPlaces } from './norm_base';
import { isLazy, UninitializedBuffer, UninitializedParameter } from '../../parameter';

interface LazyNormClass<Norm> {
  new (...args: Call<typeof LAZY_NORM, [], NormPlaces>): Norm & LazyModule;
}

// The defaults are batch normalization's for all, also for instance normalization, as in PyTorch.
const LAZY_NORM = signature('LazyNorm', [], BATCH_NORM_ND, NORM_ORDER);

/* eslint-disable @typescript-eslint/no-explicit-any -- what TypeScript asks of the base of a mixin */
function lazyNorm<Norm extends NormBase>(base: new (...args: any[]) => Norm): LazyNormClass<Norm> {
  abstract class LazyNorm extends LazyModuleMixin(base as new (...args: any[]) => NormBase) {
    static override readonly clsToBecome = base;

    constructor(...args: Call<typeof LAZY_NORM, [], NormPlaces>) {
      const [given] = LAZY_NORM.bind(args, new.target.name);
      super(0, { ...given, affine: false, trackRunningStats: false, bias: false });
      const { affine, trackRunningStats, bias, device, dtype } = given;
      const set = (field: keyof NormBase & string, value: unknown): void => setField(this, field, value);
      set('affine', affine);
      set('trackRunningStats', trackRunningStats);
      if (affine) set('weight', new UninitializedParameter(true, { device, dtype }));
      if (affine && bias) set('bias', new UninitializedParameter(true, { device, dtype }));
      if (!trackRunningStats) return;
      set('running_mean', new UninitializedBuffer(false, { device, dtype }));
      set('running_var', new UninitializedBuffer(false, { device, dtype }));
      this.registerBuffer('num_batches_tracked', aten.zeros([], { device, dtype: int64 }));
    }

    override resetParameters(): void {
      if (!this.hasUninitializedParams() && this.numFeatures !== 0) super.resetParameters();
    }

    override initializeParameters(input: Tensor): void {
      if (!this.hasUninitializedParams()) return;
      checkTensor(`${this._getName()}.forward`, 'input', input);
      const features = input.shape[1];
      setField(this, 'numFeatures', features);
      for (const tensor of [this.weight, this.bias, this.running_mean, this.running_var])
        if (isLazy(tensor)) tensor.materialize([features]);
      this.resetParameters();
    }
  }
  return LazyNorm as unknown as LazyNormClass<Norm>;
}

/** {@link BatchNorm1d} of as many features as the first input has. */
export class LazyBatchNorm1d extends lazyNorm(BatchNorm1d) {}

/** {@link BatchNorm2d} of as many features as the first input has. */
export class LazyBatchNorm2d extends lazyNorm(BatchNorm2d) {}

/** {@link BatchNorm3d} of as many features as the first input has. */
export class LazyBatchNorm3d extends lazyNorm(BatchNorm3d) {}

/**
 * {@link InstanceNorm1d} of as many features as the first input has. By default, unlike there, it has a
 * scale and a shift, and running statistics.
 */
export class LazyInstanceNorm1d extends lazyNorm(InstanceNorm1d<any, any>) {}

/**
 * {@link InstanceNorm2d} of as many features as the first input has. By default, unlike there, it has a
 * scale and a shift, and running statistics.
 */
export class LazyInstanceNorm2d extends lazyNorm(InstanceNorm2d<any, any>) {}

/**
 * {@link InstanceNorm3d} of as many features as the first input has. By default, unlike there, it has a
 * scale and a shift, and running statistics.
 */
export class LazyInstanceNorm3d extends lazyNorm(InstanceNorm3d<any, any>) {}
