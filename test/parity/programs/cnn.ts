/** A convolutional network with batch norm, dropout and augmentation by random tensors; SGD, one cycle. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';
import { exportTrained } from '../trained';

const STEPS = 120;

function augment(given: Tensor): Tensor {
  const count = given.shape[0];
  const flip = torch.rand([count, 1, 1, 1]).lt(0.5);
  let x = torch.where(flip, given.flip([3]), given);
  x = torch.roll(x, [torch.randint(-1, 2, [1]).item(), torch.randint(-1, 2, [1]).item()], [2, 3]);
  return x.mul(torch.rand([count, 1, 1, 1]).mul(0.4).add(0.8)).add(torch.randnLike(x).mul(0.05));
}

class Block extends nn.Module<[Tensor], Tensor> {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  shortcut: nn.Conv2d;

  constructor(channels: number, out: number) {
    super();
    this.conv1 = new nn.Conv2d(channels, out, 3, { padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(out);
    this.conv2 = new nn.Conv2d(out, out, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(out);
    this.shortcut = new nn.Conv2d(channels, out, 1);
  }

  override forward(x: Tensor): Tensor {
    const y = this.bn2(this.conv2(F.relu(this.bn1(this.conv1(x)))));
    return F.relu(y.add(this.shortcut(x)));
  }
}

torch.manualSeed(2);
const patterns = torch.randn([5, 2, 10, 10]);
const labels = torch.randint(0, 5, [200]);
const images = patterns.at(labels).add(torch.randn([200, 2, 10, 10]));
const model = new nn.Sequential(
  new Block(2, 8),
  new nn.MaxPool2d(2),
  new nn.Dropout2d(0.1),
  new Block(8, 16),
  new nn.AdaptiveAvgPool2d(1),
  new nn.Flatten(),
  new nn.Dropout(0.2),
  new nn.Linear(16, 5),
);
report('initial', model.stateDict());
const options = { lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 1e-4 };
const optimizer = new optim.SGD(model.parameters(), options);
const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, 0.1, STEPS);
const train = captured((x: Tensor, y: Tensor) => {
  optimizer.zeroGrad();
  const loss = F.crossEntropy(model(x), y, { labelSmoothing: 0.1 });
  loss.backward();
  optimizer.step();
  scheduler.step();
  return loss;
});
for (let step = 0; step < STEPS; step++) {
  const batch = torch.randint(0, 200, [20]);
  const loss = train(augment(images.at(batch)), labels.at(batch));
  report(`step.${step}`, [loss.item(), scheduler.getLastLr()[0], optimizer.paramGroups[0].momentum]);
}
report('trained', model.stateDict());
report('optimizer', optimizer.stateDict().state);
report('output', model.eval()(images));
report('rng', torch.getRngState());

exportTrained(
  'cnn',
  model,
  () => [images.at(':3'), images.at(':1', ':', ':', ':7'), images].map((x) => [x]),
  [{ 0: torch.export.Dim('batch'), 2: torch.export.Dim.AUTO, 3: torch.export.Dim('width', { min: 2 }) }],
);
