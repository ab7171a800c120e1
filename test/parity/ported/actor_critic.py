"""Advantage actor-critic on a small walk, with the categorical distribution written out."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 16), nn.Tanh())
        self.pi = nn.Linear(16, 3)
        self.value = nn.Linear(16, 1)
        nn.init.orthogonal_(self.pi.weight, 0.01)
        nn.init.zeros_(self.pi.bias)

    def forward(self, state):
        hidden = self.body(state)
        return self.pi(hidden), self.value(hidden).squeeze(-1)


torch.manual_seed(3)
agent = Agent()
optimizer = optim.Adam(agent.parameters(), lr=5e-2)
scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / 12)
for episode in range(12):
    position, log_probs, values, rewards, entropies = 0.0, [], [], [], []
    for step in range(10):
        logits, value = agent(torch.tensor([position, step / 10]))
        log_p = logits.log_softmax(-1)
        action = torch.multinomial(log_p.exp(), 1).item()
        position += 0.25 * (action - 1)
        log_probs.append(log_p[action])
        values.append(value)
        entropies.append(-(log_p.exp() * log_p).sum())
        rewards.append(-abs(position - 1.0))
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + 0.9 * total
        returns.insert(0, total)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-6)
    values = torch.stack(values)
    advantage = returns - values.detach()
    policy = -(torch.stack(log_probs) * advantage).mean()
    loss = policy + 0.5 * F.smooth_l1_loss(values, returns) - 0.01 * torch.stack(entropies).mean()
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
    optimizer.step()
    scheduler.step()
    report(f"episode.{episode}", [sum(rewards), loss.item(), norm.item(), scheduler.get_last_lr()[0]])
report("losses", torch.tensor([policy, loss]))
report("state", agent.state_dict())
