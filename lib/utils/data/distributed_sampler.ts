import { int64 } from '../../core/dtype';
import { checkNumber, valueError } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { object } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { getRank, getWorldSize } from '../../distributed/group';
import * as aten from '../../tensor/aten';
import { Generator } from '../../tensor/random';
import type { Sized } from './dataset';
import { Sampler } from './sampler';
import { lengthOf } from './source';

/** Options of `torch.utils.data.DistributedSampler`. */
export interface DistributedSamplerOptions {
  /** How many processes train together. Default null: those of the default group. */
  numReplicas?: number | null;
  /** Which of them this is, from 0. Default null: as the default group says. */
  rank?: number | null;
  /** Whether the order is random, another one for each epoch. Default: `true`. */
  shuffle?: boolean;
  /** The same in all processes. Default: 0. */
  seed?: number;
  /** Leave out what does not divide evenly, where otherwise items come twice. Default: `false`. */
  dropLast?: boolean;
}
const DISTRIBUTED = signature('DistributedSampler', [object<Sized>()('dataset')], {
  numReplicas: null,
  rank: null,
  shuffle: true,
  seed: 0,
  dropLast: false,
} as Required<DistributedSamplerOptions>);

/**
 * One process's share of a dataset: every `numReplicas`-th index (`torch.utils.data.DistributedSampler`). All processes
 * get equally many.
 *
 * @example
 * await torch.distributed.initProcessGroup();
 * const sampler = new DistributedSampler(dataset);
 * for (let epoch = 0; epoch < 10; epoch++) {
 *   sampler.setEpoch(epoch); // or all epochs have the same order
 *   for (const batch of new DataLoader(dataset, { sampler, batchSize: 32 })) train(batch);
 * }
 *
 * @throws ValueError for a rank that is none of theirs, or where none is given and there is no group.
 */
export class DistributedSampler extends Sampler {
  readonly dataset: Sized;
  readonly numReplicas: number;
  readonly rank: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly dropLast: boolean;
  /** How many indices this process gets. */
  readonly numSamples: number;
  /** How many all processes get. */
  readonly totalSize: number;
  /** Which epoch's order comes next. */
  epoch = 0;

  constructor(
    ...args: Call<
      typeof DISTRIBUTED,
      [dataset: Sized],
      [numReplicas: number | null, rank: number | null, shuffle: boolean, seed: number, dropLast: boolean]
    >
  ) {
    super();
    const [dataset, options] = DISTRIBUTED.bind(args);
    const numReplicas = options.numReplicas ?? getWorldSize();
    const rank = options.rank ?? getRank();
    checkNumber('DistributedSampler', 'numReplicas', numReplicas);
    checkNumber('DistributedSampler', 'rank', rank);
    if (rank >= numReplicas || rank < 0) {
      throw valueError(`Invalid rank ${rank}, rank should be in the interval [0, ${numReplicas - 1}]`);
    }
    this.dataset = dataset;
    this.numReplicas = numReplicas;
    this.rank = rank;
    this.shuffle = options.shuffle;
    this.seed = options.seed;
    this.dropLast = options.dropLast;
    const length = lengthOf(dataset);
    const isUneven = this.dropLast && length % numReplicas !== 0;
    this.numSamples = Math.max(0, Math.ceil((isUneven ? length - numReplicas : length) / numReplicas));
    this.totalSize = this.numSamples * numReplicas;
  }

  override [Symbol.iterator](): Iterator<number> {
    const indices = this.#indices();
    const { totalSize, rank, numReplicas } = this;
    while (indices.length > 0 && indices.length < totalSize) {
      indices.push(...indices.slice(0, totalSize - indices.length));
    }
    const own = indices.slice(0, totalSize).filter((_, i) => i % numReplicas === rank);
    return own[Symbol.iterator]();
  }

  #indices(): number[] {
    const n = lengthOf(this.dataset);
    if (!this.shuffle) return Array.from({ length: n }, (_, i) => i);
    const generator = new Generator().manualSeed(this.seed + this.epoch);
    return aten.randperm(n, { generator, dtype: int64 }).tolist<number[]>();
  }

  /** How many indices this process gets. */
  get length(): number {
    return this.numSamples;
  }

  /** Says which epoch comes next, in all processes alike, so that it has an order of its own. */
  setEpoch(epoch: number): void {
    checkNumber('setEpoch', 'epoch', epoch);
    this.epoch = epoch;
  }
}
checkMethods('DistributedSampler', DistributedSampler, 'setEpoch(epoch)');
