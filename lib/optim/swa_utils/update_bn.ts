import { noGrad } from '../../autograd/mode';
import type { DeviceLike } from '../../core/device';
import { isPlainObject } from '../../core/keywords';
import { BatchNorm } from '../../nn/layers/norm/batchnorm';
import type { Module } from '../../nn/module/module';
import { Tensor } from '../../tensor';

/**
 * Sets running means and variances of the model's batch norms anew, as averages over the inputs of `loader`
 * (tensors, or arrays whose first entry is one).
 */
export function updateBn(
  loader: Iterable<Tensor | readonly Tensor[]>,
  model: Module,
  device: DeviceLike | { device?: DeviceLike | null } | null = null,
): void {
  const named = isPlainObject(device) && !('deviceName' in device);
  const target = (named ? (device as { device?: DeviceLike }).device : device) as
    DeviceLike | null | undefined;
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
