import * as kinds from '../../nn/module/kinds';
import { noGrad } from '../../autograd/mode';
import type { DeviceLike } from '../../core/device';
import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { BatchNorm } from '../../nn/layers/norm/batchnorm';
import type { Module } from '../../nn/module/module';
import { Tensor } from '../../tensor';

type Batches = Iterable<Tensor | readonly Tensor[]>;
const UPDATE_BN = signature('updateBn', [value<Batches>()('loader'), kinds.module('model')], {
  device: null as DeviceLike | null,
});

/**
 * Sets running means and variances of the model's batch norms anew, as averages over the inputs of `loader`
 * (tensors, or arrays whose first entry is one).
 */
export function updateBn(
  ...args: Call<typeof UPDATE_BN, [loader: Batches, model: Module], [device: DeviceLike | null]>
): void {
  const [loader, model, { device: target }] = UPDATE_BN.bind(args);
  noGrad(() => {
    const norms = [...model.modules()].flatMap((module) => (module instanceof BatchNorm ? [module] : []));
    if (norms.length === 0) return;
    for (const norm of norms) norm.resetRunningStats();
    const momenta = norms.map((norm) => norm.momentum);
    const wasTraining = model.training;
    model.train();
    for (const norm of norms) setMomentum(norm, null);
    for (const batch of loader) {
      const input = batch instanceof Tensor ? batch : batch[0];
      (model as Module<[Tensor], unknown>)(target == null ? input : input.to({ device: target }));
    }
    norms.forEach((norm, i) => setMomentum(norm, momenta[i]));
    model.train(wasTraining);
  });
}

function setMomentum(norm: object, momentum: number | null): void {
  (norm as { momentum: number | null }).momentum = momentum;
}
