import { checkTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import { TorchError, argumentError, valueError } from '../../core/errors';
import * as F from '../../functional';
import { number, value } from '../../core/kinds';
import { checkMethods } from '../../core/calls';
import { type Call, signature } from '../../core/signature';
import { sizeText } from '../../core/size_text';
import type { Tensor } from '../../tensor';
import { ModuleList } from './container';
import { Sequential } from './sequential';
import { Linear } from './linear';
import { Module } from '../module/module';
import { FACTORY, type Factory, type FactoryOptions } from './options';

/** Options of `nn.AdaptiveLogSoftmaxWithLoss`. */
export interface AdaptiveLogSoftmaxOptions extends FactoryOptions {
  /** By how much the inputs of each next cluster are fewer. Default: 4. */
  divValue?: number;
  /** Whether the first cluster has a bias. Default: `false`. */
  headBias?: boolean;
}
const DEFAULTS: Required<AdaptiveLogSoftmaxOptions> = { divValue: 4, headBias: false, ...FACTORY };
const ADAPTIVE = signature(
  'AdaptiveLogSoftmaxWithLoss',
  [number('inFeatures'), number('nClasses'), value<readonly number[]>()('cutoffs')],
  DEFAULTS,
);

/** The log probability of each sample's target, and minus their mean. */
export type AdaptiveOutput = [output: Tensor, loss: Tensor] & {
  readonly output: Tensor;
  readonly loss: Tensor;
};

function checkCutoffs(cutoffs: readonly number[], classes: number): void {
  if (!Array.isArray(cutoffs))
    throw argumentError('AdaptiveLogSoftmaxWithLoss', 'cutoffs', 'an array of numbers', cutoffs);

  if (cutoffs.length === 0) throw valueError('cutoffs should be a sequence of length larger than 0');
  const inOrder = cutoffs.every((cutoff, i) => i === 0 || cutoff > cutoffs[i - 1]);
  const valid = cutoffs.every((cutoff) => Number.isInteger(cutoff) && cutoff > 0 && cutoff <= classes - 1);
  if (inOrder && valid) return;
  throw valueError(
    'cutoffs should be a sequence of unique, positive integers sorted in an increasing order, ' +
      'where each value is between 1 and n_classes-1',
  );
}

function checkBatch(input: Tensor, target: Tensor): void {
  checkTensor('AdaptiveLogSoftmaxWithLoss.forward', 'input_', input);
  checkTensor('AdaptiveLogSoftmaxWithLoss.forward', 'target_', target);
  const found = `but found inputs with size ${sizeText(input.shape)}`;
  switch (target.dim()) {
    case 1:
      if (input.size(0) !== target.size(0))
        throw new TorchError('Input and target should have the same size in the batch dimension.');
      if (input.dim() !== 2) throw new TorchError(`1D target tensor expects 2D input tensors, ${found}`);
      break;
    case 0:
      if (input.dim() !== 1) throw new TorchError(`0D target tensor expects 1D input tensors, ${found}`);
      break;
    default:
      throw new TorchError('0D or 1D target tensor expected, multi-target not supported');
  }
}

/**
 * The softmax over many classes of which few are frequent (Grave et al., 2016). The classes, the most frequent
 * ones first, are cut into clusters: the first is always computed, the others where a target is in them.
 *
 * Shapes: input `(N, inFeatures)` or `(inFeatures)`; target `(N)` or `()`; gives `(N)` or `()`, and `()`.
 */
export class AdaptiveLogSoftmaxWithLoss extends Module<[input: Tensor, target: Tensor], AdaptiveOutput> {
  readonly inFeatures: number;
  readonly nClasses: number;
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  readonly headBias: boolean;
  readonly shortlistSize: number;
  readonly nClusters: number;
  readonly headSize: number;
  readonly head: Linear;
  readonly tail: ModuleList<Sequential<[Linear, Linear]>>;

  constructor(
    ...args: Call<
      typeof ADAPTIVE,
      [inFeatures: number, nClasses: number, cutoffs: readonly number[]],
      [divValue: number, headBias: boolean, ...Factory]
    >
  ) {
    super();
    const [inFeatures, nClasses, cutoffs, given] = ADAPTIVE.bind(args);
    checkCutoffs(cutoffs, nClasses);
    const { device, dtype } = given;
    this.inFeatures = inFeatures;
    this.nClasses = nClasses;
    this.cutoffs = [...cutoffs, nClasses];
    this.divValue = given.divValue;
    this.headBias = given.headBias;
    this.shortlistSize = cutoffs[0];
    this.nClusters = cutoffs.length;
    this.headSize = this.shortlistSize + this.nClusters;
    this.head = new Linear(inFeatures, this.headSize, { bias: this.headBias, device, dtype });
    this.tail = new ModuleList();
    for (let i = 0; i < this.nClusters; i++) {
      const hidden = Math.floor(inFeatures / this.divValue ** (i + 1));
      const classes = this.cutoffs[i + 1] - this.cutoffs[i];
      const linear = (from: number, to: number): Linear =>
        new Linear(from, to, { bias: false, device, dtype });
      this.tail.append(new Sequential(linear(inFeatures, hidden), linear(hidden, classes)));
    }
  }

  /** Gives the parameters their initial values anew. */
  resetParameters(): void {
    this.head.resetParameters();
    for (const cluster of this.tail)
      for (const linear of cluster.children()) (linear as Linear).resetParameters();
  }

  override forward(input: Tensor, target: Tensor): AdaptiveOutput {
    checkBatch(input, target);
    const batched = target.dim() > 0;
    const rows = batched ? input : aten.unsqueeze(input, 0);
    const targets = batched ? target : aten.unsqueeze(target, 0);
    const all = this._targetLogProb(rows, targets);
    const loss = aten.mean(aten.neg(all));
    const output = batched ? all : aten.squeeze(all, 0);
    return Object.assign([output, loss], { output, loss }) as AdaptiveOutput;
  }

  _targetLogProb(input: Tensor, target: Tensor): Tensor {
    const batch = target.shape[0];
    const output = aten.newZeros(input, [batch]);
    const inHead = aten.newEmpty(target, [batch]); // each target's, or its cluster's, place in the head
    const starts = [0, ...this.cutoffs];
    let used = 0;
    for (let i = 0; i < starts.length - 1; i++) {
      const inside = aten.logicalAnd(aten.ge(target, starts[i]), aten.lt(target, starts[i + 1]));
      const rows = aten.squeeze(aten.nonzero(inside));
      if (rows.numel() === 0) continue;
      used += rows.numel();
      const chosen = aten.maskedSelect(target, inside);
      if (i === 0) {
        aten.indexCopy_(inHead, 0, rows, chosen);
        continue;
      }
      const scores = this.tail.at(i - 1)(aten.indexSelect(input, 0, rows)) as Tensor;
      aten.indexFill_(inHead, 0, rows, this.shortlistSize + i - 1);
      const index = aten.unsqueeze(aten.sub(chosen, starts[i]), 1);
      const logProb = aten.gather(F.logSoftmax(scores, 1), 1, index);
      aten.indexCopy_(output, 0, rows, aten.squeeze(logProb, 1));
    }
    if (used !== batch) {
      throw new TorchError(
        `Target values should be in [0, ${this.nClasses - 1}], but values in range ` +
          `[${aten.min(target).item()}, ${aten.max(target).item()}] were found. `,
      );
    }
    const head = F.logSoftmax(this.head(input), 1);
    return aten.add_(output, aten.squeeze(aten.gather(head, 1, aten.unsqueeze(inHead, 1))));
  }

  _fullLogProb(input: Tensor, headOutput: Tensor): Tensor {
    const { shortlistSize, cutoffs } = this;
    const out = aten.newEmpty(input, [headOutput.shape[0], this.nClasses]);
    const head = F.logSoftmax(headOutput, 1);
    aten.copy_(aten.narrow(out, 1, 0, shortlistSize), aten.narrow(head, 1, 0, shortlistSize));
    for (let i = 0; i < this.nClusters; i++) {
      const inCluster = F.logSoftmax(this.tail.at(i)(input) as Tensor, 1);
      const ofCluster = aten.unsqueeze(aten.select(head, 1, shortlistSize + i), 1);
      const part = aten.narrow(out, 1, cutoffs[i], cutoffs[i + 1] - cutoffs[i]);
      aten.copy_(part, aten.add(inCluster, ofCluster));
    }
    return out;
  }

  /** The log probability of every class. Shapes: `(N, inFeatures)` to `(N, nClasses)`. */
  logProb(input: Tensor): Tensor {
    return this._fullLogProb(input, this.head(input));
  }

  /** The most likely class: cheaper than the largest of {@link logProb}. Shapes: `(N, inFeatures)` to `(N)`. */
  predict(input: Tensor): Tensor {
    const head = this.head(input);
    const output = aten.argmax(head, 1);
    const elsewhere = aten.ge(output, this.shortlistSize);
    if (!aten.isNonzero(aten.any(elsewhere))) return output;
    if (aten.isNonzero(aten.all(elsewhere))) return aten.argmax(this._fullLogProb(input, head), 1);
    const chosen = this._fullLogProb(aten.index(input, [elsewhere]), aten.index(head, [elsewhere]));
    return aten.indexPut_(output, [elsewhere], aten.argmax(chosen, 1));
  }
}
checkMethods('AdaptiveLogSoftmaxWithLoss', AdaptiveLogSoftmaxWithLoss, 'logProb(input)', 'predict(input)');
