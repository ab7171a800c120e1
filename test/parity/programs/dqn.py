"""Deep Q-learning on a small made-up world: a replay memory, a target network, epsilon-greedy actions, NAdam."""

import copy

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

MEMORY, BATCH, STATE, ACTIONS = 64, 16, 4, 3

torch.manual_seed(5)
network = nn.Sequential(nn.Linear(STATE, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, ACTIONS))
target = copy.deepcopy(network)
report("initial", network.state_dict())
optimizer = optim.NAdam(network.parameters(), lr=2e-3, weight_decay=1e-3, decoupled_weight_decay=True)
scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
pushes = torch.randn(ACTIONS, STATE) * 0.3
states, next_states = torch.zeros(MEMORY, STATE), torch.zeros(MEMORY, STATE)
actions, rewards = torch.zeros(MEMORY, dtype=torch.int64), torch.zeros(MEMORY)


def act(state, epsilon):
    if torch.rand(()).item() < epsilon:
        return torch.randint(0, ACTIONS, ()).item()
    with torch.no_grad():
        return network(state).argmax().item()


state = torch.randn(STATE)
epsilon = 0.9
for step in range(160):
    action = act(state, epsilon)
    epsilon *= 0.98
    next_state = torch.tanh(state * 0.9 + pushes[action] + 0.05 * torch.randn(STATE))
    reward = 1.0 - next_state.square().sum().item()
    slot = step % MEMORY
    states[slot], next_states[slot], actions[slot], rewards[slot] = state, next_state, action, reward
    state = next_state
    report(f"step.{step}", [action, reward])
    if step < BATCH:
        continue
    batch = torch.randint(0, min(step + 1, MEMORY), (BATCH,))
    with torch.no_grad():
        wanted = rewards[batch] + 0.95 * target(next_states[batch]).amax(1)
    values = network(states[batch]).gather(1, actions[batch].unsqueeze(1)).squeeze(1)
    loss = F.smooth_l1_loss(values, wanted)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(network.parameters(), 0.5)
    optimizer.step()
    if step % 10 == 0:
        target.load_state_dict(network.state_dict())
        scheduler.step()
    report(f"loss.{step}", loss.item())
report("trained", network.state_dict())
report("target", target.state_dict())
report("optimizer", optimizer.state_dict()["state"])
report("memory", [states, next_states, actions, rewards])
report("rng", torch.get_rng_state())
