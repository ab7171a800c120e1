/** One rank of Node's that trains, saves and goes on; states.py is its twin. */
import torch, { nn, optim } from 'nodetorch';
import * as dist from 'nodetorch/distributed';
import * as F from 'nodetorch/functional';
import { report } from '../report';

const make = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(4 * 16, 3),
  );

async function main(): Promise<void> {
  const { READ, WRITE } = process.env;
  torch.setNumThreads(1);
  await dist.initProcessGroup('gloo');
  const rank = dist.getRank();
  torch.manualSeed(20 + rank);
  const model = new nn.parallel.DistributedDataParallel(make());
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2 });
  const steps = async (count: number): Promise<void> => {
    for (let step = 0; step < count; step++) {
      optimizer.zeroGrad();
      const loss = F.crossEntropy(model(torch.randn([5, 1, 6, 6])), torch.randint(0, 3, [5]));
      await loss.backwardAsync();
      optimizer.step();
      report(`loss.${step}`, loss.item());
    }
  };
  if (WRITE !== undefined) {
    await steps(3);
    if (rank === 0)
      torch.save({ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch: 3 }, WRITE);
  }
  if (READ !== undefined) {
    const saved = torch.load<Map<string, unknown>>(READ);
    const state = saved.get('model') as nn.StateDict;
    model.loadStateDict(state);
    optimizer.loadStateDict(saved.get('optimizer') as optim.OptimizerStateDict);
    nn.utils.consumePrefixInStateDictIfPresent(state, 'module.');
    const alone = make();
    alone.loadStateDict(state);
    report('alone', alone.stateDict());
    torch.manualSeed(Number(saved.get('epoch')) + rank);
    await steps(2);
  }
  report('state', model.stateDict());
  dist.destroyProcessGroup();
}
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
