// Run by threads.process.test.ts: one job by name. Workers run this file too.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { autograd, memory, type Tensor, tensor, torch } from './torch';

const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const work = (): number => {
  const x = torch.ones([8, 8], { requiresGrad: true }) as Tensor;
  x.registerHook((grad) => grad.mul(2));
  for (let i = 0; i < 20; i++) torch.zeros([1000]);
  x.matmul(x).sum().backward();
  return x.grad!.sum().item() as number; // 64 elements * 16 * 2
};
const start = (job: string): Worker => new Worker(__filename, { workerData: job });
const exitOf = (worker: Worker) => new Promise<number>((resolve) => worker.on('exit', resolve));
const messageOf = (worker: Worker) => new Promise<number>((resolve) => worker.once('message', resolve));

/** Leaves much alive: tensors, a graph, hooks that the graph owns, a custom node, a scope. */
function litter(): unknown[] {
  const x = torch.ones([100], { requiresGrad: true }) as Tensor;
  x.registerHook((grad) => grad);
  class Twice extends autograd.Function {
    static override forward(_: unknown, value: Tensor): Tensor {
      return value.mul(2);
    }
    static override backward(_: unknown, grad: Tensor): Tensor {
      return grad.mul(2);
    }
  }
  const y = Twice.apply(x).exp() as Tensor;
  return [x, y, y.viewAs(y), y.gradFn, torch.zeros([1000]).viewTypedArray()];
}

const jobs: Record<string, () => unknown> = {
  async workers() {
    const results: number[] = [];
    for (let i = 0; i < 50; i += 2) {
      const pair = [start('work'), start('work')];
      const exits = pair.map(exitOf);
      results.push(...(await Promise.all(pair.map(messageOf))));
      results.push(...(await Promise.all(exits)));
    }
    const right = results.filter((value) => value === work()).length;
    say({ right, exits: results.filter((value) => value === 0).length });
  },
  async terminate() {
    const codes: number[] = [];
    for (let i = 0; i < 6; i++) {
      const worker = start(i % 2 ? 'endless' : 'endlessBackward');
      const exit = exitOf(worker);
      await messageOf(worker);
      await new Promise((resolve) => setTimeout(resolve, 20 * i));
      await worker.terminate();
      codes.push(await exit);
    }
    say({ codes, works: work() });
  },
  async exitInWorker() {
    const worker = start('exit');
    say({ code: await exitOf(worker), works: work() });
  },
  async throwInWorker() {
    const worker = start('uncaught');
    const error = await new Promise<Error>((resolve) => worker.on('error', resolve));
    say({ message: error.message, works: work() });
  },
  exit() {
    (globalThis as { litter?: unknown }).litter = litter();
    process.exit(3);
  },
  exitInHook() {
    const x = torch.ones([1], { requiresGrad: true }) as Tensor;
    x.registerHook(() => process.exit(5));
    x.mul(2).sum().backward();
  },
  uncaught() {
    (globalThis as { litter?: unknown }).litter = litter();
    throw new Error('nobody catches this');
  },
  /** Two copies of the library in one process, and tensors that go from one to the other. */
  reload() {
    const ours = Object.keys(require.cache).filter((file) => /[\\/](lib|support)[\\/]/.test(file));
    for (const file of ours) delete require.cache[file];
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const other = require('./torch') as typeof import('./torch');
    const made = other.tensor([1, 2]);
    const before = memory().tensors;
    const sum = torch.add(made, tensor([1, 1])) as Tensor;
    const back = other.torch.mul(sum, 2) as Tensor;
    let name = '';
    try {
      other.torch.matmul(back, tensor([1]));
    } catch (error) {
      name = `${String(error instanceof other.TorchError)} ${(error as Error).name}`;
    }
    say({
      copies: other.Tensor !== sum.constructor,
      back: back.tolist(),
      made: memory().tensors - before,
      name,
    });
  },
  work: () => parentPort!.postMessage(work()),
  endless() {
    parentPort!.postMessage(1);
    for (;;) work();
  },
  endlessBackward() {
    const x = torch.ones([4], { requiresGrad: true }) as Tensor;
    x.registerHook(() => {
      for (let i = 0; i < 100; i++) autograd.enableGrad(work); // hooks run without gradients
    });
    parentPort!.postMessage(1);
    for (;;) x.mul(2).sum().backward();
  },
};

void jobs[isMainThread ? process.argv[2] : (workerData as string)]();
