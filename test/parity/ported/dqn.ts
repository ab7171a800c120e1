/** Double Q-learning on a small grid: a replay memory of plain values, and a target network. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import { report } from '../report';

class Q extends nn.Module {
  body = new nn.Sequential(new nn.Linear(2, 24), new nn.ReLU());
  value = new nn.Linear(24, 1);
  advantage = new nn.Linear(24, 4);

  override forward(x: Tensor): Tensor {
    const hidden = this.body(x);
    const advantage = this.advantage(hidden);
    return this.value(hidden).add(advantage).sub(advantage.mean(-1, true));
  }
}

type Place = [number, number];
interface Transition {
  state: Place;
  action: number;
  reward: number;
  next: Place;
  done: boolean;
}

const MOVES: Place[] = [[1, 0], [-1, 0], [0, 1], [0, -1]]; // prettier-ignore
const clamp = (at: number) => Math.min(3, Math.max(0, at));
const floats = (places: Place[]) => torch.tensor(places);

torch.manualSeed(6);
const online = new Q();
const target = torch.deepcopy(online);
const optimizer = new optim.AdamW(online.parameters(), { lr: 5e-3, amsgrad: true });
const memory: Transition[] = [];
let state: Place = [0, 0];
for (let step = 0; step < 120; step++) {
  const explores = torch.rand([]).item() < Math.max(0.1, 1 - step / 60);
  const action = explores
    ? torch.randint(4, []).item()
    : torch.noGrad(() => online(torch.tensor(state)).argmax().item());
  const [dx, dy] = MOVES[action]!;
  const next: Place = [clamp(state[0] + dx), clamp(state[1] + dy)];
  const done = next[0] === 3 && next[1] === 3;
  memory.push({ state, action, reward: done ? 1 : -0.1, next, done });
  state = done ? [0, 0] : next;
  if (memory.length < 32) continue;

  const picked = torch
    .randint(memory.length, [16])
    .tolist<number[]>()
    .map((i) => memory[i]!);
  const actions = torch.tensor(picked.map((one) => one.action), { dtype: torch.int64 }); // prettier-ignore
  const rewards = torch.tensor(picked.map((one) => one.reward));
  const ended = torch.tensor(picked.map((one) => one.done));
  const following = floats(picked.map((one) => one.next));
  const chosen = online(floats(picked.map((one) => one.state)))
    .gather(1, actions.at(':', null))
    .squeeze(1);
  const goal = torch.noGrad(() => {
    const best = online(following).argmax(1, { keepdim: true });
    const later = target(following).gather(1, best).squeeze(1);
    return rewards.add(torch.where(ended, torch.zerosLike(later), later).mul(0.9));
  });
  const loss = nn.functional.huberLoss(chosen, goal);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 20 === 0) {
    target.loadStateDict(online.stateDict());
    console.log(JSON.stringify({ step, memory: memory.length, action }).replace(/([:,])/g, '$1 '));
    report('loss', loss.item());
  }
}
report('state', online.stateDict());
report('optimizer', optimizer.stateDict().state[0]);
