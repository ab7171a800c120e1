/** Residual blocks that backward computes again, dropout and all: the reentrant way, the other way, in segments. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';

const { checkpoint, checkpointSequential } = torch.utils.checkpoint;
const STEPS = 100;

class Block extends nn.Module<[Tensor], Tensor> {
  norm = new nn.BatchNorm1d(24);
  inner = new nn.Sequential(new nn.Linear(24, 48), new nn.GELU(), new nn.Dropout(0.2), new nn.Linear(48, 24));

  override forward(x: Tensor): Tensor {
    return x.add(this.inner(this.norm(x)));
  }
}

class Model extends nn.Module<[Tensor], Tensor> {
  first = new nn.Linear(10, 24);
  blocks = new nn.Sequential(new Block(), new Block(), new Block(), new Block());
  last = new nn.Linear(24, 4);

  constructor(readonly way: string) {
    super();
  }

  override forward(given: Tensor): Tensor {
    let x = this.first(given);
    if (this.way === 'segments') {
      x = checkpointSequential(this.blocks, 3, x, { useReentrant: false }) as Tensor;
    } else {
      const useReentrant = this.way === 'reentrant';
      for (const each of this.blocks) {
        const block = each as Block;
        x = this.way === 'none' ? block(x) : checkpoint(block, x, { useReentrant });
      }
    }
    return this.last(x);
  }
}

for (const way of ['none', 'reentrant', 'other', 'segments']) {
  torch.manualSeed(10);
  const x = torch.randn([160, 10]);
  const y = torch.sin(x.at(':', ':4').mul(2));
  const model = new Model(way);
  report(`${way}.initial`, model.stateDict());
  const optimizer = new optim.RAdam(model.parameters(), { lr: 5e-3, weightDecay: 1e-3 });
  const train = captured(() => {
    const batch = torch.randint(0, 160, [16]);
    optimizer.zeroGrad();
    const loss = F.mseLoss(model(x.at(batch)), y.at(batch));
    loss.backward();
    const norm = nn.utils.getTotalNorm([...model.parameters()].map((param) => param.grad!));
    optimizer.step();
    return [loss, norm];
  });
  for (let step = 0; step < STEPS; step++) {
    const [loss, norm] = train();
    report(`${way}.step.${step}`, [loss.item(), norm.item()]);
  }
  report(`${way}.trained`, model.stateDict());
  report(`${way}.optimizer`, optimizer.stateDict().state);
  report(`${way}.rng`, torch.getRngState());
}
