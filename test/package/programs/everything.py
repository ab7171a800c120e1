"""Numbers for everything.mjs."""

import json
from pathlib import Path

import torch
from torch import nn

torch.set_num_threads(1)


def train(name, options):
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = getattr(torch.optim, name)(model.parameters(), **options)
    x = torch.randn(16, 4)
    y = x.sum(dim=1, keepdim=True)
    losses = []
    for _ in range(4):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [name, options, losses]


torch.manual_seed(0)
numbers = {
    "rand": torch.rand(2).tolist(),
    "randn": torch.randn(2).tolist(),
    "runs": [
        train("SGD", {"lr": 0.1, "momentum": 0.9}),
        train("Adam", {"lr": 0.01}),
        train("RMSprop", {"lr": 0.01}),
    ],
}
Path(__file__).with_suffix(".json").write_text(json.dumps(numbers, indent=1) + "\n")
