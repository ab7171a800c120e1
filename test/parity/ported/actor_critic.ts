/** Advantage actor-critic on a small walk, with the categorical distribution written out. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { report } from '../report';

class Agent extends nn.Module {
  body = new nn.Sequential(new nn.Linear(2, 16), new nn.Tanh());
  pi = new nn.Linear(16, 3);
  value = new nn.Linear(16, 1);

  constructor() {
    super();
    nn.init.orthogonal_(this.pi.weight, 0.01);
    nn.init.zeros_(this.pi.bias);
  }
  override forward(state: Tensor): [logits: Tensor, value: Tensor] {
    const hidden = this.body(state);
    return [this.pi(hidden), this.value(hidden).squeeze(-1)];
  }
}

torch.manualSeed(3);
const agent = new Agent();
const optimizer = new optim.Adam(agent.parameters(), { lr: 5e-2 });
const scheduler = new optim.lrScheduler.LambdaLR(optimizer, (step) => 1 - step / 12);
let losses: [Tensor, Tensor] | undefined;
for (let episode = 0; episode < 12; episode++) {
  let position = 0;
  const [logProbs, states, entropies]: Tensor[][] = [[], [], []];
  const rewards: number[] = [];
  for (let step = 0; step < 10; step++) {
    const [logits, value] = agent(torch.tensor([position, step / 10]));
    const logP = logits.logSoftmax(-1);
    const action = torch.multinomial(logP.exp(), 1).item();
    position += 0.25 * (action - 1);
    logProbs!.push(logP.at(action));
    states!.push(value);
    entropies!.push(logP.exp().mul(logP).sum().neg());
    rewards.push(-Math.abs(position - 1));
  }
  const discounted: number[] = [];
  let total = 0;
  for (const reward of rewards.toReversed()) {
    total = reward + 0.9 * total;
    discounted.unshift(total);
  }
  const raw = torch.tensor(discounted);
  const returns = raw.sub(raw.mean()).div(raw.std().add(1e-6));
  const values = torch.stack(states!);
  const advantage = returns.sub(values.detach());
  const policy = torch.stack(logProbs!).mul(advantage).mean().neg();
  const loss = policy
    .add(F.smoothL1Loss(values, returns).mul(0.5))
    .sub(torch.stack(entropies!).mean().mul(0.01));
  optimizer.zeroGrad();
  loss.backward();
  const norm = nn.utils.clipGradNorm_(agent.parameters(), 0.5);
  optimizer.step();
  scheduler.step();
  const sum = rewards.reduce((all, one) => all + one, 0);
  report(`episode.${episode}`, [sum, loss.item(), norm.item(), scheduler.getLastLr()[0]]);
  losses = [policy, loss];
}
report('losses', torch.tensor(losses!));
report('state', agent.stateDict());
