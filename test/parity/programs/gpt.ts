/** A small GPT: AdamW in two groups, warmup and cosine, gradient accumulation and clipping. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';
import { exportTrained } from '../trained';

const [VOCABULARY, CONTEXT, WIDTH, HEADS, STEPS] = [23, 16, 32, 4, 100];

class Attention extends nn.Module<[Tensor], Tensor> {
  qkv = new nn.Linear(WIDTH, 3 * WIDTH);
  out = new nn.Linear(WIDTH, WIDTH);
  dropout = new nn.Dropout(0.1);
  declare mask: Tensor;

  constructor() {
    super();
    this.registerBuffer('mask', torch.ones([CONTEXT, CONTEXT]).tril().bool(), { persistent: false });
  }

  override forward(x: Tensor): Tensor {
    const [batch, length] = x.shape;
    const heads = this.qkv(x)
      .view([batch, length, 3, HEADS, WIDTH / HEADS])
      .permute([2, 0, 3, 1, 4]);
    const [q, k, v] = heads.unbind(0);
    const scores = q.matmul(k.transpose(-2, -1)).div(Math.sqrt(WIDTH / HEADS));
    const hidden = this.mask.at(`:${length}`, `:${length}`).logicalNot();
    const weights = this.dropout(scores.maskedFill(hidden, -Infinity).softmax(-1));
    return this.out(weights.matmul(v).transpose(1, 2).reshape([batch, length, WIDTH]));
  }
}

class Block extends nn.Module<[Tensor], Tensor> {
  norm1 = new nn.LayerNorm(WIDTH);
  attention = new Attention();
  norm2 = new nn.LayerNorm(WIDTH);
  mlp = new nn.Sequential(
    new nn.Linear(WIDTH, 4 * WIDTH),
    new nn.GELU(),
    new nn.Linear(4 * WIDTH, WIDTH),
    new nn.Dropout(0.1),
  );

  override forward(x: Tensor): Tensor {
    const attended = x.add(this.attention(this.norm1(x)));
    return attended.add(this.mlp(this.norm2(attended)));
  }
}

class GPT extends nn.Module<[Tensor], Tensor> {
  tokens = new nn.Embedding(VOCABULARY, WIDTH);
  positions = new nn.Embedding(CONTEXT, WIDTH);
  blocks = new nn.ModuleList([new Block(), new Block()]);
  norm = new nn.LayerNorm(WIDTH);
  head = new nn.Linear(WIDTH, VOCABULARY, { bias: false });

  constructor() {
    super();
    (this.head as { weight: nn.Parameter }).weight = this.tokens.weight;
  }

  override forward(tokens: Tensor): Tensor {
    let x = this.tokens(tokens).add(this.positions(torch.arange(tokens.shape[1])));
    for (const block of this.blocks) x = (block as Block)(x);
    return this.head(this.norm(x));
  }
}

torch.manualSeed(6);
const text = torch
  .arange(600)
  .mul(7)
  .remainder(11)
  .add(torch.randint(0, 3, [600]))
  .remainder(VOCABULARY);
const model = new GPT();
for (const [name, param] of model.namedParameters()) {
  if (name.endsWith('out.weight') || name.endsWith('mlp.2.weight')) {
    nn.init.normal_(param, { std: 0.02 / Math.sqrt(4) });
  }
}
report('initial', model.stateDict());
const params = [...model.parameters()];
const groups = [
  { params: params.filter((param) => param.dim() > 1), weightDecay: 0.1 },
  { params: params.filter((param) => param.dim() <= 1), weightDecay: 0 },
];
const optimizer = new optim.AdamW(groups, { lr: 3e-3, betas: [0.9, 0.95] });
const { CosineAnnealingLR, LinearLR, SequentialLR } = optim.lrScheduler;
const warmup = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 10 });
const cosine = new CosineAnnealingLR(optimizer, STEPS - 10, { etaMin: 3e-4 });
const scheduler = new SequentialLR(optimizer, [warmup, cosine], [10]);

const train = captured((): [Tensor[], Tensor] => {
  optimizer.zeroGrad();
  const losses: Tensor[] = [];
  for (let part = 0; part < 2; part++) {
    const starts = torch.randint(0, text.shape[0] - CONTEXT, [4, 1]);
    const window = text.at(starts.add(torch.arange(CONTEXT + 1)));
    const logits = model(window.at(':', ':-1'));
    const loss = F.crossEntropy(logits.flatten(0, 1), window.at(':', '1:').flatten()).div(2);
    loss.backward();
    losses.push(loss);
  }
  const norm = nn.utils.clipGradNorm_(model.parameters(), 1);
  optimizer.step();
  scheduler.step();
  return [losses, norm];
});
for (let step = 0; step < STEPS; step++) {
  const [losses, norm] = train();
  const total = losses.reduce((sum, loss) => sum + loss.item(), 0);
  report(`step.${step}`, [total, norm.item(), scheduler.getLastLr()[0]]);
}
report('trained', model.stateDict());
report('optimizer', optimizer.stateDict().state);

model.eval();
let tokens = text.at(':4').unsqueeze(0);
torch.noGrad(() => {
  for (let i = 0; i < 20; i++) {
    const chances = model(tokens.at(':', torch.slice(-CONTEXT, null)))
      .at(':', -1)
      .softmax(-1);
    tokens = torch.cat([tokens, torch.multinomial(chances, 1)], 1);
  }
});
report('sample', tokens);
report('rng', torch.getRngState());

exportTrained(
  'gpt',
  model,
  () =>
    [
      [3, 7],
      [1, 1],
      [5, CONTEXT],
      [2, 2],
    ].map(([batch, length]) => [text.at(`:${batch * length}`).view([batch, length])]),
  [{ 0: torch.export.Dim('batch', { max: 64 }), 1: torch.export.Dim('length', { max: CONTEXT }) }],
);
