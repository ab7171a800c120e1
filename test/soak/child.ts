// Run by run.ts: does the work of work.ts in turns for so many minutes, and prints what lives and how much memory the
// process has. Workers run this file, too.
import { parentPort, workerData } from 'node:worker_threads';
import { collect } from '../../lib/native/collect';
import { memory } from '../../lib/tensor/memory';
import * as work from './work';

const MOST_PASSES = 20;

export interface Sample {
  /** Minutes since the start. */
  readonly at: number;
  readonly rounds: number;
  readonly tensors: number;
  /** How many passes of collections it took until none went any more. */
  readonly passes: number;
  readonly megabytes: number;
  /** Of it, what V8 uses for JavaScript. */
  readonly heap: number;
}

async function collectAll(): Promise<number> {
  for (let i = 0; i < 6; i++) {
    await new Promise(setImmediate); // weak references hold until the job ends
    memory();
    collect(true);
  }
  return memory().tensors;
}

/** What is left when all that is garbage is gone: what one pass frees may be the last that held more. */
async function measure(start: number, rounds: number): Promise<Sample> {
  const counts = [await collectAll()];
  do counts.push(await collectAll());
  while (counts.at(-1)! < counts.at(-2)! && counts.length < MOST_PASSES);
  const { rss, heapUsed } = process.memoryUsage();
  const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
  const at = Math.round((Date.now() - start) / 6e2) / 100;
  const [tensors, passes] = [counts.at(-1)!, counts.length];
  return { at, rounds, tensors, passes, megabytes: megabytes(rss), heap: megabytes(heapUsed) };
}

async function round(number: number, folder: string, only: string | undefined): Promise<void> {
  const kinds: Record<string, () => unknown> = {
    training: () => work.training(number),
    longTraining: work.longTraining,
    hooks: work.hooks,
    transforms: work.transforms,
    errors: work.errors,
    files: () => work.files(folder),
    loading: work.loading,
    worker: () => (number % 20 === 0 || only ? work.worker(__filename, number / 20) : undefined),
  };
  for (const [name, run] of Object.entries(kinds)) if (!only || only === name) await run();
}

async function main([minutes, folder, only]: string[]): Promise<void> {
  const start = Date.now();
  const end = start + Number(minutes) * 60_000;
  let next = start;
  let rounds = 0;
  for (; Date.now() < end; rounds++) {
    if (Date.now() >= next) {
      process.stdout.write(`${JSON.stringify(await measure(start, rounds))}\n`);
      next += (end - start) / 40;
    }
    await round(rounds, folder, only);
    await new Promise(setImmediate);
  }
  process.stdout.write(`${JSON.stringify(await measure(start, rounds))}\n`);
}

if (workerData) parentPort!.postMessage(work.inWorker(workerData as work.WorkerJob));
else void main(process.argv.slice(2));
