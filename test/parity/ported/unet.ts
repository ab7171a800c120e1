/** A small U-Net that finds squares in noise: batch norms, transposed convolutions, skips, a schedule by steps. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { report } from '../report';

const double = (inside: number, outside: number) =>
  new nn.Sequential(
    new nn.Conv2d(inside, outside, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(outside),
    new nn.ReLU({ inplace: true }),
    new nn.Conv2d(outside, outside, 3, { padding: 'same', bias: false }),
    new nn.BatchNorm2d(outside),
    new nn.ReLU({ inplace: true }),
  );

class UNet extends nn.Module {
  down = new nn.ModuleList([double(1, 4), double(4, 8)]);
  middle = double(8, 16);
  up = new nn.ModuleList([
    new nn.ConvTranspose2d(16, 8, 2, { stride: 2 }),
    new nn.ConvTranspose2d(8, 4, 2, { stride: 2 }),
  ]);
  merge = new nn.ModuleList([double(16, 8), double(8, 4)]);
  out = new nn.Conv2d(4, 1, 1);

  override forward(x: Tensor): Tensor {
    const skips: Tensor[] = [];
    for (const block of this.down) {
      x = block(x);
      skips.push(x);
      x = F.maxPool2d(x, 2);
    }
    x = this.middle(x);
    for (const [i, up] of this.up.entries())
      x = this.merge.at(i)(torch.cat([up(x), skips.pop()!], { dim: 1 }));
    return this.out(x);
  }
}

function dice(logits: Tensor, truth: Tensor): Tensor {
  const chance = logits.sigmoid();
  const overlap = chance.mul(truth).sum([1, 2, 3]);
  const both = chance.sum([1, 2, 3]).add(truth.sum([1, 2, 3]));
  return torch.rsub(overlap.mul(2).add(1).div(both.add(1)).mean(), 1);
}

torch.manualSeed(7);
const truth = torch.zeros(8, 1, 16, 16);
for (const [i, [row, column]] of torch.randint(0, 10, [8, 2]).tolist<[number, number][]>().entries()) {
  truth.setAt([i, ':', `${row}:${row + 6}`, `${column}:${column + 6}`], 1);
}
const images = truth.add(torch.randn(8, 1, 16, 16).mul(0.5));
const model = new UNet();
for (const module of model.modules()) {
  if (module instanceof nn.BatchNorm2d) {
    nn.init.constant_(module.weight, 0.9);
    nn.init.zeros_(module.bias);
  }
}
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 1e-4 });
const scheduler = new optim.lrScheduler.MultiStepLR(optimizer, [4, 6], { gamma: 0.5 });
const posWeight = torch.tensor([2]);
for (let epoch = 0; epoch < 8; epoch++) {
  model.train();
  const logits = model(images);
  const error = F.binaryCrossEntropyWithLogits(logits, truth, { posWeight });
  const loss = error.add(dice(logits, truth));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  scheduler.step();
  report(`epoch.${epoch}`, { loss: loss.item(), lr: optimizer.paramGroups[0].lr });
}
model.eval();
const found = torch.noGrad(() => model(images)).gt(0);
console.log('right:', found.eq(truth.bool()).sum().item());
report('state', model.stateDict());
