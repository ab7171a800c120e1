/** A recurrent classifier that stops, saves everything in one file, and goes on in a new program's objects. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { Tensor, nn, optim } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { report } from '../report';

class Tagger extends nn.Module {
  embed = new nn.Embedding(9, 6, { paddingIdx: 0 });
  rnn = new nn.LSTM(6, 8, { batchFirst: true, bidirectional: true });
  dropout = new nn.Dropout(0.2);
  head = new nn.Linear(16, 2);
  seen = 0;

  override forward(ids: Tensor, lengths: Tensor): Tensor {
    if (this.training) this.seen += ids.shape[0];
    const packed = nn.utils.rnn.packPaddedSequence(this.embed(ids), lengths, {
      batchFirst: true,
      enforceSorted: false,
    });
    const [, [hidden]] = this.rnn(packed);
    return this.head(this.dropout(torch.cat([hidden.at(0), hidden.at(1)], 1)));
  }
  override getExtraState() {
    return new Map([['seen', this.seen]]);
  }
  override setExtraState(state: Map<string, number>): void {
    this.seen = state.get('seen') ?? 0;
  }
}

function made() {
  const model = new Tagger();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { TMax: 8 });
  return { model, optimizer, scheduler };
}

torch.manualSeed(9);
const lengths = torch.randint(2, 6, [12]);
const ids = torch.randint(1, 9, [12, 5]);
ids.setAt(torch.arange(5).ge(lengths.at(':', null)), 0);
const labels = ids.eq(3).any(1).long();

function train({ model, optimizer, scheduler }: ReturnType<typeof made>, steps: number): void {
  for (let step = 0; step < steps; step++) {
    const error = F.crossEntropy(model(ids, lengths), labels);
    const [slope] = torch.autograd.grad(error, model.head.weight, { createGraph: true });
    const loss = error.add(slope.norm().pow(2).mul(0.1));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    scheduler.step();
    report('loss', loss.item());
  }
}

const first = made();
train(first, 4);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'resume-'));
const file = path.join(folder, 'checkpoint.pt');
torch.save(
  {
    model: first.model.stateDict(),
    optimizer: first.optimizer.stateDict(),
    scheduler: first.scheduler.stateDict(),
    rng: torch.getRngState(),
    step: 4,
  },
  file,
);
const second = made();
interface Checkpoint {
  model: Map<string, Tensor>;
  optimizer: ReturnType<optim.Adam['stateDict']>;
  scheduler: Record<string, unknown>;
  rng: Tensor;
  step: number;
}
const saved = torch.load<Checkpoint>(file, { objects: true });
fs.rmSync(folder, { recursive: true });
console.log(String(second.model.loadStateDict(saved.model)));
second.optimizer.loadStateDict(saved.optimizer);
second.scheduler.loadStateDict(saved.scheduler);
torch.setRngState(saved.rng);
const states = second.optimizer.stateDict().state;
console.log('step:', saved.step, 'seen:', second.model.seen, 'states:', Object.entries(states).length);
train(second, 4);
report('rates', second.scheduler.getLastLr());
report('state', new Map([...second.model.stateDict()].filter(([, value]) => value instanceof Tensor)));
for (const [index, state] of second.optimizer.stateDict().state) {
  report(`optimizer.${index}`, state['exp_avg']);
}
