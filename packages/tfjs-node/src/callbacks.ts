/** Callbacks of `model.fit`, as tfjs-node's. */
import path from 'node:path';
import { CustomCallback, type LayersModel, type Logs, type Tensor, util } from '@tensorflow/tfjs';
import { type SummaryFileWriter, summaryFileWriter } from './tensorboard';

export { ProgbarLogger } from 'nodetorch/tfjs';

/** Options of {@link tensorBoard}. */
export interface TensorBoardCallbackArgs {
  /** Whether losses and metrics are written after each batch, too. Default: `'epoch'`. */
  updateFreq?: 'batch' | 'epoch';
  /** After how many epochs the weights' histograms are written; 0 is never. Default: 0. */
  histogramFreq?: number;
}

/** Writes what `model.fit` logs for TensorBoard: see {@link tensorBoard}. */
export class TensorBoardCallback extends CustomCallback {
  readonly #args: Required<TensorBoardCallbackArgs>;
  #trained: LayersModel | undefined;
  #batches = 0;

  constructor(
    readonly logdir = './logs',
    args: TensorBoardCallbackArgs = {},
  ) {
    super({
      onBatchEnd: (_batch, logs) => {
        this.#batches++;
        if (this.#args.updateFreq !== 'epoch') this.#write(logs, 'batch_', this.#batches);
      },
      onEpochEnd: (epoch, logs) => {
        this.#write(logs, 'epoch_', epoch + 1);
        const { histogramFreq } = this.#args;
        if (histogramFreq > 0 && epoch % histogramFreq === 0) this.#writeWeights(epoch);
      },
    });
    const { updateFreq = 'epoch', histogramFreq = 0 } = args;
    util.assert(
      updateFreq === 'batch' || updateFreq === 'epoch',
      () => `Expected updateFreq to be 'batch' or 'epoch', but got ${String(updateFreq)}`,
    );
    util.assert(
      Number.isInteger(histogramFreq) && histogramFreq >= 0,
      () => `Expected histogramFreq to be a positive integer, but got ${histogramFreq}`,
    );
    this.#args = { updateFreq, histogramFreq };
  }

  override setModel(model: Parameters<CustomCallback['setModel']>[0]): void {
    this.#trained = model as LayersModel;
  }

  #writer(part: 'train' | 'val'): SummaryFileWriter {
    return summaryFileWriter(path.join(this.logdir, part));
  }

  #write(logs: Logs = {}, prefix: string, step: number): void {
    for (const [key, value] of Object.entries(logs)) {
      if (key === 'batch' || key === 'size' || key === 'num_steps') continue;
      const validated = key.startsWith('val_');
      const name = prefix + (validated ? key.slice('val_'.length) : key);
      this.#writer(validated ? 'val' : 'train').scalar(name, value, step);
    }
  }

  #writeWeights(step: number): void {
    for (const weight of this.#trained?.weights ?? [])
      this.#writer('train').histogram(weight.name, weight.read() as Tensor, step);
  }
}

/** A callback of `model.fit` that writes losses, metrics and weights' histograms for TensorBoard into a folder. */
export function tensorBoard(logdir = './logs', args?: TensorBoardCallbackArgs): TensorBoardCallback {
  return new TensorBoardCallback(logdir, args);
}
