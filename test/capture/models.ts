// The models of test/parity/programs, as programs whose step can be captured.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import type { Program } from './support';

const F = nn.functional;

const stateOf =
  (...models: nn.Module[]) =>
  () =>
    models.flatMap((model) => [...[...model.parameters()].flatMap((p) => [p, p.grad]), ...model.buffers()]);

function trained(
  model: nn.Module,
  optimizer: optim.Optimizer,
  lossOf: (x: Tensor, y: Tensor) => Tensor,
  args: () => Tensor[],
): Program {
  return {
    step: (x: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const loss = lossOf(x, y);
      loss.backward();
      optimizer.step();
      return loss;
    },
    args,
    state: stateOf(model),
  };
}

const mlp = (make: (params: Iterable<nn.Parameter>) => optim.Optimizer) => (): Program => {
  const model = new nn.Sequential(
    new nn.Linear(20, 64),
    new nn.GELU(),
    new nn.LayerNorm(64),
    new nn.Dropout(0.1),
    new nn.Linear(64, 32),
    new nn.BatchNorm1d(32),
    new nn.GELU({ approximate: 'tanh' }),
    new nn.Linear(32, 5),
  );
  return trained(
    model,
    make(model.parameters()),
    (x, y) => F.mseLoss(model(x) as Tensor, y),
    () => [torch.randn([48, 20]), torch.rand([48, 5])],
  );
};

class Block extends nn.Module {
  norm = new nn.LayerNorm(16);
  qkv = new nn.Linear(16, 48);
  out = new nn.Linear(16, 16);
  drop = new nn.Dropout(0.1);
  override forward(x: Tensor): Tensor {
    const [batch, time] = x.shape;
    const [q, k, v] = this.qkv(this.norm(x))
      .chunk(3, 2)
      .map((part) => part.view([batch, time, 2, 8]).transpose(1, 2));
    const mixed = torch.scaledDotProductAttention(q, k, v, null, 0, true);
    return x.add(this.drop(this.out(mixed.transpose(1, 2).reshape([batch, time, 16]))));
  }
}

class Gpt extends nn.Module {
  tokens = new nn.Embedding(11, 16);
  places = new nn.Embedding(8, 16);
  blocks = new nn.Sequential(new Block(), new Block());
  head = new nn.Linear(16, 11);
  override forward(x: Tensor): Tensor {
    const places = torch.arange(x.shape[1], { device: x.device, dtype: torch.int64 });
    return this.head(this.blocks(this.tokens(x).add(this.places(places))) as Tensor);
  }
}

