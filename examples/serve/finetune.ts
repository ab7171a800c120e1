// Trains digits.pt2 on, and writes digits.pt, which Python loads (load.py): npx tsx finetune.ts
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import torch, { optim, type Tensor } from 'nodetorch';
import { load } from 'nodetorch/export';
import * as F from 'nodetorch/functional';

const here = (name: string): string => path.join(__dirname, name);
const lines = zlib
  .gunzipSync(fs.readFileSync(here('../data/digits.csv.gz')))
  .toString()
  .trim()
  .split('\n');
const table = torch.tensor(
  lines.map((line) => line.split(',').map(Number)),
  { dtype: torch.int64 },
);
const pixels = table.at(':', ':64').float().div(16).view([-1, 1, 8, 8]);
const labels = table.at(':', 64);

const model = load(here('digits.pt2')).module();
const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
const lossOf = (rows: `${number}:${number}`): Tensor =>
  F.crossEntropy(model(pixels.at(rows)) as Tensor, labels.at(rows));

for (let epoch = 1; epoch <= 3; epoch++) {
  let sum = 0;
  for (let from = 0; from < 1408; from += 64) {
    optimizer.zeroGrad();
    const loss = lossOf(`${from}:${from + 64}`);
    loss.backward();
    optimizer.step();
    sum += loss.item();
  }
  console.log(`epoch ${epoch}  loss ${(sum / 22).toFixed(4)}`);
}
torch.save(model.stateDict(), here('digits.pt'));
