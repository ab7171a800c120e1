// Run by program_async.test.ts: one job by name. Workers run this file, too.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Program } from '../../../lib/native/program';
import type { ProgramDescription } from '../../../typings/native';
import { type Tensor, tensor, torch } from './torch';

const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const slot = (number: number) => ({ slot: number });

/** x + 1 as long as x >= 0, in `limit` rounds at most. */
const loop = (limit: number): ProgramDescription => ({
  slots: 2,
  inputs: [0],
  nodes: [
    {
      name: 'loop',
      operator: 'torch.ops.higher_order.while_loop',
      arguments: [
        { graph: graph('lt.Scalar', limit) },
        { graph: graph('add.Tensor', 1) },
        { list: [slot(0)] },
        { list: [] },
      ],
      outputs: [1],
    },
  ],
  outputs: [slot(1)],
});
const graph = (operator: string, value: number): ProgramDescription => ({
  slots: 2,
  inputs: [0],
  nodes: [
    {
      name: operator,
      operator: `torch.ops.aten.${operator}`,
      arguments: [slot(0), { constant: value }],
      outputs: [1],
    },
  ],
  outputs: [slot(1)],
});
const endless = new Program(loop(Number.MAX_SAFE_INTEGER));
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

const jobs: Record<string, () => unknown> = {
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
