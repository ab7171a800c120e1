// Run by memory.process.test.ts: one job by name, on the main thread or in a worker; prints its result as JSON.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { collect } from '../../../lib/native/collect';
import { memory, type Tensor, tensor, tidy, torch } from './torch';

const MiB = 2 ** 20;
const rss = () => Math.round(process.memoryUsage.rss() / MiB);

/** A two-layer network trained by hand with raw operators. */
function training(): () => number {
  torch.randn([1]); // libtorch's own start-up
  const x = torch.randn([32, 16]);
  const target = torch.randn([32, 4]);
  const weights = [
    torch.randn([64, 16]),
    torch.zeros([64]),
    torch.randn([4, 64]),
    torch.zeros([4]),
  ] as Tensor[];
  for (const weight of weights) weight.requiresGrad_();
  return () => {
    const [w1, b1, w2, b2] = weights;
    const hidden = torch.linear(x, w1, b1).relu();
    const loss = torch.mseLoss(torch.linear(hidden, w2, b2), target) as Tensor;
    loss.backward();
    for (const weight of weights) {
      weight.data.sub_(weight.grad!.mul(1e-3));
      weight.grad = null;
    }
    return loss.item() as number;
  };
}

const jobs: Record<string, (argument: number) => unknown> = {
  /** `steps` of training without a scope, and the memory after the first 1,000. */
  train(steps) {
    const step = training();
    const first = step();
    let last = first;
    let after1000 = 0;
    let most = 0;
    for (let i = 1; i <= steps; i++) {
      last = step();
      if (i === 1000) after1000 = rss();
      if (i > 1000 && i % 500 === 0) most = Math.max(most, rss());
    }
    return { after1000, most, learned: last < first, tensors: memory().tensors };
  },
  /** The live tensors before and after `steps` of training under tidy. */
  tidyTrain(steps) {
    const step = training();
    tidy(step);
    collect(true);
    const before = memory();
    for (let i = 0; i < steps; i++) tidy(step);
    const after = memory();
    return { before: [before.tensors, before.bytes], after: [after.tensors, after.bytes] };
  },
  /** A loop whose results have `bytes` each: 4 GB in all, without a scope. */
  loop(bytes) {
    const x = torch.ones([bytes / 4]) as Tensor;
    const count = Math.min(4000, Math.ceil(4e9 / bytes));
    for (let i = 0; i < count / 10; i++) x.add(1);
    const early = rss();
    let most = 0;
    for (let i = 0; i < count; i++) {
      x.add(1);
      if (i % 20 === 0) most = Math.max(most, rss());
    }
    return { early, most };
  },
  /** How many tensors there are after each of ten results that are dead at once. */
  large(bytes) {
    const x = torch.ones([bytes / 4]) as Tensor;
    return Array.from({ length: 10 }, () => {
      x.add(1);
      return memory().tensors;
    });
  },
  /** Views of one large storage count it once. */
  views(count) {
    const x = torch.zeros([MiB]) as Tensor;
    const before = memory();
    const views = Array.from({ length: count }, (_, i) => x.at(`${i}:`));
    const after = memory();
    return { tensors: after.tensors - before.tensors, bytes: after.bytes - before.bytes, kept: views.length };
  },
  /** Calls that fail, with dead tensors about: V8 collects while an exception is on its way, too. */
  failures(count) {
    const x = torch.ones([2]) as Tensor;
    Error.stackTraceLimit = 0; // what else is allocated makes such a collection rarer
    let thrown = 0;
    for (let i = 0; i < count; i++) {
      x.neg();
      try {
        x.item();
      } catch {
        thrown++;
      }
    }
    return { thrown };
  },
  /** Old generations of dead tensors, more than the process may have at once. */
  retry(rounds) {
    // A function of its own: nothing of a round is reachable when it has returned.
    const round = (): number => {
      const held = Array.from({ length: 30 }, () => torch.empty([256 * MiB], { dtype: 'uint8' }) as Tensor);
      for (let i = 0; i < 3000; i++) torch.zeros([1024]); // young collections make `held` old
      return held.length;
    };
    let made = 0;
    for (let i = 0; i < rounds; i++) made += round();
    let message = '';
    try {
      torch.empty([2 ** 46], { dtype: 'uint8' });
    } catch (error) {
      message = (error as Error).message;
    }
    return { made, message, works: tensor([1]).add(1).item() };
  },
};

const [job, argument, where] = isMainThread ? process.argv.slice(2) : (workerData as string[]);
if (isMainThread && where === 'worker') {
  const worker = new Worker(__filename, { workerData: [job, argument] });
  worker.on('message', (text: string) => process.stdout.write(text));
} else {
  const text = `${JSON.stringify(jobs[job](Number(argument)))}\n`;
  if (isMainThread) process.stdout.write(text);
  else parentPort!.postMessage(text);
}
