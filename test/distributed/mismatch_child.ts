// A rank of a pair whose tensors differ: the small one gets more bytes than it expects. It says what each operation has
// thrown; the other one waits for nothing. mismatch_child.py is that one in Python.
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import torch, { nn, type Tensor } from 'nodetorch';
import * as dist from 'nodetorch/distributed';

type Group = dist.ProcessGroup;
const say = (value: unknown): void => {
  if (parentPort) parentPort.postMessage(value);
  else process.stdout.write(`${JSON.stringify(value)}\n`);
};
const small = Number(process.env.SMALL ?? 0);
const differing = ['size', 'dtype'] as const;

/** Each in a group of its own: `big` is the rank that has more. */
const operations: Record<string, (x: Tensor, group: Group, big: number) => dist.Work<unknown>> = {
  allReduce: (x, group) => dist.allReduce(x, { group }),
  reduce: (x, group, big) => dist.reduce(x, { dst: 1 - big, group }),
  broadcast: (x, group, big) => dist.broadcast(x, { src: big, group }),
  allGather: (x, group) => dist.allGather([x, x.clone()], x.clone(), group),
  gather: (x, group, big) =>
    dist.gather(x, {
      gatherList: dist.getRank() === big ? null : [x.clone(), x.clone()],
      dst: 1 - big,
      group,
    }),
  scatter: (x, group, big) =>
    dist.scatter(x, { scatterList: dist.getRank() === big ? [x.clone(), x.clone()] : null, src: big, group }),
  allToAll: (x, group) => dist.allToAll([x.clone(), x.clone()], [x, x], group),
  transfer: (x, group, big) =>
    dist.getRank() === big ? dist.send(x, { dst: 1 - big, group }) : dist.recv(x, { src: big, group }),
};

const tensor = (isSmall: boolean, differs: (typeof differing)[number]): Tensor =>
  torch.ones([isSmall || differs === 'dtype' ? 4 : 6], {
    dtype: isSmall || differs === 'size' ? torch.float32 : torch.float64,
  });

async function fails(what: string, work: () => unknown): Promise<void> {
  try {
    await work();
    say({ what, done: true });
  } catch (error) {
    say({ what, kind: (error as { kind?: string }).kind, message: (error as Error).message });
  }
}

// The small rank lets half of a bucket travel.
async function backward(isSmall: boolean, how: 'backward' | 'backwardAsync'): Promise<void> {
  const model = new nn.parallel.DistributedDataParallel(new nn.Linear(8, 8), {
    processGroup: await dist.newGroup(),
  });
  if (isSmall) model.registerCommHook('fp16');
  const loss = model(torch.ones([1, 8])).sum();
  if (isSmall) await fails(how, () => loss[how]());
  else void loss.backwardAsync().catch(() => undefined);
}

/** A rank of the pair, as a process. */
async function pair(): Promise<void> {
  await dist.initProcessGroup('gloo');
  const isSmall = dist.getRank() === small;
  for (const [name, operation] of Object.entries(operations)) {
    for (const differs of differing) {
      for (const how of ['awaited', 'waited for']) {
        const group = await dist.newGroup();
        const begin = () => operation(tensor(isSmall, differs), group, 1 - small);
        if (isSmall) {
          await fails(`${name}, ${differs}, ${how}`, () => (how === 'awaited' ? begin() : begin().wait()));
          await fails('afterwards', () => dist.allReduce(torch.ones([1]), { group }));
        } else {
          void Promise.resolve(begin()).catch(() => undefined);
        }
        await dist.barrier();
      }
    }
  }
  for (const how of ['backward', 'backwardAsync'] as const) {
    await backward(isSmall, how);
    await dist.barrier();
  }
  dist.destroyProcessGroup();
  say({ what: 'destroyed' });
}

/** One of several: the last has more, and one of those that get it by gloo's algorithms says what it throws. */
async function several(): Promise<void> {
  await dist.initProcessGroup('gloo');
  const [rank, world] = [dist.getRank(), dist.getWorldSize()];
  const big = world - 1;
  const copies = (x: Tensor): Tensor[] => Array.from({ length: world }, () => x.clone());
  const [before, behind] = [big - 1, 0]; // in a ring
  type Receiver = readonly [receiver: number, begin: (x: Tensor, group: Group) => dist.Work<unknown>];
  const ofReceivers: Record<string, Receiver> = {
    allReduce: [before, (x, group) => dist.allReduce(x, { group })],
    reduce: [before, (x, group) => dist.reduce(x, { dst: 0, group })],
    broadcast: [behind, (x, group) => dist.broadcast(x, { src: big, group })],
    allGather: [behind, (x, group) => dist.allGather(copies(x), x.clone(), group)],
    gather: [
      behind,
      (x, group) => dist.gather(x, { gatherList: rank === behind ? copies(x) : null, dst: behind, group }),
    ],
    scatter: [
      behind,
      (x, group) => dist.scatter(x, { scatterList: rank === big ? copies(x) : null, src: big, group }),
    ],
    allToAll: [before, (x, group) => dist.allToAll(copies(x), copies(x), group)],
  };
  for (const [name, [receiver, begin]] of Object.entries(ofReceivers)) {
    const group = await dist.newGroup();
    const work = begin(torch.ones([rank === big ? 18 : 9]), group);
    if (rank === receiver) await fails(name, () => work);
    else void Promise.resolve(work).catch(() => undefined);
    await dist.barrier();
  }
  dist.destroyProcessGroup();
  // Those that get nothing from it wait for each other.
  process.stdout.write(`${JSON.stringify({ what: 'ended' })}\n`, () => process.exit());
}

/** A rank that catches nothing. */
async function unhandled(): Promise<void> {
  await dist.initProcessGroup('gloo');
  await dist.allReduce(tensor(dist.getRank() === small, 'size'));
}

/** Two ranks that are threads of this process. Their other group goes on. */
async function threads(): Promise<void> {
  const workers = [0, 1].map((rank) => new Worker(__filename, { workerData: rank }));
  for (const worker of workers) worker.on('message', say);
  await once(workers[small], 'exit');
  await workers[1 - small].terminate(); // which would wait until its timeout
  say({ what: 'ended' });
}

async function thread(rank: number): Promise<void> {
  await dist.initProcessGroup({ store: new dist.HashStore('mismatch'), rank, worldSize: 2 });
  const group = await dist.newGroup();
  const work = dist.allReduce(tensor(rank === small, 'size'), { group });
  if (rank === small) await fails('thread', () => work);
  else void Promise.resolve(work).catch(() => undefined);
  const x = torch.ones([1]);
  await dist.allReduce(x);
  if (rank === small) say({ what: 'other group', sum: x.item() });
  dist.destroyProcessGroup();
}

if (!isMainThread) void thread(workerData as number);
else void { pair, several, unhandled, threads }[(process.argv[2] ?? 'pair') as 'pair']();
