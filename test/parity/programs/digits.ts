/** A small convolutional network learns the digits for four epochs. */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import torch, { nn, optim, type Tensor } from 'nodetorch';
import { captured } from '../captured';
import { report } from '../report';
import { exportTrained } from '../trained';

const data = path.join(__dirname, '..', '..', '..', 'examples', 'data', 'digits.csv.gz');

class Net extends nn.Module<[Tensor], Tensor> {
  features = new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.Conv2d(16, 32, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
  dropout = new nn.Dropout(0.25);
  fc = new nn.Linear(512, 10);

  override forward(x: Tensor): Tensor {
    return this.fc(this.dropout(this.features(x).flatten(1)));
  }
}

const lines = zlib.gunzipSync(fs.readFileSync(data)).toString().trim().split('\n');
const table = torch.tensor(
  lines.map((line) => line.split(',').map(Number)),
  { dtype: torch.int64 },
);
const x = table.at(':', ':64').float().div(16).view([-1, 1, 8, 8]);
const y = table.at(':', 64);
report('x', x);
report('y', y);

torch.manualSeed(7);
const model = new Net();
report('initial', model.stateDict());
const named = [...model.namedParameters()];
const biases = named.filter(([name]) => name.endsWith('bias')).map(([, param]) => param);
const weights = named.filter(([name]) => name.endsWith('weight')).map(([, param]) => param);
const optimizer = new optim.AdamW([{ params: weights }, { params: biases, weightDecay: 0 }], {
  lr: 2e-3,
  weightDecay: 0.05,
});
const criterion = new nn.CrossEntropyLoss({ labelSmoothing: 0.05 });

const train = captured((batch: Tensor) => {
  optimizer.zeroGrad();
  const loss = criterion(model(x.at(batch)), y.at(batch));
  loss.backward();
  optimizer.step();
  return loss;
});

for (let epoch = 0; epoch < 4; epoch++) {
  for (const [step, batch] of torch.randperm(x.shape[0]).split(64).entries()) {
    report(`loss.${epoch}.${step}`, train(batch).item());
  }
}

report('grad', new Map(named.map(([name, param]) => [name, param.grad])));
report('trained', model.stateDict());
report('optimizer', optimizer.stateDict().state);
model.eval();
const logits = torch.noGrad(() => model(x));
report('logits', logits);
report('accuracy', logits.argmax(1).eq(y).float().mean());
report('rng', torch.getRngState());

exportTrained('digits', model, () => [[x.at(':5')], [x.at(':1')], [x.at(':64')]], [
  { 0: torch.export.Dim('batch') },
]);
