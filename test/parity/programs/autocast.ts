/** Layers under bfloat16 autocast, with a loss scaler and the fused AdamW, next to layers in full precision. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';

const device = torch.getDefaultDevice().type;

torch.manualSeed(9);
const model = new nn.Sequential(
  new nn.Linear(12, 32),
  new nn.LayerNorm(32),
  new nn.GELU(),
  new nn.Dropout(0.1),
  new nn.Linear(32, 32),
  new nn.SiLU(),
  new nn.Linear(32, 3),
);
const x = torch.randn([240, 12]);
const y = x.at(':', ':3').mul(2).add(x.at(':', '3:6').sin()).argmax(1);
report('initial', model.stateDict());
const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2, fused: true });
const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, 110);
const scaler = new torch.amp.GradScaler(device, { initScale: 1024, growthInterval: 30 });
const train = captured((): [Tensor, Tensor] => {
  const batch = torch.randint(0, 240, [24]);
  optimizer.zeroGrad();
  const [loss, made] = torch.autocast(device, { dtype: torch.bfloat16 }, () => {
    const output: Tensor = model(x.at(batch));
    const lossOf = () => F.crossEntropy(output.float(), y.at(batch));
    return [torch.autocast(device, { enabled: false }, lossOf), output];
  });
  scaler.scale(loss).backward();
  scaler.step(optimizer);
  scaler.update();
  scheduler.step();
  return [loss, made];
});
let logits!: Tensor;
for (let step = 0; step < 110; step++) {
  const [loss, made] = train();
  logits = made;
  report(`step.${step}`, [loss.item(), scaler.getScale(), scheduler.getLastLr()[0]]);
}
report('logits', logits);
report('trained', model.stateDict());
report('optimizer', optimizer.stateDict().state);
report('rng', torch.getRngState());
