/**
 * Trains a small convolutional network on handwritten digits, saves it and loads it again:
 *
 *   npm run example:digits -- [--epochs 12] [--batch 64] [--seed 42] [--out examples/out]
 *
 * digits.py is the same program in Python: on the CPU it prints the same losses to the last digit.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { SingleBar } from 'cli-progress';
import torch, { nn, optim, safetensors, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';

const { values: options } = parseArgs({
  options: {
    epochs: { type: 'string', default: '12' },
    batch: { type: 'string', default: '64' },
    seed: { type: 'string', default: '42' },
    out: { type: 'string', default: path.join(__dirname, 'out') },
  },
});
const epochs = Number(options.epochs);
const batchSize = Number(options.batch);

class Net extends nn.Module<[Tensor], Tensor> {
  conv1 = new nn.Conv2d(1, 16, 3, { padding: 1 });
  bn1 = new nn.BatchNorm2d(16);
  conv2 = new nn.Conv2d(16, 32, 3, { padding: 1 });
  bn2 = new nn.BatchNorm2d(32);
  dropout = new nn.Dropout(0.25);
  fc = new nn.Linear(32 * 4 * 4, 10);

  // (N, 1, 8, 8)
  override forward(x: Tensor): Tensor {
    x = F.relu(this.bn1(this.conv1(x))); // (N, 16, 8, 8)
    x = F.maxPool2d(F.relu(this.bn2(this.conv2(x))), 2); // (N, 32, 4, 4)
    return this.fc(this.dropout(x.flatten(1))); // (N, 10)
  }
}

function loadDigits(): [pixels: Tensor, labels: Tensor] {
  const file = fs.readFileSync(path.join(__dirname, 'data', 'digits.csv.gz'));
  const lines = zlib.gunzipSync(file).toString().trim().split('\n');
  const rows = lines.map((line) => line.split(',').map(Number));
  const table = torch.tensor(rows, { dtype: torch.int64 }); // (1797, 65)
  const pixels = table.at(':', ':64').float().div(16).view([-1, 1, 8, 8]);
  return [pixels, table.at(':', 64)];
}

function accuracy(model: Net, x: Tensor, y: Tensor): number {
  model.eval();
  return torch.noGrad(() => model(x).argmax(1).eq(y).float().mean().item());
}

function trainEpoch(model: Net, optimizer: optim.Optimizer, x: Tensor, y: Tensor, epoch: number): number {
  const bar = new SingleBar({
    format: `epoch ${epoch} {bar} {value}/{total}  loss {loss}`,
    clearOnComplete: true,
    fps: 30,
  });
  bar.start(x.shape[0], 0, { loss: '' }); // shows nothing where there is no terminal
  model.train();
  let total = 0;
  for (const batch of torch.randperm(x.shape[0]).split(batchSize)) {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model(x.at(batch)), y.at(batch));
    loss.backward();
    optimizer.step();
    total += loss.item() * batch.shape[0];
    bar.increment(batch.shape[0], { loss: loss.item().toFixed(4) });
  }
  bar.stop();
  return total / x.shape[0];
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

// One thread is fast enough for so small a network, and the same on every number of cores.
torch.setNumThreads(1);
torch.manualSeed(Number(options.seed));
const [x, y] = loadDigits();
const order = torch.randperm(x.shape[0]);
const train = order.at(':1437');
const test = order.at('1437:');
console.log(`${train.shape[0]} digits to learn from, ${test.shape[0]} held out`);

const model = new Net();
const optimizer = new optim.AdamW(model.parameters(), { lr: 2e-3 });
const started = performance.now();
for (let epoch = 1; epoch <= epochs; epoch++) {
  const loss = trainEpoch(model, optimizer, x.at(train), y.at(train), epoch);
  const heldOut = accuracy(model, x.at(test), y.at(test));
  console.log(`epoch ${String(epoch).padStart(2)}  loss ${loss.toFixed(16)}  accuracy ${percent(heldOut)}`);
}
console.error(`trained in ${((performance.now() - started) / 1000).toFixed(1)} s`);

fs.mkdirSync(options.out, { recursive: true });
const file = path.join(options.out, 'digits.safetensors');
safetensors.saveFile(model.stateDict(), file);
const loaded = new Net();
loaded.loadStateDict(safetensors.loadFile(file));
console.log(`saved ${path.relative('.', file)}`);
console.log(`loaded into a fresh model: accuracy ${percent(accuracy(loaded, x.at(test), y.at(test)))}`);
