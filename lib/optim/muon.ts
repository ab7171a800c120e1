import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { TorchError } from '../core/errors';
import { keep } from '../tensor/memory';
import { repr } from '../tensor/repr';
import type { Tensor } from '../tensor';
import { checkLearningRate, scalar } from './implementation';
import { type ParamGroup, type Params, checkKindsOf, toGroupKeys, valueError } from './group';
import { Optimizer } from './optimizer';
import { type Value, minus, negative, numberOf, squeezed, times } from './scalar';

/** Options of `optim.Muon`. */
export interface MuonOptions {
  /** Learning rate. Default: 1e-3. */
  lr?: Value;
  /** What is taken off the weights, times `lr`. Default: 0.1. */
  weightDecay?: number;
  /** How much of the last step's direction is kept. Default: 0.95. */
  momentum?: number;
  /** Look ahead along the momentum. Default: true. */
  nesterov?: boolean;
  /** Coefficients of the Newton-Schulz polynomial. Default: [3.4445, -4.775, 2.0315]. */
  nsCoefficients?: readonly [number, number, number];
  /** Smallest norm to divide by. Default: 1e-7. */
  eps?: number;
  /** Newton-Schulz iterations. Default: 5. */
  nsSteps?: number;
  /** How the learning rate depends on the shape. Default: null, which is 'original'. */
  adjustLrFn?: 'original' | 'match_rms_adamw' | null;
}

/** A group of parameters of `optim.Muon`, with its options. */
export interface MuonGroup extends ParamGroup {
  weight_decay: number;
  momentum: number;
  nesterov: boolean;
  ns_coefficients: readonly [number, number, number];
  eps: number;
  ns_steps: number;
  adjust_lr_fn: 'original' | 'match_rms_adamw' | null;
}

const MUON: Required<MuonOptions> = {
  lr: 1e-3,
  weightDecay: 0.1,
  momentum: 0.95,
  nesterov: true,
  nsCoefficients: [3.4445, -4.775, 2.0315],
  eps: 1e-7,
  nsSteps: 5,
  adjustLrFn: null,
};

const MUON_CALL = optimSignature('Muon', [value<Params<MuonOptions>>()('params')], MUON, [
  'lr',
  'weightDecay',
  'momentum',
  'nesterov',
  'nsCoefficients',
  'eps',
  'nsSteps',
  'adjustLrFn',
]);

/**
 * Momentum whose direction is made orthogonal by Newton-Schulz iterations in bfloat16. For matrices only: the
 * weights of hidden layers; take AdamW for the rest.
 *
 * Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks; 'match_rms_adamw': Liu et al.
 * 2025, Muon is Scalable for LLM Training.
 */
export class Muon extends Optimizer<MuonGroup, MuonOptions> {
  constructor(
    ...args: Call<
      typeof MUON_CALL,
      [params: Params<MuonOptions>],
      [
        lr: Value,
        weightDecay: number,
        momentum: number,
        nesterov: boolean,
        nsCoefficients: readonly [number, number, number],
        eps: number,
        nsSteps: number,
        adjustLrFn: 'original' | 'match_rms_adamw' | null,
      ]
    >
  ) {
    const [list, given] = MUON_CALL.bind(args);
    checkLearningRate(given.lr, 'Learning rate should be >= 0 but is: ');
    check(given);
    super(list, toGroupKeys(given) as MuonGroup);
    for (const param of this.paramGroups.flatMap((group) => group.params)) {
      if (param.dim() === 2) continue;
      const size = `torch.Size([${param.shape.join(', ')}])`;
      throw valueError(`Muon only supports 2D parameters whereas we found a parameter with size: ${size}`);
    }
  }

  protected override checkOptions(group: MuonGroup): void {
    checkKindsOf('Muon', group, this.defaults);
  }

  protected override updateGroup(group: MuonGroup): void {
    const lr = squeezed(group.lr);
    const moves = group.params.flatMap((param) => {
      const { grad } = param;
      return grad ? [{ param, grad, buffer: this.#bufferOf(param, grad) }] : [];
    });
    for (const { param, grad, buffer } of moves) {
      if (grad.dim() !== 2) throw valueError('Param gradient must be a 2D matrix');
      buffer.lerp_(grad, 1 - group.momentum);
      const direction = group.nesterov ? grad.lerp(buffer, group.momentum) : buffer;
      const update = orthogonalized(direction, group);
      const adjusted = times(lr, ratio(param.shape, group.adjust_lr_fn));
      param.mul_(scalar(minus(1, times(lr, group.weight_decay))));
      param.add_(update, { alpha: numberOf(negative(adjusted)) });
    }
  }

  #bufferOf(param: Tensor, grad: Tensor): Tensor {
    if (param.isComplex()) throw new TorchError('Muon does not support complex parameters');
    if (grad.isSparse) throw new TorchError('Muon does not support sparse gradients');
    const state = this.stateOf(param);
    return (state.momentum_buffer ??= keep(aten.zerosLike(grad))) as Tensor;
  }
}

function check({ momentum, weightDecay, adjustLrFn }: Required<MuonOptions>): void {
  if (!(momentum >= 0)) throw valueError(`momentum should be >= 0 but is: ${repr(momentum)}`);
  if (!(weightDecay >= 0)) throw valueError(`weight decay should be >= 0 but is: ${repr(weightDecay)}`);
  if (adjustLrFn !== null && adjustLrFn !== 'original' && adjustLrFn !== 'match_rms_adamw') {
    throw valueError(`Adjust learning rate function ${String(adjustLrFn)} is not supported`);
  }
}

/** Singular values towards one. The order of the operations decides the last bit. */
function orthogonalized(grad: Tensor, { ns_coefficients, ns_steps, eps }: MuonGroup): Tensor {
  if (ns_steps >= 100) throw valueError('Number of steps must be less than 100 for computational efficiency');
  if (ns_coefficients.length !== 3) throw valueError('Coefficients must be a tuple of exactly 3 values');
  const [a, b, c] = ns_coefficients;
  const tall = grad.shape[0] > grad.shape[1];
  let matrix = grad.bfloat16();
  if (tall) matrix = matrix.T;
  matrix.div_(matrix.norm().clampMin(eps));
  for (let i = 0; i < ns_steps; i++) {
    const gram = matrix.matmul(matrix.T);
    const update = aten.addmm(gram, gram, gram, { beta: b, alpha: c });
    matrix = aten.addmm(matrix, update, matrix, { beta: a });
  }
  return tall ? matrix.T : matrix;
}

function ratio([rows, columns]: readonly number[], rule: MuonOptions['adjustLrFn']): number {
  if (rule === 'match_rms_adamw') return 0.2 * Math.sqrt(Math.max(rows, columns));
  if (columns === 0) throw new TorchError('division by zero', 'ZeroDivisionError');
  return Math.sqrt(Math.max(1, rows / columns));
}
