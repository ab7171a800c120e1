/** A variational autoencoder with an exponential average of its weights; Adam and a cosine with restarts. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';

const { AveragedModel, getEmaMultiAvgFn } = optim.swaUtils;

class VAE extends nn.Module<[Tensor], [logits: Tensor, mean: Tensor, logVariance: Tensor]> {
  encoder = new nn.Sequential(new nn.Linear(36, 32), new nn.SiLU());
  mean = new nn.Linear(32, 4);
  log_variance = new nn.Linear(32, 4);
  decoder = new nn.Sequential(new nn.Linear(4, 32), new nn.SiLU(), new nn.Linear(32, 36));

  override forward(x: Tensor): [Tensor, Tensor, Tensor] {
    const h = this.encoder(x);
    const mean = this.mean(h);
    const logVariance = this.log_variance(h);
    const z = mean.add(logVariance.mul(0.5).exp().mul(torch.randnLike(mean)));
    return [this.decoder(z), mean, logVariance];
  }
}

torch.manualSeed(3);
const data = torch.bernoulli(
  torch
    .randn([256, 3])
    .matmul(torch.randn([3, 36]))
    .mul(2)
    .sigmoid(),
);
const model = new VAE();
const average = new AveragedModel(model, { multiAvgFn: getEmaMultiAvgFn(0.95) });
report('initial', model.stateDict());
const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3, betas: [0.9, 0.99] });
const { CosineAnnealingWarmRestarts } = optim.lrScheduler;
const scheduler = new CosineAnnealingWarmRestarts(optimizer, 20, { TMult: 2, etaMin: 1e-4 });
const train = captured((batch: Tensor): [Tensor, Tensor] => {
  optimizer.zeroGrad();
  const [logits, mean, logVariance] = model(batch);
  const sum = F.binaryCrossEntropyWithLogits(logits, batch, { reduction: 'sum' });
  const likelihood = sum.div(batch.shape[0]);
  const inner = logVariance.add(1).sub(mean.square()).sub(logVariance.exp());
  const divergence = inner.sum(1).mean().mul(-0.5);
  const loss = likelihood.add(divergence);
  loss.backward();
  optimizer.step();
  scheduler.step();
  return [loss, divergence];
});
let step = 0;
for (let epoch = 0; epoch < 15; epoch++) {
  for (const batch of data.at(torch.randperm(256)).split(32)) {
    const [loss, divergence] = train(batch);
    average.updateParameters(model);
    report(`step.${step}`, [loss.item(), divergence.item(), scheduler.getLastLr()[0]]);
    step++;
  }
}
report('trained', model.stateDict());
report('average', average.stateDict());
report('optimizer', optimizer.stateDict().state);
report('samples', torch.sigmoid((average.module as VAE).decoder(torch.randn([8, 4]))));
report('rng', torch.getRngState());
