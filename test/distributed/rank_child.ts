// One rank for faults.process.test.ts: `node rank_child.cjs PHASE`, place and port by the environment. Says a line of JSON
// when it is where the phase wants it, and one with what it has seen.
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
const { DistributedDataParallel: DDP } = nn.parallel;
const start = () => dist.initProcessGroup({ backend: 'gloo', timeout });

async function fails(what: string, work: () => unknown): Promise<void> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  try {
    await work();
    say({ what, done: true });
  } catch (error) {
    say({ what, ...saying(error), isFree: ticks > 2 });
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
  async kill() {
    await start();
    const [ofModel, ofTransfer] = [await dist.newGroup(), await dist.newGroup()];
    const model = new DDP(new nn.Linear(3, 2), { processGroup: ofModel });
    const loss = model(torch.ones([1, 3])).sum();
    say({ ready: true });
    if (isLost) return forever();
    await Promise.all([
      fails('collective', () => dist.allReduce(torch.ones([4]))),
      fails('backward', () => loss.backwardAsync()),
      fails('transfer', () => dist.recv(torch.ones([4]), { src: 1 - rank, group: ofTransfer })),
    ]);
    await fails('afterwards', () => dist.allReduce(torch.ones([4]))); // the group is of no use any more
  },
  async blocking() {
    await start();
    say({ ready: true });
    if (isLost) return forever();
    await fails('blocking', () => dist.allReduce(torch.ones([4])).wait());
  },
  async blockingBackward() {
    await start();
    const loss = new DDP(new nn.Linear(3, 2))(torch.ones([1, 3])).sum();
    say({ ready: true });
    if (isLost) return forever();
    await fails('blockingBackward', () => loss.backward());
  },
  // Which sends buffers.
  async forward() {
    await start();
    const model = new DDP(new nn.BatchNorm1d(3));
    say({ ready: true });
    if (isLost) return forever();
    await fails('forward', () => model(torch.ones([2, 3])));
  },
  async construction() {
    await start();
    say({ ready: true });
    if (isLost) return forever();
    await fails('construction', () => new DDP(new nn.Linear(3, 2)));
  },
  // No other one ever comes, neither to this master nor to where this is no master.
  async alone() {
    await fails('master', start);
    Object.assign(process.env, { RANK: '1', MASTER_PORT: process.env.OTHER_PORT });
    await fails('member', start);
  },
  // The other one comes, and does not take part.
  async timeout() {
    await start();
    const ofBarrier = await dist.newGroup();
    say({ ready: true });
    if (isLost) return forever();
    await Promise.all([
      fails('collective', () => dist.allReduce(torch.ones([4]))),
      fails('barrier', () => dist.monitoredBarrier({ group: ofBarrier, timeout: 300, waitAllRanks: true })),
    ]);
  },
  // One of three does not take part, and then calls something else.
  async three() {
    await start();
    for (const what of ['nothing', 'another collective']) {
      const group = await dist.newGroup({ timeout: 1000 });
      const x = torch.ones([4]);
      if (!isLost) await fails(what, () => dist.allReduce(x, { group }));
      else if (what !== 'nothing') await fails(what, () => dist.broadcast(x, { src: 0, group }));
      await dist.barrier();
    }
    dist.destroyProcessGroup();
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
    await fails('cut', () => dist.allReduce(torch.ones([4])));
  },
  // A store for others, which is stopped and killed.
  async store() {
    const { port } = await dist.TCPStore.create('127.0.0.1', 0, { isMaster: true });
    say({ port });
    forever();
  },
  // Rank 0 ends in the middle of everything, and the other one is ended.
  async exit() {
    await start();
    say({ ready: true });
    for (let i = 0; i < 4; i++) void Promise.resolve(dist.allReduce(torch.ones([4]))).catch(() => undefined);
    void Promise.resolve(dist.recv(torch.ones([4]), { src: 1 - rank })).catch(() => undefined);
    if (isLost) return forever();
    await later(50);
    process.exit(7);
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
