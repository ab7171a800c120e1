/**
 * A training job that may be stopped, killed and begun again at any time, and gives the same bits:
 *
 *   npx tsx train.ts [--config FILE] [--out runs/digits] [--epochs 12] ...
 *
 * docs/training.md goes through it; config.ts has all of the options.
 */
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import torch, { nn, optim, safetensors, type Tensor } from 'nodetorch';
import { DataLoader, workerDataset } from 'nodetorch/data';
import * as F from 'nodetorch/functional';
import { Checkpoints } from './checkpoints';
import { type Config, readConfig } from './config';
import { DIGITS, Digits } from './data';
import { Metrics, Progress } from './log';
import { Net } from './model';

const { AveragedModel, getEmaMultiAvgFn } = optim.swaUtils;
const { CosineAnnealingLR, LinearLR, SequentialLR } = optim.lrScheduler;
const TRAINING = 1437; // images; the rest is for validation

/** Where a run is. */
interface Place {
  epoch: number;
  step: number;
  /** Batches of this epoch that were trained on, and the sum of their losses. */
  batch: number;
  lossSum: number;
}

/** What must match where a run goes on: everything that changes its bits. */
function fixedPart({ out: _out, keep: _keep, logEvery: _logEvery, saveEvery: _saveEvery, ...rest }: Config) {
  return rest;
}

class Job {
  readonly place: Place = { epoch: 1, step: 0, batch: 0, lossSum: 0 };
  readonly model = new Net();
  readonly ema: optim.swaUtils.AveragedModel<[Tensor], Tensor>;
  readonly optimizer: optim.AdamW;
  readonly scheduler: optim.lrScheduler.SequentialLR;
  readonly loader: DataLoader<[Tensor, number], [Tensor, Tensor]>;
  readonly validation = new DataLoader(new Digits(DIGITS, { from: TRAINING }), { batchSize: 360 });
  readonly checkpoints: Checkpoints;
  readonly progress: Progress;
  readonly metrics: Metrics;
  isStopping = false;

  constructor(readonly config: Config) {
    const { batch, workers, lr, weightDecay, warmup, ema } = config;
    const dataset = workerDataset(require.resolve('./data'), Digits, DIGITS, { to: TRAINING, augment: true });
    this.loader = new DataLoader(dataset, { batchSize: batch, shuffle: true, numWorkers: workers });
    // Weight decay is for matrices and kernels, not for biases and norms.
    const parameters = [...this.model.parameters()];
    const groups = [
      { params: parameters.filter((one) => one.dim() > 1), weight_decay: weightDecay },
      { params: parameters.filter((one) => one.dim() <= 1), weight_decay: 0 },
    ];
    this.optimizer = new optim.AdamW(groups, { lr });
    const steps = config.epochs * Math.ceil(this.loader.length / config.accumulate);
    const rise = new LinearLR(this.optimizer, { startFactor: 0.01, totalIters: warmup });
    const fall = new CosineAnnealingLR(this.optimizer, { TMax: steps - warmup });
    this.scheduler = new SequentialLR(this.optimizer, [rise, fall], [warmup]);
    this.ema = new AveragedModel(this.model, { multiAvgFn: getEmaMultiAvgFn(ema), useBuffers: true });
    this.checkpoints = new Checkpoints(path.join(config.out, 'checkpoints'), config.keep);
    this.resume();
    this.metrics = new Metrics(path.join(config.out, 'metrics.jsonl'), this.place.step);
    this.progress = new Progress(config.logEvery);
  }

  /** All that decides what comes next. */
  stateDict() {
    return {
      config: fixedPart(this.config),
      place: this.place,
      model: this.model.stateDict(),
      ema: this.ema.stateDict(),
      optimizer: this.optimizer.stateDict(),
      scheduler: this.scheduler.stateDict(),
      loader: this.loader.stateDict(),
      rng: torch.getRngState(),
    };
  }

