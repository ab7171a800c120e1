// Run by program_async.process.test.ts: one job by name. Workers run this file, too.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Program } from '../../../lib/native/program';
import { endlessLoop } from './endless';
import { type Tensor, tensor, torch } from './torch';

const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const slot = (number: number) => ({ slot: number });

const endless = new Program(endlessLoop);
const start = (): Promise<unknown[]> => endless.runAsync([tensor(0n)]);
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const mm = (): Program =>
  new Program({
    slots: 2,
    inputs: [0],
    nodes: [
      { name: 'mm', operator: 'torch.ops.aten.mm.default', arguments: [slot(0), slot(0)], outputs: [1] },
    ],
    outputs: [slot(1)],
  });

const MiB = 2 ** 20;
/** Gives 30 tensors of 256 MiB, of which nobody writes a byte. */
const large = new Program({
  slots: 30,
  inputs: [],
  nodes: Array.from({ length: 30 }, (_, i) => ({
    name: `empty_${i}`,
    operator: 'torch.ops.aten.empty.memory_format',
    arguments: [{ constant: [256 * MiB] }],
    keywords: { dtype: { constant: 'uint8' } },
    outputs: [i],
  })),
  outputs: Array.from({ length: 30 }, (_, i) => slot(i)),
});
// In a function of its own: nothing of a round is reachable when it has returned.
function count(held: unknown[]): number {
  for (let i = 0; i < 3000; i++) torch.zeros([1024]); // young collections make `held` old
  return held.length;
}
const tooLarge = new Program({
  slots: 1,
  inputs: [],
  nodes: [
    {
      name: 'empty',
      operator: 'torch.ops.aten.empty.memory_format',
      arguments: [{ constant: [2 ** 46] }],
      outputs: [0],
    },
  ],
  outputs: [slot(0)],
});
const messageOf = (error: unknown) => /allocate \d+ bytes/.exec((error as Error).message)?.[0];

const jobs: Record<string, () => unknown> = {
  memory() {
    let made = 0;
    for (let i = 0; i < 4; i++) made += count(large.run([]));
    try {
      tooLarge.run([]);
    } catch (error) {
      say({ made, message: messageOf(error) });
    }
  },
  async memoryAwaited() {
    let made = 0;
    for (let i = 0; i < 4; i++) made += await large.runAsync([]).then(count);
    await tooLarge.runAsync([]).catch((error: unknown) => say({ made, message: messageOf(error) }));
  },
  /** The thread of JavaScript has no time to collect: the process ends first. */
  async memoryAtExit() {
    const held = await large.runAsync([]);
    void large.runAsync([]);
    let work = 0; // no await, and long enough for the other thread to run out of memory
    for (let i = 0; i < 1e8; i++) work = (work + i) % 7;
    process.exit(work < 7 ? held.length : -1);
  },
  async exit() {
    void start();
    await later(20);
    process.exit(3);
  },
  async uncaught() {
    void start();
    await later(20);
    throw new Error('nobody catches this');
  },
  exitInQueue() {
    for (let i = 0; i < 50; i++) void start();
    process.exit(3);
  },
  async workers() {
    const codes: number[] = [];
    for (let i = 0; i < 6; i++) {
      const worker = new Worker(__filename, { workerData: 'endless' });
      const exit = new Promise<number>((resolve) => worker.on('exit', resolve));
      await new Promise((resolve) => worker.once('message', resolve));
      await later(10 * i);
      await worker.terminate();
      codes.push(await exit);
    }
    const [after] = (await mm().runAsync([torch.ones([4, 4])])) as Tensor[];
    say({ codes, after: after.shape });
  },
  endless() {
    for (let i = 0; i < 4; i++) void start();
    parentPort!.postMessage('runs');
    setInterval(() => {}, 1000);
  },
  async finish() {
    const [y] = (await mm().runAsync([torch.ones([64, 64])])) as Tensor[];
    say({ shape: y.shape });
  },
  async together() {
    const order: string[] = [];
    const controller = new AbortController();
    const long = endless.runAsync([tensor(0n)], controller.signal).catch(() => order.push('long'));
    await mm().runAsync([torch.ones([4, 4])]);
    order.push('short');
    controller.abort();
    await long;
    say({ order });
  },
};

void jobs[isMainThread ? process.argv[2] : (workerData as string)]();
