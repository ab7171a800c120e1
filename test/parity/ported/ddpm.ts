/** Denoising diffusion in two dimensions, with an averaged copy of the model that samples. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { report } from '../report';

const STEPS = 20;

class Denoiser extends nn.Module {
  time = new nn.Sequential(new nn.Linear(8, 16), new nn.SiLU());
  layers = new nn.ModuleList([new nn.Linear(2, 16), new nn.Linear(16, 16)]);
  out = new nn.Linear(16, 2);

  embed(t: Tensor): Tensor {
    const rates = torch.exp(torch.arange(4).mul(-Math.log(100)).div(4));
    const angles = t.at(':', null).float().mul(rates);
    return torch.cat([angles.sin(), angles.cos()], { dim: 1 });
  }
  override forward(x: Tensor, t: Tensor): Tensor {
    const time = this.time(this.embed(t));
    for (const layer of this.layers) x = F.silu(layer(x).add(time));
    return this.out(x);
  }
}

torch.manualSeed(5);
const betas = torch.linspace(1e-3, 0.2, STEPS);
const alphas = torch.rsub(betas, 1);
const products = alphas.cumprod(0);
const model = new Denoiser();
const average = torch.deepcopy(model).requiresGrad_(false);
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
for (let step = 0; step < 40; step++) {
  const angle = torch.rand(64).mul(2).mul(Math.PI);
  const x = torch.stack([angle.cos(), angle.sin()], 1);
  const t = torch.randint(STEPS, [64]);
  const noise = torch.randnLike(x);
  const product = products.at(t).at(':', null);
  const noisy = product.sqrt().mul(x).add(torch.rsub(product, 1).sqrt().mul(noise));
  const loss = F.mseLoss(model(noisy, t), noise);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  torch.noGrad(() => {
    const sources = [...model.parameters()];
    [...average.parameters()].forEach((mean, i) => mean.lerp_(sources[i]!, 0.1));
  });
  if (step % 10 === 0) report(`loss.${step}`, loss.item());
}

const generator = new torch.Generator().manualSeed(11);
const samples = torch.noGrad(() => {
  let x = torch.randn(16, 2, { generator });
  for (let step = STEPS - 1; step >= 0; step--) {
    const predicted = average(x, torch.full([16], step, { dtype: torch.int64 }));
    const share = betas.at(step).div(torch.rsub(products.at(step), 1).sqrt());
    x = x.sub(share.mul(predicted)).div(alphas.at(step).sqrt());
    if (step > 0)
      x = x.add(
        betas
          .at(step)
          .sqrt()
          .mul(torch.randn(16, 2, { generator })),
      );
  }
  return x;
});
report('samples', samples);
report('radius', samples.norm({ dim: 1 }).mean().item());
report('average', average.stateDict());
