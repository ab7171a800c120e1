/** One rank of Node's: what rank.py is in Python. `npm run test:parity -- ddp` runs both in all mixtures. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as dist from 'nodetorch/distributed';
import * as F from 'nodetorch/functional';
import { report } from '../report';

const { DistributedDataParallel: DDP } = nn.parallel;
torch.setNumThreads(1);

/** The head shares the embedding's weight. */
class Gpt extends nn.Module<[Tensor], Tensor> {
  embedding = new nn.Embedding(23, 16);
  position = new nn.Parameter(torch.randn([12, 16]).mul(0.1));
  block = new nn.TransformerEncoderLayer(16, 2, 32, { dropout: 0.1, batchFirst: true });
  norm = new nn.LayerNorm(16);
  head = new nn.Linear(16, 23, { bias: false });

  constructor() {
    super();
    (this.head as { weight: nn.Parameter }).weight = this.embedding.weight;
  }
  override forward(tokens: Tensor): Tensor {
    const srcMask = nn.Transformer.generateSquareSubsequentMask(12);
    const x = this.block(this.embedding(tokens).add(this.position), { srcMask, isCausal: true });
    return this.head(this.norm(x));
  }
}

/** Each step uses one of two branches, and one output that the loss does not use. */
class Branches extends nn.Module<[Tensor, boolean], [Tensor, Tensor]> {
  left = new nn.Linear(6, 5);
  right = new nn.Linear(6, 5);
  never = new nn.Linear(6, 2);
  override forward(x: Tensor, goesLeft: boolean): [Tensor, Tensor] {
    return [(goesLeft ? this.left : this.right)(x), this.never(x)];
  }
}

const mlp = () =>
  new nn.Sequential(
    new nn.Linear(20, 64),
    new nn.GELU(),
    new nn.LayerNorm(64),
    new nn.Dropout(0.1),
    new nn.Linear(64, 32),
    new nn.BatchNorm1d(32),
    new nn.ReLU(),
    new nn.Linear(32, 5),
  );
const cnn = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 12, 3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(12 * 4, 10),
  );

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- modules of all kinds
type Model = (...args: any[]) => any;
type Loss = (model: Model, step: number) => Tensor;
const vectorLoss: Loss = (model) => F.mseLoss(model(torch.randn([8, 20])) as Tensor, torch.rand([8, 5]));
const imageLoss: Loss = (model) =>
  F.crossEntropy(model(torch.randn([4, 1, 8, 8])) as Tensor, torch.randint(0, 10, [4]));
const textLoss: Loss = (model) => {
  const tokens = torch.randint(0, 23, [3, 13]);
  const logits = model(tokens.narrow(1, 0, 12)) as Tensor;
  return F.crossEntropy(logits.flatten(0, 1), tokens.narrow(1, 1, 12).flatten());
};
const branchLoss: Loss = (model, step) =>
  (model(torch.randn([4, 6]), step % 2 === 0) as [Tensor, Tensor])[0].pow(2).mean();

const sgd = (params: Iterable<Tensor>) => new optim.SGD([...params], { lr: 0.05, momentum: 0.9 });
const adamw = (params: Iterable<Tensor>) => new optim.AdamW([...params], { lr: 1e-2 });

interface Options extends nn.parallel.DistributedDataParallelOptions {
  hook?: nn.parallel.BuiltinCommHook | nn.parallel.CommHook;
  accumulates?: boolean;
  delays?: boolean;
}

async function train(
  name: string,
  make: () => nn.Module,
  lossOf: Loss,
  makeOptimizer: (params: Iterable<Tensor>) => optim.Optimizer,
  { hook, accumulates = false, delays = false, ...options }: Options = {},
): Promise<void> {
  torch.manualSeed(10 + rank); // other weights on each rank, which the first rank's replace
  const module = make();
  if (delays) {
    options.delayAllReduceNamedParams = [...module.namedParameters()].filter(([key]) => key.startsWith('7.'));
    options.paramToHookAllReduce = module.getParameter('0.weight');
  }
  const model = new DDP(module as nn.Module<never[], unknown>, options);
  if (hook) model.registerCommHook(hook);
  const optimizer = makeOptimizer(model.parameters());
  for (let step = 0; step < 6; step++) {
    optimizer.zeroGrad();
    if (accumulates) model.noSync(() => lossOf(model, step).backward());
    const loss = lossOf(model, step);
    // Both ways give the same bits.
    if (delays || (step % 2 === 0 && typeof hook !== 'function')) loss.backward();
    else await loss.backwardAsync();
    if (delays) await dist.barrier();
    optimizer.step();
    report(`${name}.loss.${step}`, loss.item());
  }
  const grads = [...model.module.namedParameters()].filter(([, param]) => param.grad !== null);
  report(`${name}.grad`, new Map(grads.map(([key, param]) => [key, param.grad])));
  report(`${name}.state`, model.stateDict());
  const state = optimizer.stateDict().state as unknown as Record<string, Record<string, unknown>>;
  for (const [key, entry] of Object.entries(state)) {
    const tensors = Object.entries(entry).filter(([, value]) => torch.isTensor(value));
    report(`${name}.optimizer.${key}`, new Map(tensors.sort(([a], [b]) => (a < b ? -1 : 1))));
  }
}

