import { Adam, type AdamOptions } from './adam';
import type { Params } from './group';

/** As {@link AdamOptions}; weight decay is 0.01 by default and always decoupled. */
export type AdamWOptions = Omit<AdamOptions, 'decoupledWeightDecay'>;

/**
 * Adam whose weight decay is decoupled from the gradient: `p ← p − lr · weightDecay · p`, then Adam.
 *
 * Loshchilov and Hutter 2017, Decoupled Weight Decay Regularization.
 *
 * @example
 * const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.1 });
 */
export class AdamW extends Adam {
  constructor(params: Params<AdamOptions>, options: AdamWOptions = {}) {
    super(params, { ...options, weightDecay: options.weightDecay ?? 1e-2, decoupledWeightDecay: true });
  }
}
