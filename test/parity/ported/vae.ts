/** A variational autoencoder whose decoder is made of transposed convolutions. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { report } from '../report';

class VAE extends nn.Module {
  readonly encoder;
  readonly mu;
  readonly log_var;
  readonly decoder;

  constructor(latent = 3) {
    super();
    this.encoder = new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { stride: 2, padding: 1 }),
      new nn.GELU(),
      new nn.Flatten(),
    );
    this.mu = new nn.Linear(8 * 16, latent);
    this.log_var = new nn.Linear(8 * 16, latent);
    this.decoder = new nn.Sequential(
      new nn.Linear(latent, 8 * 16),
      new nn.Unflatten(1, [8, 4, 4]),
      new nn.GELU(),
      new nn.ConvTranspose2d(8, 1, 3, { stride: 2, padding: 1, outputPadding: 1 }),
    );
  }
  encode(x: Tensor): [mu: Tensor, logVar: Tensor] {
    const hidden = this.encoder(x);
    return [this.mu(hidden), this.log_var(hidden)];
  }
  override forward(x: Tensor) {
    const [mu, logVar] = this.encode(x);
    const z = mu.add(torch.exp(logVar.mul(0.5)).mul(torch.randnLike(mu)));
    return { logits: this.decoder(z), mu, logVar };
  }
}

torch.manualSeed(4);
const squares = torch.zeros(32, 1, 8, 8);
for (let i = 0; i < 32; i++) {
  const [row, column] = [i % 4, Math.floor(i / 4) % 4];
  squares.setAt([i, 0, `${row}:${row + 4}`, `${column}:${column + 4}`], 1);
}
const model = new VAE();
const optimizer = new optim.RMSprop(model.parameters(), { lr: 2e-3, alpha: 0.9 });
for (let epoch = 0; epoch < 15; epoch++) {
  const { logits, mu, logVar } = model(squares);
  const error = F.binaryCrossEntropyWithLogits(logits, squares, { reduction: 'sum' }).div(32);
  const kl = logVar.add(1).sub(mu.pow(2)).sub(logVar.exp()).sum(1).mean().mul(-0.5);
  const loss = error.add(kl);
  optimizer.zeroGrad({ setToNone: false });
  loss.backward();
  optimizer.step();
  report(`epoch.${epoch}`, { error: error.item(), kl: kl.item() });
}

model.eval();
const between = torch.inferenceMode(() => {
  const [mu] = model.encode(squares.at(':2'));
  const steps = torch.linspace(0, 1, 5).at(':', null);
  const mixed = torch
    .rsub(steps, 1)
    .mul(mu.at(0))
    .add(steps.mul(mu.at(1)));
  return model.decoder(mixed).sigmoid();
});
report('between', between);
console.log('lit:', ...between.gt(0.5).flatten(1).sum(1).tolist<number[]>());