/** A hook that goes on when its collective has ended. */
const scaled: nn.parallel.CommHook = async ({ buffer }) => {
  await dist.allReduce(buffer);
  return buffer.div(4);
};

/** The first parameter and all buffers are left to the ranks. */
function partly(): ReturnType<typeof cnn> {
  const module = cnn();
  const [[first]] = module.namedParameters();
  const buffers = [...module.namedBuffers()].map(([name]) => name);
  DDP.setParamsAndBuffersToIgnoreForModel(module as never, [first, ...buffers]);
  return module;
}

/** Rank 1 has two batches more. */
async function join(name: string, options: nn.parallel.DistributedDataParallelOptions = {}): Promise<void> {
  torch.manualSeed(10 + rank);
  const model = new DDP(mlp(), options);
  const optimizer = sgd(model.parameters());
  const loop = async (): Promise<void> => {
    for (let step = 0; step < 2 + 2 * rank; step++) {
      optimizer.zeroGrad();
      const loss = vectorLoss(model, step);
      await loss.backwardAsync();
      optimizer.step();
      report(`${name}.loss.${step}`, loss.item());
    }
  };
  await model.join(loop, { divideByInitialWorldSize: name === 'join.all' });
  report(`${name}.state`, model.stateDict());
}

async function collectives(): Promise<void> {
  let x = torch.arange(6, { dtype: 'float32' }).mul(rank + 1);
  await dist.allReduce(x);
  report('allReduce', x);
  x = torch.arange(4, { dtype: 'int64' }).add(10 * rank);
  dist.broadcast(x, 1).wait();
  report('broadcast', x);
  const list = Array.from({ length: world }, () => torch.zeros([3], { dtype: 'float64' }));
  await dist.allGather(list, torch.full([3], rank + 0.5, { dtype: 'float64' }));
  report('allGather', torch.stack(list));
  let out = torch.zeros([2]);
  await dist.reduceScatterTensor(out, torch.arange(2 * world, { dtype: 'float32' }).mul(rank + 2));
  report('reduceScatterTensor', out);
  out = torch.zeros([2 * world]);
  await dist.allToAllSingle(out, torch.arange(2 * world, { dtype: 'float32' }).add(100 * rank));
  report('allToAllSingle', out);
  x = torch.arange(3, { dtype: 'float32' }).add(rank);
  if (rank === 0) {
    await dist.send(x, { dst: 1, tag: 3 });
    dist.recv(x, 1).wait();
  } else {
    const y = torch.zeros([3]);
    await dist.recv(y, { src: 0, tag: 3 });
    await dist.send(y.mul(2), 0);
  }
  report('send', x);
  const pair = await dist.newGroup([0, 1]);
  x = torch.ones([2]).mul(rank + 3);
  await dist.allReduce(x, { op: dist.ReduceOp.MAX, group: pair });
  report('newGroup', x);
  const [alone, allAlone] = await dist.newSubgroups(1);
  x = torch.ones([2]).mul(rank + 3);
  await dist.allReduce(x, { group: alone });
  report('newSubgroups', x);
  report('newSubgroups.ranks', [
    dist.getGroupRank(alone!, rank),
    dist.getGlobalRank(alone!, 0),
    allAlone.length,
  ]);
  const [both, pairs] = await dist.newSubgroupsByEnumeration([[0, 1]]);
  await dist.allReduce(x, { group: both });
  report('newSubgroupsByEnumeration', x);
  report('newSubgroupsByEnumeration.ranks', dist.getProcessGroupRanks(pairs[0]));
  await dist.monitoredBarrier();
  await dist.barrier();
}

let rank = 0;
let world = 0;
async function main(): Promise<void> {
  await dist.initProcessGroup('gloo');
  [rank, world] = [dist.getRank(), dist.getWorldSize()];
  await collectives();
  await train('mlp', mlp, vectorLoss, sgd);
  await train('mlp.buckets', mlp, vectorLoss, adamw, { bucketCapMb: 0.002, gradientAsBucketView: true });
  await train('mlp.batched', mlp, vectorLoss, adamw, { batchedGradCopy: true });
  await train('mlp.delayed', mlp, vectorLoss, adamw, { delays: true });
  await train('mlp.noSync', mlp, vectorLoss, sgd, { accumulates: true });
  await train('mlp.fp16', mlp, vectorLoss, sgd, { hook: 'fp16' });
  await train('mlp.bf16', mlp, vectorLoss, sgd, { hook: 'bf16' });
  await train('mlp.hook', mlp, vectorLoss, sgd, { hook: scaled });
  await train('cnn', cnn, imageLoss, sgd);
  await train('cnn.partly', partly, imageLoss, sgd);
  await train('gpt', () => new Gpt(), textLoss, adamw);
  await train('gpt.static', () => new Gpt(), textLoss, adamw, { staticGraph: true });
  await train('unused', () => new Branches(), branchLoss, adamw, { findUnusedParameters: true });
  await join('join.all');
  await join('join.left', { bucketCapMb: 0.002 });
  dist.destroyProcessGroup();
}
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
