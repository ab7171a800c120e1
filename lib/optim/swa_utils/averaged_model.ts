import * as kinds from '../../nn/module/kinds';
import { type Call, signature } from '../../core/signature';
import { tensor } from '../../tensor/creation';
import type { DeviceLike } from '../../core/device';
import { int64 } from '../../core/dtype';
import { TorchError } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { copyModule } from '../../nn/module/copy';
import { Module } from '../../nn/module/module';
import type { Tensor } from '../../tensor';
import { byDeviceAndDtype } from '../implementation';
import { type AvgFn, type MultiAvgFn, getSwaAvgFn, getSwaMultiAvgFn } from './average';

/** Options of `optim.swaUtils.AveragedModel`. */
export interface AveragedModelOptions {
  /** Where the averages live. Default: null, which is where the model does. */
  device?: DeviceLike | null;
  /** Averages one parameter. Default: null, which is the equal average. */
  avgFn?: AvgFn | null;
  /** Averages many parameters at once. Default: null. */
  multiAvgFn?: MultiAvgFn | null;
  /** Average buffers, too; else they are copied. Default: false. */
  useBuffers?: boolean;
}
const AVERAGED: Required<AveragedModelOptions> = {
  device: null,
  avgFn: null,
  multiAvgFn: null,
  useBuffers: false,
};

const AVERAGED_MODEL_CALL = signature('AveragedModel', [kinds.module('model')], AVERAGED);

/**
 * A copy of a model whose weights are averages of the model's: equal (SWA) or exponential (EMA).
 *
 * Izmailov et al. 2018, Averaging Weights Leads to Wider Optima and Better Generalization.
 *
 * @example
 * const ema = new optim.swaUtils.AveragedModel(model, { multiAvgFn: optim.swaUtils.getEmaMultiAvgFn(0.99) });
 * optimizer.step();
 * ema.updateParameters(model);
 */
export class AveragedModel<Args extends unknown[], Out> extends Module<Args, Out> {
  readonly module: Module<Args, Out>;
  declare n_averaged: Tensor;
  readonly avgFn: AvgFn | null;
  readonly multiAvgFn: MultiAvgFn | null;
  readonly useBuffers: boolean;

  constructor(
    ...args: Call<
      typeof AVERAGED_MODEL_CALL,
      [model: Module<Args, Out>],
      [device: DeviceLike | null, avgFn: AvgFn | null, multiAvgFn: MultiAvgFn | null, useBuffers: boolean]
    >
  ) {
    super();
    const [model, given] = AVERAGED_MODEL_CALL.bind(args);
    if (given.avgFn && given.multiAvgFn) {
      throw new TorchError('Only one of avg_fn and multi_avg_fn should be provided', 'AssertionError');
    }
    this.module = copyModule(model);
    if (given.device !== null) this.module.to({ device: given.device });
    this.registerBuffer('n_averaged', tensor(0, { dtype: int64, device: given.device ?? undefined }));
    this.avgFn = given.avgFn;
    this.multiAvgFn = given.multiAvgFn;
    this.useBuffers = given.useBuffers;
  }

  override forward(...args: Args): Out {
    return this.module(...args);
  }

  /** Takes the model's present weights into the average. */
  updateParameters(model: Module): void {
    const listOf = (from: Module): Tensor[] =>
      this.useBuffers ? [...from.parameters(), ...from.buffers()] : [...from.parameters()];
    const averaged = (this.useBuffers ? listOf(this.module) : [...this.parameters()]).map((each) =>
      each.detach(),
    );
    const given = listOf(model);
    const count = Math.min(averaged.length, given.length);
    const own = averaged.slice(0, count);
    const current = own.map((each, i) => given[i].detach().to({ device: each.device }));
    if (this.n_averaged.item() === 0) own.forEach((each, i) => each.copy_(current[i]));
    else this._average(own, current);
    if (!this.useBuffers) {
      const buffers = [...model.buffers()];
      [...this.module.buffers()].forEach((buffer, i) => buffer.detach().copy_(buffers[i].detach()));
    }
    this.n_averaged.add_(1);
  }

  _average(averaged: Tensor[], current: Tensor[]): void {
    const countOn = (each: Tensor) => this.n_averaged.to({ device: each.device });
    const one = (avgFn: AvgFn) =>
      averaged.forEach((each, i) => each.copy_(avgFn(each, current[i], countOn(each))));
    if (this.avgFn) return one(this.avgFn);
    for (const part of byDeviceAndDtype(averaged)) {
      const own = part.map((i) => averaged[i]);
      const { multiAvgFn } = this;
      const multi = multiAvgFn ?? (own[0].isCpu ? null : getSwaMultiAvgFn());
      if (multi)
        multi(own, part.map((i) => current[i]), countOn(own[0])); // prettier-ignore
      else own.forEach((each, i) => each.copy_(getSwaAvgFn()(each, current[part[i]], countOn(each))));
    }
  }
}
checkMethods('AveragedModel', AveragedModel, 'updateParameters(model)');
