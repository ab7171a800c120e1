// Run by threads.process.test.ts: what is the process's and not a thread's, with threads in it at once. Workers run this
// file too, and wait in what they do until they may go on.
import { parentPort, Worker, workerData } from 'node:worker_threads';
import * as nodetorch from '../../../lib';

const { func } = nodetorch;
const { forwardAd, detectAnomaly, isAnomalyEnabled } = nodetorch.autograd;

const one = (value: number) => nodetorch.tensor([value]);
const slope = (body: (x: nodetorch.Tensor) => unknown): number => {
  const cube = (x: nodetorch.Tensor) => (body(x), x.pow(3));
  return (func.jvp(cube, [one(2)], [one(1)])[1] as nodetorch.Tensor).item() as number; // 12
};

const total = (body: () => void) => (x: nodetorch.Tensor) => (body(), x.pow(3).sum());
const transforms = {
  vmap: (body: () => void) =>
    func
      .vmap((x: nodetorch.Tensor) => (body(), x.mul(2)))(one(2))
      .tolist(),
  grad: (body: () => void) => func.grad(total(body))(one(2)).tolist(),
  hessian: (body: () => void) => func.hessian(total(body))(one(2)).tolist(),
};

interface Turns {
  /** Threads that have come where they wait. */
  here: number;
  go: number;
}
const turn: Turns = { here: 0, go: 1 };
const waitFor = (turns: Int32Array, place: number, least: number): void => {
  for (let now = Atomics.load(turns, place); now < least; now = Atomics.load(turns, place)) {
    Atomics.wait(turns, place, now);
  }
};
const arrive = (turns: Int32Array): void => {
  Atomics.add(turns, turn.here, 1);
  Atomics.notify(turns, turn.here);
};

type Job = 'jvp' | 'dual' | 'anomaly' | 'vmap' | 'grad' | 'hessian';
function start(job: Job): {
  worker: Worker;
  turns: Int32Array;
  answer: Promise<unknown>;
  exit: Promise<unknown>;
} {
  const turns = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(__filename, { workerData: { job, turns } });
  const answer = new Promise((resolve) => worker.once('message', resolve));
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  return { worker, turns, answer, exit };
}

function run({ job, turns }: { job: Job; turns: Int32Array }): unknown {
  const wait = (): void => {
    arrive(turns);
    waitFor(turns, turn.go, 1);
  };
  if (job === 'jvp') return slope(wait);
  if (job in transforms) return transforms[job as keyof typeof transforms](wait);
  if (job === 'anomaly') return detectAnomaly(() => (wait(), isAnomalyEnabled()), { checkNan: false });
  return forwardAd.dualLevel(() => {
    const y = forwardAd.makeDual(one(3), one(1));
    wait();
    return forwardAd.unpackDual(y.mul(y)).tangent!.item(); // 6
  });
}

async function terminated(job: Job): Promise<void> {
  const { worker, turns } = start(job);
  waitFor(turns, turn.here, 1);
  await worker.terminate();
}

async function atOnce(job: Job, here: () => unknown): Promise<unknown[]> {
  const { turns, answer, exit } = start(job);
  waitFor(turns, turn.here, 1);
  const mine = here();
  Atomics.store(turns, turn.go, 1);
  Atomics.notify(turns, turn.go);
  const all = [mine, await answer];
  await exit;
  return all;
}

// The second time in a level, while another thread keeps it open, what was dual the first time is no more.
function twice(): unknown {
  const kept = forwardAd.dualLevel(() => {
    const dual = forwardAd.makeDual(one(1), one(1));
    return [dual, dual.mul(2), dual.view([1])];
  });
  return forwardAd.dualLevel(() => [
    ...kept.map((tensor) => forwardAd.unpackDual(tensor).tangent),
    forwardAd.unpackDual(forwardAd.makeDual(one(1), one(5)).mul(2)).tangent!.item(),
  ]);
}

async function main(): Promise<void> {
  const seen: Record<string, unknown> = {};
  for (const job of ['jvp', 'dual', 'anomaly'] as const) {
    await terminated(job);
    seen[`after ${job}`] = [slope(() => {}), isAnomalyEnabled()];
  }
  seen.newWorker = await atOnce('jvp', () => 'main waits');
  seen.jvps = await atOnce('jvp', () => slope(() => {}));
  for (const [job, here] of Object.entries(transforms))
    seen[job] = await atOnce(job as Job, () => here(() => {}));
  seen.duals = await atOnce('dual', twice);
  seen.inMine = await forwardAd
    .dualLevel(() => {
      const { turns, worker } = start('jvp');
      waitFor(turns, turn.here, 1); // it got in
      return worker;
    })
    .terminate();
  const nested = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      return (error as Error).message;
    }
  };
  seen.nested = nested(() => forwardAd.dualLevel(() => forwardAd.dualLevel(() => 0)));
  seen.end = slope(() => {});
  process.stdout.write(`${JSON.stringify(seen)}\n`);
}

if (workerData) parentPort!.postMessage(run(workerData as { job: Job; turns: Int32Array }));
else void main();
