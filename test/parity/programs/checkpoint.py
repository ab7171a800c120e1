"""Residual blocks that backward computes again, dropout and all: the reentrant way, the other way, in segments."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

STEPS = 100


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(24)
        self.inner = nn.Sequential(nn.Linear(24, 48), nn.GELU(), nn.Dropout(0.2), nn.Linear(48, 24))

    def forward(self, x):
        return x + self.inner(self.norm(x))


class Model(nn.Module):
    def __init__(self, way):
        super().__init__()
        self.way = way
        self.first = nn.Linear(10, 24)
        self.blocks = nn.Sequential(*[Block() for _ in range(4)])
        self.last = nn.Linear(24, 4)

    def forward(self, x):
        x = self.first(x)
        if self.way == "segments":
            x = checkpoint_sequential(self.blocks, 3, x, use_reentrant=False)
        else:
            for block in self.blocks:
                x = block(x) if self.way == "none" else checkpoint(block, x, use_reentrant=self.way == "reentrant")
        return self.last(x)


for way in ["none", "reentrant", "other", "segments"]:
    torch.manual_seed(10)
    x = torch.randn(160, 10)
    y = torch.sin(x[:, :4] * 2)
    model = Model(way)
    report(f"{way}.initial", model.state_dict())
    optimizer = optim.RAdam(model.parameters(), lr=5e-3, weight_decay=1e-3)
    for step in range(STEPS):
        batch = torch.randint(0, 160, (16,))
        optimizer.zero_grad()
        loss = F.mse_loss(model(x[batch]), y[batch])
        loss.backward()
        norm = nn.utils.get_total_norm([param.grad for param in model.parameters()])
        optimizer.step()
        report(f"{way}.step.{step}", [loss.item(), norm.item()])
    report(f"{way}.trained", model.state_dict())
    report(f"{way}.optimizer", optimizer.state_dict()["state"])
    report(f"{way}.rng", torch.get_rng_state())
