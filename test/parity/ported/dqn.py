"""Double Q-learning on a small grid: a replay memory of plain values, and a target network."""

import copy
import json

import torch
from report import report
from torch import nn, optim


class Q(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 24), nn.ReLU())
        self.value, self.advantage = nn.Linear(24, 1), nn.Linear(24, 4)

    def forward(self, x):
        hidden = self.body(x)
        advantage = self.advantage(hidden)
        return self.value(hidden) + advantage - advantage.mean(-1, keepdim=True)


MOVES = [(1, 0), (-1, 0), (0, 1), (0, -1)]
torch.manual_seed(6)
online = Q()
target = copy.deepcopy(online)
optimizer = optim.AdamW(online.parameters(), lr=5e-3, amsgrad=True)
memory, state = [], (0, 0)
for step in range(120):
    if torch.rand(()).item() < max(0.1, 1 - step / 60):
        action = torch.randint(4, ()).item()
    else:
        with torch.no_grad():
            action = online(torch.tensor(state, dtype=torch.float32)).argmax().item()
    moved = tuple(min(3, max(0, at + by)) for at, by in zip(state, MOVES[action]))
    done = moved == (3, 3)
    memory.append((state, action, 1.0 if done else -0.1, moved, done))
    state = (0, 0) if done else moved
    if len(memory) < 32:
        continue
    picked = [memory[i] for i in torch.randint(len(memory), (16,)).tolist()]
    states = torch.tensor([one[0] for one in picked], dtype=torch.float32)
    actions = torch.tensor([one[1] for one in picked])
    rewards = torch.tensor([one[2] for one in picked])
    following = torch.tensor([one[3] for one in picked], dtype=torch.float32)
    ended = torch.tensor([one[4] for one in picked])
    chosen = online(states).gather(1, actions[:, None]).squeeze(1)
    with torch.no_grad():
        best = online(following).argmax(1, keepdim=True)
        later = target(following).gather(1, best).squeeze(1)
        goal = rewards + 0.9 * torch.where(ended, torch.zeros_like(later), later)
    loss = nn.functional.huber_loss(chosen, goal)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        target.load_state_dict(online.state_dict())
        print(json.dumps({"step": step, "memory": len(memory), "action": action}))
        report("loss", loss.item())
report("state", online.state_dict())
report("optimizer", optimizer.state_dict()["state"][0])
