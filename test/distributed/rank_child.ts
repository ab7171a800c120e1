// One rank for faults.test.ts: `node rank_child.cjs PHASE`, place and port by the environment. Says a line of JSON when it
// is where the phase wants it, and one with what it has seen.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import torch, { nn } from 'nodetorch';
import * as dist from 'nodetorch/distributed';

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const saying = (error: unknown) => ({
  kind: (error as { kind?: string }).kind,
  message: (error as Error).message,
});
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const forever = () => setInterval(() => undefined, 1000);
const rank = Number(process.env.RANK ?? 0);
// The rank that the others miss.
const isLost = rank === Number(process.env.LOST ?? 1);
const timeout = Number(process.env.TIMEOUT ?? 20_000);
const start = () => dist.initProcessGroup({ backend: 'gloo', timeout });

async function fails(work: () => PromiseLike<unknown>): Promise<void> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  try {
    await work();
    say({ done: true });
  } catch (error) {
    say({ ...saying(error), isFree: ticks > 2 });
  }
  clearInterval(timer);
}

/** The addresses that anybody listens on here, as Linux writes them. */
function listening(): string[] {
  const sockets = readFileSync('/proc/self/net/tcp', 'utf8').split('\n').slice(1);
  return sockets.filter((line) => / 0A /.test(line)).map((line) => line.trim().split(/[ :]+/)[1]);
}

// In each the lost rank says that it is there, and is killed.
const phases: Record<string, () => Promise<unknown>> = {
  async collective() {
    await start();
    say({ ready: true });
    if (isLost) return forever();
    await fails(() => dist.allReduce(torch.ones([4])));
    await fails(() => dist.allReduce(torch.ones([4]))); // the group is of no use any more
  },
  async blocking() {
    await start();
    say({ ready: true });
    if (isLost) return forever();
    await fails(async () => void (await Promise.resolve(), dist.allReduce(torch.ones([4])).wait()));
  },
  async transfer() {
    await start();
    say({ ready: true });
    if (isLost) return forever();
    await fails(() => dist.recv(torch.ones([4]), { src: rank === 0 ? 1 : 0 }));
  },
  async backward() {
    await start();
    const model = new nn.parallel.DistributedDataParallel(new nn.Linear(3, 2));
    const loss = model(torch.ones([1, 3])).sum();
    say({ ready: true });
    if (isLost) return forever();
    await fails(() => loss.backwardAsync());
  },
  async construction() {
    await start();
    say({ ready: true });
    if (isLost) return forever();
    await fails(
      async () =>
        void (await Promise.resolve(), new nn.parallel.DistributedDataParallel(new nn.Linear(3, 2))),
    );
  },
  // The other one never comes.
  async start() {
    say({ ready: true });
    if (isLost) return forever();
    await fails(start);
  },
  // It comes, and does not take part.
  async timeout() {
    await start();
    say({ ready: true });
    if (isLost) return forever();
    await fails(() => dist.allReduce(torch.ones([4])));
  },
  async monitoredBarrier() {
    await start();
    say({ ready: true });
    if (isLost) return forever();
    await fails(() => dist.monitoredBarrier({ timeout: 300, waitAllRanks: true }));
  },
  async meet() {
    await start();
    const x = torch.tensor([rank + 1]);
    await dist.allReduce(x);
    say({ sum: x.item(), listening: listening() });
    await dist.barrier();
    dist.destroyProcessGroup();
  },
  // The network between them is cut, and then a line comes.
  async cut() {
    await start();
    say({ ready: true, listening: listening() });
    await once(process.stdin, 'data');
    process.stdin.pause();
    await fails(() => dist.allReduce(torch.ones([4])));
  },
  // Each rank has a tensor of another size.
  async mismatch() {
    await start();
    await dist.allReduce(torch.ones([4]));
    say({ ready: true });
    await fails(() => dist.allReduce(torch.ones([4 + rank])));
  },
  // Ends in the middle of everything.
  async exit() {
    await start();
    say({ ready: true });
    for (let i = 0; i < 4; i++) void Promise.resolve(dist.allReduce(torch.ones([4]))).catch(() => undefined);
    void Promise.resolve(dist.recv(torch.ones([4]), { src: 1 - rank })).catch(() => undefined);
    if (isLost) return forever();
    await later(50);
    process.exit(7);
  },
  async term() {
    await start();
    say({ ready: true });
    void Promise.resolve(dist.recv(torch.ones([4]), { src: 1 - rank })).catch(() => undefined);
    forever();
  },
  // All ranks are threads of this process; some end in the middle of a collective.
  async workers() {
    const run = (name: string, count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) => {
          const worker = new Worker(__filename, { workerData: { name, rank: i, count } });
          return new Promise<unknown>((resolve, reject) => {
            worker.once('message', (result) => {
              if (name === 'killed' || name === 'stuck') void worker.terminate().then(resolve);
              else worker.once('exit', () => resolve(result));
            });
            worker.once('error', reject);
          });
        }),
      );
    say({
      trained: await run('trained', 3),
      killed: await run('killed', 2),
      stuck: await run('stuck', 1),
      again: await run('trained', 2),
    });
  },
};

async function thread({
  name,
  rank: place,
  count,
}: {
  name: string;
  rank: number;
  count: number;
}): Promise<void> {
  torch.setNumThreads(1);
  const store = new dist.HashStore(`${name} ${count}`);
  await dist.initProcessGroup({ store, rank: place, worldSize: count, timeout: 20_000 });
  if (name === 'killed') {
    const work = Promise.resolve(
      place === 0 ? dist.allReduce(torch.ones([2])) : dist.recv(torch.ones([2]), 0),
    );
    parentPort!.postMessage('in the middle');
    return void (await work);
  }
  torch.manualSeed(place);
  const linear = new nn.Linear(3, 2, { bias: false });
  const model = new nn.parallel.DistributedDataParallel(linear);
  if (name === 'stuck') {
    model.registerCommHook(() => {
      parentPort!.postMessage('in the middle');
      return new Promise(() => {});
    });
  }
  await model(torch.full([1, 3], place + 1))
    .sum()
    .backwardAsync();
  const gradient = linear.weight.grad!.tolist();
  model(torch.full([1, 3], place + 1))
    .sum()
    .backward();
  parentPort!.postMessage([gradient, linear.weight.grad!.tolist()]);
  dist.destroyProcessGroup();
}

if (isMainThread) void phases[process.argv[2]]();
else void thread(workerData as never);
