/**
 * One rank that trains on handwritten digits with others. digits.py is the same program in Python: ranks of both kinds train
 * in one group and print the same numbers.
 *
 *   export MASTER_ADDR=127.0.0.1 MASTER_PORT=29500 WORLD_SIZE=2
 *   RANK=0 npx tsx examples/distributed/digits.ts & RANK=1 python examples/distributed/digits.py & wait
 */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as dist from 'nodetorch/distributed';
import * as F from 'nodetorch/functional';

const EPOCHS = Number(process.env.EPOCHS ?? 3);
const BATCH = 32; // of each rank

function loadDigits(): [pixels: Tensor, labels: Tensor] {
  const file = fs.readFileSync(path.join(__dirname, '..', 'data', 'digits.csv.gz'));
  const lines = zlib.gunzipSync(file).toString().trim().split('\n');
  const table = torch.tensor(
    lines.map((line) => line.split(',').map(Number)),
    { dtype: torch.int64 },
  ); // (1797, 65)
  return [table.at(':', ':64').float().div(16).view([-1, 1, 8, 8]), table.at(':', 64)];
}

const makeNet = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16 * 4 * 4, 10),
  );

async function main(): Promise<void> {
  torch.setNumThreads(1);
  await dist.initProcessGroup('gloo');
  const [rank, world] = [dist.getRank(), dist.getWorldSize()];
  torch.manualSeed(42);
  const net = makeNet();
  const model = new nn.parallel.DistributedDataParallel(net);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const [pixels, labels] = loadDigits();
  const count = Math.floor(labels.shape[0] / world);
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const order = torch.randperm(labels.shape[0]).narrow(0, rank * count, count); // the same seed on all ranks
    const total = torch.zeros([1]);
    for (const batch of order.split(BATCH)) {
      optimizer.zeroGrad();
      const loss = F.crossEntropy(model(pixels.at(batch)), labels.at(batch));
      await loss.backwardAsync();
      optimizer.step();
      total.add_(loss.detach());
    }
    await dist.allReduce(total);
    if (rank === 0) console.log(`epoch ${epoch}: loss ${total.item()}`);
  }
  net.eval();
  const right = torch.noGrad(() => net(pixels).argmax(1).eq(labels).float().mean().item());
  if (rank === 0) console.log(`right: ${right.toFixed(4)}`);
  if (rank === 0 && process.env.OUT) torch.save(net.stateDict(), process.env.OUT);
  dist.destroyProcessGroup();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
