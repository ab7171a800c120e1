/** Two networks against each other, with an optimizer each: RMSprop and Adam with amsgrad. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';

torch.manualSeed(4);
const generator = new nn.Sequential(
  new nn.Linear(6, 24),
  new nn.BatchNorm1d(24),
  new nn.LeakyReLU(0.2),
  new nn.Linear(24, 8),
  new nn.Tanh(),
);
const critic = new nn.Sequential(
  new nn.Linear(8, 32),
  new nn.LeakyReLU(0.2),
  new nn.Dropout(0.3),
  new nn.Linear(32, 1),
);
for (const module of [generator, critic]) {
  for (const param of module.parameters()) if (param.dim() > 1) nn.init.xavierNormal_(param);
}
report('initial', [generator.stateDict(), critic.stateDict()]);
const optimizers = {
  generator: new optim.Adam(generator.parameters(), { lr: 2e-3, betas: [0.5, 0.999], amsgrad: true }),
  critic: new optim.RMSprop(critic.parameters(), { lr: 1e-3, momentum: 0.5, centered: true }),
};
const mixing = torch.randn([3, 8]);

function judge(samples: Tensor, real: boolean): Tensor {
  const target = torch.full([samples.shape[0], 1], real ? 0.9 : 0, { dtype: torch.float32 });
  return F.binaryCrossEntropyWithLogits(critic(samples), target);
}

const train = captured(() => {
  const real = torch.tanh(torch.randn([32, 3]).matmul(mixing));
  const fake = generator(torch.randn([32, 6]));
  optimizers.critic.zeroGrad();
  const criticLoss = judge(real, true).add(judge(fake.detach(), false));
  criticLoss.backward();
  optimizers.critic.step();
  optimizers.generator.zeroGrad();
  const generatorLoss = judge(fake, true);
  generatorLoss.backward();
  optimizers.generator.step();
  return [criticLoss, generatorLoss];
});
for (let step = 0; step < 120; step++) {
  const losses = train();
  report(
    `step.${step}`,
    losses.map((loss) => loss.item()),
  );
}
report('generator', generator.stateDict());
report('critic', critic.stateDict());
for (const [name, optimizer] of Object.entries(optimizers)) {
  report(`optimizer.${name}`, optimizer.stateDict().state);
}
report('rng', torch.getRngState());
