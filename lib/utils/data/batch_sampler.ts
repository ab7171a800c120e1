import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { type Draws, Sampler, type SamplerLike, checkBoolean, checkCount } from './sampler';
import { lengthOf } from './source';

const BATCH = signature(
  'BatchSampler',
  [value<SamplerLike<unknown>>()('sampler'), value<number>()('batchSize'), value<boolean>()('dropLast')],
  {},
);

/**
 * Lists of `batchSize` keys of another sampler; the last may be shorter unless `dropLast` leaves it out
 * (`torch.utils.data.BatchSampler`).
 *
 * @example
 * [...new BatchSampler(new SequentialSampler({ length: 5 }), 2, false)]; // [[0, 1], [2, 3], [4]]
 *
 * @throws ValueError for a size that is not positive.
 */
export class BatchSampler<Key = number> extends Sampler<Key[]> {
  readonly sampler: SamplerLike<Key>;
  readonly batchSize: number;
  readonly dropLast: boolean;

  constructor(
    ...args: Call<typeof BATCH, [sampler: SamplerLike<Key>, batchSize: number, dropLast: boolean]>
  ) {
    super();
    const [sampler, batchSize, dropLast] = BATCH.bind(args);
    checkCount('batch_size', batchSize);
    checkBoolean('drop_last', dropLast);
    this.sampler = sampler as SamplerLike<Key>;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
  }

  override *[Symbol.iterator](): Draws<Key[]> {
    const keys = this.sampler[Symbol.iterator]();
    for (;;) {
      const batch: Key[] = [];
      while (batch.length < this.batchSize) {
        const next = keys.next();
        if (next.done) break;
        batch.push(next.value);
      }
      if (batch.length === 0 || (this.dropLast && batch.length < this.batchSize)) return;
      yield batch;
    }
  }

  /** How many batches it gives. */
  get length(): number {
    const batches = lengthOf(this.sampler) / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }
}