export const models: Record<string, () => Program> = {
  'mlp, SGD': mlp((params) => new optim.SGD(params, { lr: 0.05 })),
  'mlp, Nesterov': mlp(
    (params) => new optim.SGD(params, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  ),
  'mlp, Adam': mlp((params) => new optim.Adam(params, { lr: 1e-2, betas: [0.8, 0.99], amsgrad: true })),
  'mlp, AdamW': mlp((params) => new optim.AdamW(params, { lr: 1e-2 })),
  'mlp, NAdam': mlp((params) => new optim.NAdam(params)),
  'mlp, Adafactor': mlp((params) => new optim.Adafactor(params)),
  'mlp, fused Adam': mlp((params) => new optim.Adam(params, { fused: true })),
  cnn: () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(4, 6, 3, { padding: 1 }),
      new nn.GroupNorm(2, 6),
      new nn.AdaptiveAvgPool2d(2),
      new nn.Flatten(),
      new nn.Dropout(0.2),
      new nn.Linear(24, 10),
    );
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const lossOf = (x: Tensor, y: Tensor) => F.crossEntropy(model(x) as Tensor, y, { labelSmoothing: 0.1 });
    return trained(model, optimizer, lossOf, () => [torch.randn([8, 1, 10, 10]), torch.randint(10, [8])]);
  },
  lstm: () => {
    const embed = new nn.Embedding(12, 8);
    const lstm = new nn.LSTM(8, 10, { numLayers: 2, batchFirst: true, dropout: 0.2 });
    const head = new nn.Linear(10, 12);
    const model = new nn.ModuleList([embed, lstm, head]);
    const lossOf = (x: Tensor, y: Tensor) =>
      F.crossEntropy(head(lstm(embed(x))[0]).flatten(0, 1), y.flatten());
    const draw = () => torch.randint(12, [4, 6]);
    return trained(model, new optim.RMSprop(model.parameters(), { lr: 1e-3 }), lossOf, () => [
      draw(),
      draw(),
    ]);
  },
  gpt: () => {
    const model = new Gpt();
    const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-3 });
    const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, 50);
    const draw = () => torch.randint(11, [3, 8]);
    return {
      step: (x: Tensor, y: Tensor) => {
        const loss = F.crossEntropy(model(x).flatten(0, 1), y.flatten());
        optimizer.zeroGrad();
        loss.backward();
        nn.utils.clipGradNorm_(model.parameters(), 1);
        optimizer.step();
        scheduler.step();
        return loss;
      },
      args: () => [draw(), draw()],
      state: stateOf(model),
    };
  },
  'autocast with a scaler': () => {
    const model = new nn.Sequential(new nn.Linear(6, 16), new nn.ReLU(), new nn.Linear(16, 4));
    const optimizer = new optim.Adam(model.parameters());
    const scaler = new torch.GradScaler({ device: 'cpu', initScale: 2 ** 10, growthInterval: 5 });
    return {
      step: (x: Tensor, y: Tensor) => {
        optimizer.zeroGrad();
        const loss = torch.autocast('cpu', { dtype: torch.bfloat16 }, () =>
          F.crossEntropy(model(x) as Tensor, y),
        );
        scaler.scale(loss).backward();
        scaler.unscale_(optimizer);
        nn.utils.clipGradValue_(model.parameters(), 0.1);
        scaler.step(optimizer);
        scaler.update();
        return loss;
      },
      args: () => [torch.randn([5, 6]), torch.randint(4, [5])],
      state: stateOf(model),
    };
  },
  vae: () => {
    const encoder = new nn.Linear(12, 8);
    const decoder = new nn.Linear(4, 12);
    const model = new nn.ModuleList([encoder, decoder]);
    const lossOf = (x: Tensor) => {
      const [mean, logVar] = encoder(x).chunk(2, 1);
      const z = mean.add(torch.randnLike(mean).mul(logVar.mul(0.5).exp()));
      const kl = logVar.add(1).sub(mean.square()).sub(logVar.exp()).sum().mul(-0.5);
      return F.binaryCrossEntropyWithLogits(decoder(z), x, { reduction: 'sum' }).add(kl);
    };
    return trained(model, new optim.Adam(model.parameters(), { lr: 1e-2 }), lossOf, () => [
      torch.rand([6, 12]),
    ]);
  },
  gan: () => {
    const generator = new nn.Sequential(new nn.Linear(3, 8), new nn.LeakyReLU(0.2), new nn.Linear(8, 5));
    const critic = new nn.Sequential(new nn.Linear(5, 8), new nn.ReLU(), new nn.Linear(8, 1));
    const [makes, judges] = [generator, critic].map((net) => new optim.Adam(net.parameters(), { lr: 1e-2 }));
    const logits = F.binaryCrossEntropyWithLogits;
    return {
      step: (real: Tensor) => {
        const fake = generator(torch.randn([4, 3])) as Tensor;
        judges.zeroGrad();
        const [yes, no] = [critic(real) as Tensor, critic(fake.detach()) as Tensor];
        const judged = logits(yes, torch.onesLike(yes)).add(logits(no, torch.zerosLike(no)));
        judged.backward();
        judges.step();
        for (const p of critic.parameters()) p.requiresGrad = false;
        makes.zeroGrad();
        const fooled = critic(fake) as Tensor;
        const made = logits(fooled, torch.onesLike(fooled));
        made.backward();
        makes.step();
        for (const p of critic.parameters()) p.requiresGrad = true;
        return [judged, made];
      },
      args: () => [torch.randn([4, 5])],
      state: stateOf(generator, critic),
    };
  },
};