  /** Goes on from the last checkpoint, where there is one. */
  resume(): void {
    const latest = this.checkpoints.latest();
    if (!latest) return;
    const state = torch.load<ReturnType<Job['stateDict']>>(latest.file, { objects: true });
    const config = fixedPart(this.config);
    const changed = Object.entries(config).filter(([key, value]) => state.config[key as never] !== value);
    if (changed.length > 0) {
      const names = changed.map(([key]) => key).join(', ');
      throw new Error(`${this.config.out} has a run with other options (${names}): give another --out`);
    }
    Object.assign(this.place, state.place);
    this.model.loadStateDict(state.model);
    this.ema.loadStateDict(state.ema);
    this.optimizer.loadStateDict(state.optimizer);
    this.scheduler.loadStateDict(state.scheduler);
    this.loader.loadStateDict(state.loader);
    torch.setRngState(state.rng); // last: what is made above draws random numbers
    console.log(`going on from ${path.basename(latest.file)}`);
  }

  save(score: number | null = null): void {
    this.checkpoints.save(this.stateDict(), this.place.step, score);
    if (!process.stderr.isTTY) console.log(`saved step ${this.place.step}`);
  }

  /** Trains to the end, or until it is told to stop. */
  async run(): Promise<void> {
    while (this.place.epoch <= this.config.epochs) {
      if (this.isStopping || !(await this.trainEpoch())) {
        return console.log(`stopped at step ${this.place.step}; the same command goes on from there`);
      }
      this.endEpoch();
    }
    safetensors.saveFile(this.ema.module.stateDict(), path.join(this.config.out, 'model.safetensors'));
    const best = this.checkpoints.best()!;
    console.log(`trained; the best checkpoint is ${path.basename(best.file)}`);
  }

  /** False where it was stopped in the middle. */
  async trainEpoch(): Promise<boolean> {
    const { config, place, loader } = this;
    const batches = loader.length;
    this.model.train();
    this.progress.start(place.epoch, batches, place.batch);
    try {
      for await (const [x, y] of loader) {
        // The last group of an epoch may have fewer batches.
        const group = Math.min(
          config.accumulate,
          batches - (place.batch - (place.batch % config.accumulate)),
        );
        const options = { dtype: torch.bfloat16, enabled: config.bf16 };
        const loss = torch.autocast('cpu', options, () => F.crossEntropy(this.model(x), y));
        loss.div(group).backward();
        place.lossSum += loss.item();
        place.batch++;
        if (place.batch % config.accumulate !== 0 && place.batch < batches) continue;
        this.step(loss.item());
        if (this.isStopping) {
          this.save();
          return false;
        }
        if (place.step % config.saveEvery === 0) this.save();
        await setImmediate(); // lets signals in: batches that wait already do not
      }
    } finally {
      this.progress.stop();
    }
    return true;
  }

  step(loss: number): void {
    const norm = nn.utils.clipGradNorm_(this.model.parameters(), this.config.clip).item();
    const [lr] = this.scheduler.getLastLr() as number[];
    this.optimizer.step();
    this.scheduler.step();
    this.optimizer.zeroGrad();
    this.ema.updateParameters(this.model);
    this.place.step++;
    const row = { step: this.place.step, loss, lr, norm };
    this.progress.update(this.place.batch, row);
    if (this.place.step % this.config.logEvery === 0) this.metrics.write(row);
  }

  endEpoch(): void {
    const { place } = this;
    const { loss, accuracy } = this.validate();
    const { epoch, step } = place;
    this.metrics.write({ step, epoch, train: place.lossSum / place.batch, loss, accuracy });
    console.log(`epoch ${epoch}  loss ${loss.toFixed(4)}  accuracy ${(100 * accuracy).toFixed(2)} %`);
    Object.assign(place, { epoch: epoch + 1, batch: 0, lossSum: 0 });
    this.save(accuracy);
  }

  /** Of the averaged weights. */
  validate(): { loss: number; accuracy: number } {
    this.ema.eval();
    let [loss, right, count] = [0, 0, 0];
    torch.inferenceMode(() => {
      for (const [x, y] of this.validation) {
        const logits = this.ema.module(x);
        loss += F.crossEntropy(logits, y, { reduction: 'sum' }).item();
        right += logits.argmax(1).eq(y).sum().item();
        count += y.shape[0];
      }
    });
    return { loss: loss / count, accuracy: right / count };
  }
}

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2));
  torch.setNumThreads(config.threads);
  torch.manualSeed(config.seed);
  const job = new Job(config);
  // The step under way is finished, saved, and the process ends by itself with 0. A second signal ends it at once.
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => (job.isStopping = true));
  await job.run();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
