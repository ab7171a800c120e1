/** Distillation: what hooks see of a teacher, a student that follows it, and metrics of both. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { report } from '../report';

class Residual extends nn.Module {
  readonly inner;
  constructor(width: number) {
    super();
    this.inner = new nn.Sequential(new nn.BatchNorm1d(width), new nn.ReLU(), new nn.Linear(width, width));
  }
  override forward(x: Tensor): Tensor {
    return x.add(this.inner(x));
  }
}

class Net extends nn.Module {
  readonly features;
  readonly heads;
  constructor(width: number) {
    super();
    this.features = new nn.Sequential({
      stem: new nn.Linear(4, width),
      block1: new Residual(width),
      block2: new Residual(width),
    });
    this.heads = new nn.ModuleDict({ coarse: new nn.Linear(width, 2), fine: new nn.Linear(width, 5) });
  }
  override forward(x: Tensor, head: 'coarse' | 'fine' = 'fine') {
    return { logits: this.heads.get(head)(this.features(x)) };
  }
}

torch.manualSeed(2);
const [teacher, student] = [new Net(16), new Net(8)];
const x = torch.randn(96, 4);
const above = (column: number) => x.at(':', column).gt(0).long();
const labels = above(0).add(above(1).mul(2));

function fit(model: Net, lossOf: (batch: Tensor, target: Tensor) => Tensor): void {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true });
  for (let epoch = 0; epoch < 3; epoch++) {
    let loss: Tensor | undefined;
    for (const index of torch.randperm(96).split(32)) {
      optimizer.zeroGrad();
      loss = lossOf(x.at(index), labels.at(index));
      loss.backward();
      optimizer.step();
    }
    report(`loss.${epoch}`, loss);
  }
}

fit(teacher, (batch, target) => F.crossEntropy(teacher(batch).logits, target, { labelSmoothing: 0.1 }));
teacher.eval().requiresGrad_(false);
const seen: Tensor[] = [];
const handle = teacher.features.block2.registerForwardHook((_module, _args, output) => {
  seen.push(output.norm());
});

fit(student, (batch, target) => {
  const soft = F.klDiv(
    F.logSoftmax(student(batch).logits.div(2), -1),
    F.logSoftmax(teacher(batch).logits.div(2), -1),
    { reduction: 'batchmean', logTarget: true },
  );
  return soft.mul(4).add(F.crossEntropy(student(batch).logits, target));
});
handle.remove();
report('seen', torch.stack(seen));
student.eval();
const [guess, coarse] = torch.noGrad(() => [student(x).logits.argmax(1), student(x, 'coarse').logits]);
const confusion = torch.bincount(labels.mul(5).add(guess), { minlength: 25 }).view(5, 5);
console.log('accuracy:', guess.eq(labels).sum().item());
console.log(
  'confusion:',
  ...confusion.tolist<number[][]>().map((row) => row.reduce((total, one) => total + one)),
);
report('coarse', coarse);
report('state', student.stateDict());
