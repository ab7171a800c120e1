/** The progress of `model.fit()`: a bar on a terminal, a line for each epoch elsewhere; off with `verbose: 0`. */
import type { CustomCallback, Logs } from '@tensorflow/tfjs-layers';
import { bindArguments } from '../core/calls';

type Layers = typeof import('@tensorflow/tfjs-layers');
type Bar = { start(total: number, at: number): void; increment(): void; stop(): void };

// eslint-disable-next-line @typescript-eslint/no-require-imports -- when a bar is shown
const newBar = (): Bar => new (require('cli-progress') as typeof import('cli-progress')).SingleBar(
    { stream: process.stderr, clearOnComplete: true, format: '{bar} {value}/{total} {eta_formatted}' },
  ); // prettier-ignore

const shown = (logs: Logs): string =>
  Object.entries(logs)
    .filter(([name]) => name !== 'batch' && name !== 'size')
    .map(([name, value]) => ` - ${name}: ${Number(value).toPrecision(4)}`)
    .join('');

/** Makes it the default of tfjs-layers where that is installed. */
export function registerProgress(): void {
  let layers: Layers;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an optional peer
    layers = require('@tensorflow/tfjs-layers') as Layers;
  } catch {
    return;
  }
  ProgbarLogger = progressOf(layers);
  layers.registerCallbackConstructor(1, ProgbarLogger);
}

/** The callback behind `verbose: 1`, the default. Undefined where `@tensorflow/tfjs-layers` is not installed. */
export let ProgbarLogger: (new () => CustomCallback) | undefined;

function progressOf({ CustomCallback: Base }: Layers): new () => CustomCallback {
  return class Progress extends Base {
    constructor(...args: []) {
      bindArguments('ProgbarLogger()', args);
      let bar: Bar | undefined;
      let started = 0;
      const params = () => this.params as Record<string, number | undefined>;
      super({
        onEpochBegin: () => {
          started = performance.now();
          const { samples, batchSize, steps } = params();
          const total = steps ?? Math.ceil((samples ?? 0) / (batchSize ?? 32));
          if (!process.stderr.isTTY || !(total > 0)) return;
          bar = newBar();
          bar.start(total, 0);
        },
        onBatchEnd: () => bar?.increment(),
        onEpochEnd: (epoch, logs) => {
          bar?.stop();
          bar = undefined;
          const seconds = ((performance.now() - started) / 1e3).toFixed(1);
          process.stderr.write(
            `Epoch ${epoch + 1}/${params().epochs ?? '?'} - ${seconds} s${shown(logs ?? {})}\n`,
          );
        },
        onTrainEnd: () => bar?.stop(),
      });
    }
  };
}
