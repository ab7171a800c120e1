import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import { type AdamOptions, ADAM, Adam } from './adam';
import type { Params } from './group';
import type { Value } from './scalar';

/** As {@link AdamOptions}; weight decay is 0.01 by default and always decoupled. */
export type AdamWOptions = Omit<AdamOptions, 'decoupledWeightDecay'>;

const { decoupledWeightDecay: _, ...ADAMW } = { ...ADAM, weightDecay: 1e-2 };

const ADAM_W_CALL = optimSignature('AdamW', [value<Params<AdamOptions>>()('params')], ADAMW, [
  'lr',
  'betas',
  'eps',
  'weightDecay',
  'amsgrad',
]);

/**
 * Adam whose weight decay is decoupled from the gradient: `p ← p − lr · weightDecay · p`, then Adam.
 *
 * Loshchilov and Hutter 2017, Decoupled Weight Decay Regularization.
 *
 * @example
 * const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.1 });
 */
export class AdamW extends Adam {
  constructor(
    ...args: Call<
      typeof ADAM_W_CALL,
      [params: Params<AdamOptions>],
      [lr: Value, betas: readonly [Value, Value], eps: number, weightDecay: Value, amsgrad: boolean]
    >
  ) {
    const [list, given] = ADAM_W_CALL.bind(args);
    super(list, { ...given, decoupledWeightDecay: true });
  }

  protected override upgrade(): void {
    super.upgrade();
    for (const group of this.paramGroups) group.decoupled_weight_decay = true;
  }
}
