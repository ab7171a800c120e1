/**
 * Deep Q-learning on a small made-up world: a replay memory, a target network, epsilon-greedy actions, NAdam.
 */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';
import { exportTrained } from '../trained';

const [MEMORY, BATCH, STATE, ACTIONS] = [64, 16, 4, 3];
const build = () =>
  new nn.Sequential(
    new nn.Linear(STATE, 32),
    new nn.ReLU(),
    new nn.Linear(32, 32),
    new nn.ReLU(),
    new nn.Linear(32, ACTIONS),
  );

torch.manualSeed(5);
const network = build();
const afterwards = torch.getRngState();
const target = torch.withDefaultDevice('cpu', build).to(torch.getDefaultDevice());
torch.setRngState(afterwards); // a copy draws nothing
target.loadStateDict(network.stateDict());
report('initial', network.stateDict());
const options = { lr: 2e-3, weightDecay: 1e-3, decoupledWeightDecay: true };
const optimizer = new optim.NAdam(network.parameters(), options);
const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.99);
const pushes = torch.randn([ACTIONS, STATE]).mul(0.3);
const [states, nextStates] = [torch.zeros([MEMORY, STATE]), torch.zeros([MEMORY, STATE])];
const [actions, rewards] = [torch.zeros([MEMORY], { dtype: torch.int64 }), torch.zeros([MEMORY])];

function act(state: Tensor, epsilon: number): number {
  if (torch.rand([]).item() < epsilon) return torch.randint(0, ACTIONS, []).item();
  return torch.noGrad(() => network(state).argmax().item());
}

const train = captured((batch: Tensor) => {
  const wanted = torch.noGrad(() => rewards.at(batch).add(target(nextStates.at(batch)).amax(1).mul(0.95)));
  const values = network(states.at(batch)).gather(1, actions.at(batch).unsqueeze(1)).squeeze(1);
  const loss = F.smoothL1Loss(values, wanted);
  optimizer.zeroGrad();
  loss.backward();
  nn.utils.clipGradValue_(network.parameters(), 0.5);
  optimizer.step();
  return loss;
});

let state = torch.randn([STATE]);
let epsilon = 0.9;
for (let step = 0; step < 160; step++) {
  const action = act(state, epsilon);
  epsilon *= 0.98;
  const nextState = torch.tanh(
    state
      .mul(0.9)
      .add(pushes.at(action))
      .add(torch.randn([STATE]).mul(0.05)),
  );
  const reward = 1 - nextState.square().sum().item();
  const slot = step % MEMORY;
  states.setAt(slot, state);
  nextStates.setAt(slot, nextState);
  actions.setAt(slot, action);
  rewards.setAt(slot, reward);
  state = nextState;
  report(`step.${step}`, [action, reward]);
  if (step < BATCH) continue;
  const loss = train(torch.randint(0, Math.min(step + 1, MEMORY), [BATCH]));
  if (step % 10 === 0) {
    target.loadStateDict(network.stateDict());
    scheduler.step();
  }
  report(`loss.${step}`, loss.item());
}
report('trained', network.stateDict());
report('target', target.stateDict());
report('optimizer', optimizer.stateDict().state);
report('memory', [states, nextStates, actions, rewards]);
report('rng', torch.getRngState());

exportTrained('dqn', network, () => [[states.at(':5')], [states.at(':1')], [states]], [
  [torch.export.Dim.DYNAMIC, null],
]);
