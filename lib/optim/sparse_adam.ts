import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { TorchError } from '../core/errors';
import { native } from '../native';
import { repr } from '../tensor/repr';
import { Tensor } from '../tensor';
import { type ParamSlot, negateIfMaximize, stateOf, zeros } from './batch';
import { checkBetas, scalar } from './implementation';
import { type ParamGroup, type Params, checkKindsOf, toGroupKeys, valueError } from './group';
import { Optimizer } from './optimizer';
import { type Value, negative, numberOf, over, squeezed, times } from './scalar';

/** Options of `optim.SparseAdam`. */
export interface SparseAdamOptions {
  /** Learning rate. Default: 1e-3. */
  lr?: Value;
  /** Decay of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default: 1e-8. */
  eps?: number;
  /** Move against the sign: maximize the objective. Default: false. */
  maximize?: boolean;
}

/** A group of parameters of `optim.SparseAdam`, with its options. */
export interface SparseAdamGroup extends ParamGroup {
  betas: readonly [number, number];
  eps: number;
  maximize: boolean;
}

const SPARSE_ADAM: Required<SparseAdamOptions> = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  maximize: false,
};

const SPARSE_ADAM_CALL = optimSignature(
  'SparseAdam',
  [value<Params<SparseAdamOptions>>()('params')],
  SPARSE_ADAM,
  ['lr', 'betas', 'eps', 'maximize'],
);

/**
 * Adam for sparse gradients of dense parameters, such as `nn.Embedding` makes with `sparse: true`: averages
 * and weights change only where the gradient has entries.
 */
export class SparseAdam extends Optimizer<SparseAdamGroup, SparseAdamOptions> {
  constructor(
    ...args: Call<
      typeof SPARSE_ADAM_CALL,
      [params: Params<SparseAdamOptions>],
      [lr: Value, betas: readonly [number, number], eps: number, maximize: boolean]
    >
  ) {
    const [list, given] = SPARSE_ADAM_CALL.bind(args);
    if (given.lr instanceof Tensor && given.lr.numel() !== 1) throw valueError('Tensor lr must be 1-element');
    const rate = numberOf(given.lr);
    if (!(rate > 0)) throw valueError(`Invalid learning rate: ${repr(rate)}`);
    if (!(given.eps > 0)) throw valueError(`Invalid epsilon value: ${repr(given.eps)}`);
    checkBetas(given.betas);
    super(list, toGroupKeys(given) as SparseAdamGroup);
    const sparse = this.#indices((param) => param.isSparse);
    if (sparse)
      throw valueError(`Sparse params at indices ${sparse}: SparseAdam requires dense parameter tensors`);
    const complex = this.#indices((param) => param.isComplex());
    if (complex) {
      throw valueError(
        `Complex params at indices ${complex}: SparseAdam does not support complex parameters`,
      );
    }
  }

  /** Group and position of the parameters of some kind; empty where there are none. */
  #indices(is: (param: Tensor) => boolean): string {
    const found = this.paramGroups.flatMap(({ params }, i) =>
      params.flatMap((param, j) => (is(param) ? [`[${i}, ${j}]`] : [])),
    );
    return found.length > 0 ? `[${found.join(', ')}]` : '';
  }

  protected override checkOptions(group: SparseAdamGroup): void {
    checkKindsOf('SparseAdam', group, this.defaults);
  }

  protected override updateGroup(group: SparseAdamGroup): void {
    const begin = (param: Tensor, grad: Tensor) => {
      if (!grad.isSparse) throw dense();
      return { step: 0, exp_avg: zeros(param), exp_avg_sq: zeros(param) };
    };
    const slots = this.collect(group, begin, null);
    for (const { grad, state } of slots) {
      if (!grad.isSparse) throw dense();
      state.step = (state.step as number) + 1;
    }
    for (const slot of slots) update(slot, group);
  }
}

const dense = () =>
  new TorchError('SparseAdam does not support dense gradients, please consider Adam instead');

// The order of the operations decides the last bit.
function update(slot: ParamSlot, group: SparseAdamGroup): void {
  const { betas, eps } = group;
  const grad = negateIfMaximize(slot.grad, group).coalesce();
  const indices = aten._indices(grad);
  const values = aten._values(grad);
  if (values.numel() === 0) return;
  const sparse = (entries: Tensor) => aten.sparseCooTensor(indices, entries, grad.shape);
  const expAvg = stateOf(slot, 'exp_avg');
  const expAvgSq = stateOf(slot, 'exp_avg_sq');
  const before = aten._values(expAvg.sparseMask(grad));
  const change = values.sub(before).mul_(1 - betas[0]);
  expAvg.add_(sparse(change));
  const beforeSq = aten._values(expAvgSq.sparseMask(grad));
  const changeSq = values
    .pow(2)
    .sub_(beforeSq)
    .mul_(1 - betas[1]);
  expAvgSq.add_(sparse(changeSq));
  const numerator = change.add_(before);
  const denominator = changeSq.add_(beforeSq).sqrt_().add_(eps);
  const step = slot.state.step as number;
  const correction1 = 1 - native.pow(betas[0], step);
  const root = Math.sqrt(1 - native.pow(betas[1], step));
  const size = over(times(squeezed(group.lr), root), correction1);
  slot.param.add_(sparse(numerator.div_(denominator).mul(scalar(negative(size)))));
}
