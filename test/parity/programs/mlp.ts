/** A multi-layer perceptron fits random numbers: layers, losses and optimizers, step by step. */
import torch, { nn, optim } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';
import { exportTrained } from '../trained';

function build(): nn.Sequential {
  return new nn.Sequential(
    new nn.Linear(20, 64),
    new nn.GELU(),
    new nn.LayerNorm(64),
    new nn.Dropout(0.1),
    new nn.Linear(64, 32),
    new nn.BatchNorm1d(32),
    new nn.GELU({ approximate: 'tanh' }),
    new nn.Linear(32, 5),
  );
}

const optimizers: Record<string, (params: Iterable<nn.Parameter>) => optim.Optimizer> = {
  sgd: (params) => new optim.SGD(params, { lr: 0.05 }),
  nesterov: (params) => new optim.SGD(params, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  adam: (params) => new optim.Adam(params, { lr: 1e-2, betas: [0.8, 0.99], amsgrad: true }),
  adamw: (params) => new optim.AdamW(params, { lr: 1e-2 }),
};

for (const [name, make] of Object.entries(optimizers)) {
  torch.manualSeed(1);
  const x = torch.randn([256, 20]);
  const y = torch
    .sin(x.at(':', ':5'))
    .mul(2)
    .add(torch.rand([256, 5]).mul(0.1));
  const model = build();
  report(`${name}.initial`, model.stateDict());
  const optimizer = make(model.parameters());
  const train = captured(() => {
    const batch = torch.randint(0, 256, [48]);
    optimizer.zeroGrad();
    const loss = F.mseLoss(model(x.at(batch)), y.at(batch));
    loss.backward();
    optimizer.step();
    return loss;
  });
  for (let step = 0; step < 100; step++) report(`${name}.loss.${step}`, train().item());
  report(`${name}.grad`, new Map([...model.namedParameters()].map(([key, param]) => [key, param.grad])));
  report(`${name}.trained`, model.stateDict());
  report(`${name}.softmax`, F.softmax(model.eval()(x), { dim: 1 }));
  report(`${name}.rng`, torch.getRngState());
  const rows = () => [[x.at(':9')], [x.at(':1')], [x]];
  if (name === 'adamw') exportTrained('mlp', model, rows, [{ 0: torch.export.Dim('batch', { max: 256 }) }]);
}
