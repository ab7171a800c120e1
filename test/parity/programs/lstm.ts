/**
 * A language model with two LSTM layers, trained on consecutive windows with its state carried on; Adagrad.
 */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';
import { exportTrained } from '../trained';

const [VOCABULARY, WIDTH, BATCH, LENGTH] = [19, 24, 6, 12];
type State = [Tensor, Tensor];

class Model extends nn.Module<[Tensor, State | null], [Tensor, State]> {
  embedding = new nn.Embedding(VOCABULARY, WIDTH);
  lstm = new nn.LSTM(WIDTH, 32, { numLayers: 2, dropout: 0.2, batchFirst: true });
  head = new nn.Linear(32, VOCABULARY);

  override forward(tokens: Tensor, state: State | null): [Tensor, State] {
    const [output, next] = this.lstm(this.embedding(tokens), state);
    return [this.head(output as Tensor), next as State];
  }
}

torch.manualSeed(8);
const text = torch
  .arange(6 * 240)
  .mul(5)
  .remainder(17)
  .add(torch.randint(0, 3, [6 * 240]))
  .view([BATCH, 240]);
const model = new Model();
report('initial', model.stateDict());
const optimizer = new optim.Adagrad(model.parameters(), { lr: 0.05, lrDecay: 1e-3, weightDecay: 1e-4 });
const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 });
const train = captured((window: Tensor, before: State | null): [Tensor, State] => {
  optimizer.zeroGrad();
  const [logits, next]: [Tensor, State] = model(window.at(':', ':-1'), before);
  const loss = F.crossEntropy(logits.flatten(0, 1), window.at(':', '1:').flatten());
  loss.backward();
  nn.utils.clipGradNorm_(model.parameters(), 0.5);
  optimizer.step();
  return [loss, next.map((each) => each.detach()) as State];
});
let step = 0;
let state: State | null = null;
for (let epoch = 0; epoch < 6; epoch++) {
  let losses = 0;
  state = null;
  for (let start = 0; start < 240 - LENGTH; start += LENGTH) {
    const window = text.at(':', `${start}:${start + LENGTH + 1}`);
    const [loss, next]: [Tensor, State] = train(window, state);
    state = next;
    losses += loss.item();
    report(`loss.${step}`, loss.item());
    step++;
  }
  scheduler.step(losses);
  report(`lr.${epoch}`, scheduler.getLastLr()[0]);
}
report('trained', model.stateDict());
report('state', state);
report('optimizer', optimizer.stateDict().state);
report('rng', torch.getRngState());

exportTrained(
  'lstm',
  model,
  () => [text.at(':', ':9'), text.at(':1', ':30'), text.at(':2', ':2')].map((tokens) => [tokens, null]),
  [[torch.export.Dim('batch'), torch.export.Dim('length')], null],
);
