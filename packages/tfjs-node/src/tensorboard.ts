/** Summaries for TensorBoard, as tfjs-node's. */
import { type Scalar, type Tensor, util } from '@tensorflow/tfjs';
import { EventFile, histogramValue, scalarValue } from './events';

const DEFAULT_BUCKETS = 30; // TensorBoard's own

function checkStep(step: number): void {
  util.assert(Number.isInteger(step), () => `step is expected to be an integer, but is instead ${step}`);
}

/** Rows of left edge, right edge and count. */
function bucketsOf(data: Tensor, wanted = DEFAULT_BUCKETS): Float32Array {
  util.assert(
    Number.isInteger(wanted) && wanted > 0,
    () => `Expected bucket count to be a strictly positive integer, but it was ${wanted}`,
  );
  const values = data.dataSync();
  if (values.length === 0) return new Float32Array(0);
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min === max) return Float32Array.of(min, max, values.length);
  const width = (max - min) / wanted;
  const buckets = new Float32Array(wanted * 3);
  for (let i = 0; i < wanted; i++) {
    buckets[3 * i] = min + i * width;
    buckets[3 * i + 1] = i === wanted - 1 ? max : min + (i + 1) * width;
  }
  for (const value of values) {
    const at = Math.min(wanted - 1, Math.max(0, Math.floor((value - min) / width)));
    buckets[3 * at + 2]++;
  }
  return buckets;
}

/** Writes summaries into a folder: see {@link summaryFileWriter}. */
export class SummaryFileWriter {
  constructor(private readonly file: EventFile) {}

  /** A number of a step. */
  scalar(name: string, value: Scalar | number, step: number, description?: string): void {
    if (description != null) throw new Error('scalar() does not support description yet');
    checkStep(step);
    if (typeof value !== 'number') {
      util.assert(
        value.rank === 0,
        () => `A non-scalar tensor (rank ${value.rank}) is passed to writeScalarSummary()`,
      );
    }
    this.file.add(step, scalarValue(name, typeof value === 'number' ? value : value.dataSync()[0]));
  }

  /** How the elements of a tensor are spread at a step. */
  histogram(name: string, data: Tensor, step: number, buckets?: number, description?: string): void {
    checkStep(step);
    this.file.add(step, histogramValue(name, bucketsOf(data, buckets), description));
  }

  /** Nothing to do: all is written already. */
  flush(): void {}
}

// Two files of one folder would be two runs.
const writers = new Map<string, SummaryFileWriter>();

/**
 * The writer for a folder that TensorBoard is pointed to. What it is given is written at once, so `maxQueue` and
 * `flushMillis` say nothing.
 */
export function summaryFileWriter(
  logdir: string,
  maxQueue = 10,
  flushMillis = 120000,
  filenameSuffix = '.v2',
): SummaryFileWriter {
  void [maxQueue, flushMillis];
  util.assert(
    logdir != null && typeof logdir === 'string' && logdir.length > 0,
    () => `Invalid logdir: ${logdir}. Expected a non-empty string for logdir.`,
  );
  let writer = writers.get(logdir);
  if (!writer) writers.set(logdir, (writer = new SummaryFileWriter(new EventFile(logdir, filenameSuffix))));
  return writer;
}
