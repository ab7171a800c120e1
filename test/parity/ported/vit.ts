/** A vision transformer: patches, a token for the class, groups with and without decay, rates changed by hand. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { report } from '../report';

class ViT extends nn.Module {
  readonly patches;
  readonly cls;
  readonly positions;
  readonly encoder;
  readonly norm;
  readonly head;

  constructor(width = 16, depth = 2) {
    super();
    this.patches = new nn.Conv2d(3, width, 4, { stride: 4 });
    this.cls = new nn.Parameter(torch.zeros(1, 1, width));
    this.positions = new nn.Parameter(torch.empty(1, 5, width));
    const layer = new nn.TransformerEncoderLayer(width, 2, {
      dimFeedforward: 32,
      dropout: 0.1,
      activation: 'gelu',
      batchFirst: true,
      normFirst: true,
    });
    this.encoder = new nn.TransformerEncoder(layer, depth, { enableNestedTensor: false });
    this.norm = new nn.LayerNorm(width);
    this.head = new nn.Linear(width, 3);
    nn.init.truncNormal_(this.positions, { std: 0.02 });
    nn.init.zeros_(this.head.weight);
  }

  override forward(images: Tensor): Tensor {
    const x = this.patches(images).flatten(2).transpose(1, 2);
    const all = torch.cat([this.cls.expand(x.shape[0], -1, -1), x], 1).add(this.positions);
    return this.head(this.norm(this.encoder(all)).at(':', 0));
  }
}

torch.manualSeed(8);
const labels = torch.cat([0, 1, 2].map((i) => torch.full([8], i, { dtype: torch.int64 })));
const images = torch.randn(24, 3, 8, 8);
const own = [torch.arange(24), labels];
images.setAt(own, images.at(...own).add(1));
const model = new ViT();
const decayed: nn.Parameter[] = [];
const rest: nn.Parameter[] = [];
for (const [name, parameter] of model.namedParameters()) {
  const isDecayed = parameter.ndim > 1 && !name.includes('cls') && !name.includes('positions');
  (isDecayed ? decayed : rest).push(parameter);
}
const optimizer = new optim.AdamW([{ params: decayed }, { params: rest, weightDecay: 0 }], {
  lr: 3e-3,
  weightDecay: 0.1,
});
for (let epoch = 0; epoch < 6; epoch++) {
  for (const group of optimizer.paramGroups) group.lr *= 0.9;
  if (epoch === 3) optimizer.paramGroups[0].weightDecay = 0.01;
  const [mixed, shuffled] = [torch.rand([]).item(), torch.randperm(24)];
  const logits = model(images.mul(mixed).add(images.at(shuffled).mul(1 - mixed)));
  const loss = F.crossEntropy(logits, labels)
    .mul(mixed)
    .add(F.crossEntropy(logits, labels.at(shuffled)).mul(1 - mixed));
  optimizer.zeroGrad();
  loss.backward();
  const total = nn.utils.clipGradNorm_(model.parameters(), 1);
  optimizer.step();
  report(`epoch.${epoch}`, [loss.item(), total.item(), optimizer.paramGroups[0].lr]);
}
model.eval();
const top = torch.inferenceMode(() => model(images).softmax(-1).topk(2));
report('top', top.values);
console.log('classes:', ...top.indices.at(':', 0).tolist<number[]>());
report('state', model.stateDict());
