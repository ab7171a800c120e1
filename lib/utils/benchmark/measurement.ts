// Times of a task, and what they say.
import { bindArguments, checkMethods } from '../../core/calls';
import { valueError } from '../../core/errors';
import { type TaskSpec, selectUnit, summarize, titleOf } from './task_spec';

const NOTEWORTHY_IQR = 0.1;
const GROSS_IQR = 0.25;
const MOST_FIGURES = 4;
const LEAST_INTERVAL = 25e-9; // seconds

/** What a {@link Timer} has measured: `torch.utils.benchmark.Measurement`. Times are in seconds for one run. */
export class Measurement {
  readonly numberPerRun: number;
  /** Of `numberPerRun` runs each. */
  readonly rawTimes: readonly number[];
  readonly taskSpec: TaskSpec;
  readonly #sorted: readonly number[];

  constructor(...args: [numberPerRun: number, rawTimes: readonly number[], taskSpec: TaskSpec]) {
    const [numberPerRun, rawTimes, taskSpec] = bindArguments(
      'Measurement(numberPerRun, rawTimes, taskSpec{})',
      args,
    );
    if (!Array.isArray(rawTimes) || rawTimes.length === 0)
      throw valueError('Measurement(): there is no time in rawTimes');
    this.numberPerRun = numberPerRun;
    this.rawTimes = rawTimes;
    this.taskSpec = taskSpec;
    this.#sorted = [...this.times].sort((a, b) => a - b);
  }

  /** The time of one run, of each measurement. */
  get times(): number[] {
    return this.rawTimes.map((time) => time / this.numberPerRun);
  }
  /** The median of the times. */
  get median(): number {
    return this.#quantile(0.5);
  }
  /** The mean of the times. */
  get mean(): number {
    return this.#sorted.reduce((sum, time) => sum + time, 0) / this.#sorted.length;
  }
  /** The distance between the quartiles. */
  get iqr(): number {
    return this.#quantile(0.75) - this.#quantile(0.25);
  }
  /** How many figures of the median mean something, 1 to 4: a rough estimate. */
  get significantFigures(): number {
    const count = this.#sorted.length;
    const middle = this.#sorted.slice(Math.floor(count / 4), Math.ceil((3 * count) / 4));
    const mean = middle.reduce((sum, time) => sum + time, 0) / middle.length;
    const deviation = Math.sqrt(middle.reduce((sum, time) => sum + (time - mean) ** 2, 0) / middle.length);
    const interval = Math.max((1.645 * deviation) / Math.sqrt(middle.length), LEAST_INTERVAL);
    const figures = Math.floor(Math.log10(this.median / interval));
    return Math.min(Math.max(figures, 1), MOST_FIGURES);
  }
  /** Whether the times differ too much to be trusted. */
  get hasWarnings(): boolean {
    return !this.meetsConfidence(NOTEWORTHY_IQR);
  }
  /** The label, or what was run. */
  get title(): string {
    return titleOf(this.taskSpec);
  }

  /** Whether the quartiles lie closer together than this share of the median. */
  meetsConfidence(threshold = NOTEWORTHY_IQR): boolean {
    return this.iqr / this.median < threshold;
  }
  /** Title, median, quartiles and counts, as Python's `repr` has them. */
  toString(): string {
    const count = this.#sorted.length;
    const { numThreads } = this.taskSpec;
    const [unit, scale] = selectUnit(this.median);
    const shown = (time: number): string => (time / scale).toFixed(2);
    const many = count > 1;
    const quartiles = `${shown(this.#quantile(0.25))} to ${shown(this.#quantile(0.75))}`;
    return [
      '<torch.utils.benchmark.Measurement>',
      summarize(this.taskSpec),
      `  ${many ? 'Median: ' : ''}${shown(this.median)} ${unit}`,
      ...(count >= 4 ? [`  IQR:    ${shown(this.iqr)} ${unit} (${quartiles})`] : []),
      `  ${count} measurement${many ? 's' : ''}, ${this.numberPerRun} runs ` +
        `${many ? 'per measurement,' : ','} ${numThreads} thread${numThreads > 1 ? 's' : ''}`,
      ...this.#warnings(),
    ].join('\n');
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** The measurements of each task as one, for single runs. */
  static merge(...args: [measurements: Iterable<Measurement>]): Measurement[] {
    const [measurements] = bindArguments('merge(measurements)', args);
    const groups = new Map<string, Measurement[]>();
    for (const one of measurements) {
      const key = JSON.stringify(one.taskSpec);
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    return [...groups.values()].map(
      (group) =>
        new Measurement(
          1,
          group.flatMap(({ times }) => times),
          group[0].taskSpec,
        ),
    );
  }

  #quantile(q: number): number {
    const place = q * (this.#sorted.length - 1);
    const low = this.#sorted[Math.floor(place)];
    return low + (this.#sorted[Math.ceil(place)] - low) * (place - Math.floor(place));
  }

  #warnings(): string[] {
    if (!this.hasWarnings) return [];
    const percent = ((this.iqr / this.median) * 100).toFixed(1);
    const reason = this.meetsConfidence(GROSS_IQR)
      ? 'This could indicate system fluctuation.'
      : 'This suggests significant environmental influence.';
    return [`  WARNING: Interquartile range is ${percent}% of the median measurement.\n           ${reason}`];
  }
}
checkMethods('Measurement', Measurement, 'meetsConfidence(threshold?)', 'toString()');
