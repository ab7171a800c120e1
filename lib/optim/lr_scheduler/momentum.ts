// Momentum that moves with the learning rate: `momentum`, or the first of `betas`.
import { valueError } from '../group';
import { type AnyOptimizer, perGroup } from './scheduler';

interface MomentumGroup {
  momentum?: number;
  betas?: readonly number[];
}

export function setMomentum(group: MomentumGroup, useBeta1: boolean, momentum: number): void {
  if (useBeta1) group.betas = [momentum, ...group.betas!.slice(1)];
  else group.momentum = momentum;
}

/** The bounds for each group; puts them into the groups when the schedule begins. */
export function setMomenta(
  optimizer: AnyOptimizer,
  base: number | readonly number[],
  max: number | readonly number[],
  begins: boolean,
): { useBeta1: boolean; baseMomentums: number[]; maxMomentums: number[] } {
  const { defaults } = optimizer as { defaults: object };
  if (!('momentum' in defaults) && !('betas' in defaults)) {
    throw valueError('optimizer must support momentum or beta1 with `cycle_momentum` option enabled');
  }
  const useBeta1 = 'betas' in defaults;
  const baseMomentums = perGroup('base_momentum', optimizer, base);
  const maxMomentums = perGroup('max_momentum', optimizer, max);
  if (begins) {
    optimizer.paramGroups.forEach((group, i) => {
      setMomentum(group, useBeta1, maxMomentums[i]);
      group.max_momentum = maxMomentums[i];
      group.base_momentum = baseMomentums[i];
    });
  }
  return { useBeta1, baseMomentums, maxMomentums };
}
