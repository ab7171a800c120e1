// Uneven inputs: a rank that has none left takes part in the collectives of the others, as Python's Join does.
import { TorchError } from '../../core/errors';
import { signature } from '../../core/signature';
import { allReduce } from '../../distributed/reductions';
import type { ProcessGroup } from '../../distributed/group';
import { ReduceOp } from '../../distributed/reduce_op';
import { full, tensor as makeTensor } from '../../tensor/creation';
import { native } from '../../native';
import { newTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import type { Handle } from '../../../typings/native';

/** Options of `DistributedDataParallel.join`. */
export interface JoinOptions {
  /** Whether gradients are divided by the number of all ranks, and not of those that have inputs left. Default true. */
  divideByInitialWorldSize?: boolean;
  /** Default true. */
  enable?: boolean;
  /** Whether all ranks throw as soon as one has no inputs left. Default false. */
  throwOnEarlyTermination?: boolean;
}

export const JOIN = signature(
  'DistributedDataParallel.join',
  [],
  {
    divideByInitialWorldSize: true,
    enable: true,
    throwOnEarlyTermination: false,
  } as Required<JoinOptions>,
  [],
);

/** What joining needs of a DistributedDataParallel. */
export interface Joined {
  readonly group: ProcessGroup;
  readonly reducer: Handle;
  readonly findUnusedParameters: boolean;
  /** Sends buffers of `source`, where buffers are sent. */
  syncBuffers(source: number): void;
  willSyncBuffers(): boolean;
  setSyncsBuffers(syncs: boolean): void;
  /** Sends all that there is of `source`. */
  syncAll(source: number): void;
}

const ENDS = 'Detected at least one rank that exhausted inputs. Throwing across all ranks.';

export class Join {
  readonly #of: Joined;
  readonly #options: Required<JoinOptions>;

  constructor(of: Joined, options: Required<JoinOptions>) {
    this.#of = of;
    this.#options = options;
    native.joinBegins(of.reducer);
  }

  // Of the dtypes that Python's has: ranks of both languages call the same collectives.
  #reduced(value: number): number {
    const tensor = makeTensor([value]);
    allReduce(tensor, ReduceOp.SUM, this.#of.group).wait();
    return tensor.item() as number;
  }

  /** The rank whose tensors count: the largest that `isCandidate`. */
  commonRank(isCandidate: boolean): number {
    const tensor = makeTensor([isCandidate ? this.#of.group.rank() : -1], { dtype: 'int64' });
    allReduce(tensor, ReduceOp.MAX, this.#of.group).wait();
    return Number(tensor.item());
  }

  /** Each forward of a rank that has inputs left. */
  beforeForward(isTraining: boolean): void {
    const ones: Tensor = full([1], 1);
    const work = allReduce(ones, ReduceOp.SUM, this.#of.group);
    if (this.#options.throwOnEarlyTermination && this.#reduced(0) > 0) throw new TorchError(ENDS);
    if (isTraining)
      native.joinForward(this.#of.reducer, work.handle!, this.#options.divideByInitialWorldSize);
  }

  /** Tells those that have none whether a backward pass follows that reduces. */
  announceBackward(syncs: boolean): void {
    allReduce(makeTensor([Number(syncs)]), ReduceOp.SUM, this.#of.group).wait();
  }

  /** Takes part in the others' collectives until none has inputs left, and ends with the last one's tensors. */
  finish(): void {
    let isLast = true;
    while (this.#reduced(0) > 0) {
      isLast = false;
      if (this.#options.throwOnEarlyTermination) {
        this.#reduced(1);
        throw new TorchError(ENDS);
      }
      this.#shadow();
    }
    this.#of.syncAll(this.commonRank(isLast));
  }

  #shadow(): void {
    const { reducer, group } = this.#of;
    native.rebuildBuckets(reducer);
    if (this.#of.willSyncBuffers()) this.#of.syncBuffers(this.commonRank(false));
    const syncs = this.#reduced(0) !== 0;
    this.#of.setSyncsBuffers(syncs);
    if (!syncs) return;
    native.joinBackward(reducer);
    if (this.#of.findUnusedParameters)
      allReduce(newTensor(native.joinUsed(reducer)), ReduceOp.SUM, group).wait();
  }
}
