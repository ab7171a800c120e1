"""Trains a small convolutional network on handwritten digits: digits.ts, in Python.

Prints the same losses to the last digit, on the CPU. Needs `pip install torch safetensors`, torch
of the version that package.json names:

    python examples/digits.py [--epochs 12] [--out examples/out]
"""

import argparse
import gzip
import os
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn, optim

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=12)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--out", default=os.path.join(here, "out"))
options = parser.parse_args()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.dropout = nn.Dropout(0.25)
        self.fc = nn.Linear(32 * 4 * 4, 10)

    def forward(self, x):  # (N, 1, 8, 8)
        x = F.relu(self.bn1(self.conv1(x)))  # (N, 16, 8, 8)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)  # (N, 32, 4, 4)
        return self.fc(self.dropout(x.flatten(1)))  # (N, 10)


def load_digits():
    with gzip.open(os.path.join(here, "data", "digits.csv.gz"), "rt") as file:
        rows = [[int(value) for value in line.split(",")] for line in file]
    table = torch.tensor(rows)  # (1797, 65)
    pixels = table[:, :64].float().div(16).view(-1, 1, 8, 8)
    return pixels, table[:, 64]


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


def train_epoch(model, optimizer, x, y):
    model.train()
    total = 0.0
    for batch in torch.randperm(len(x)).split(options.batch):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(x)


torch.set_num_threads(1)
torch.manual_seed(options.seed)
x, y = load_digits()
order = torch.randperm(len(x))
train, test = order[:1437], order[1437:]
print(f"{len(train)} digits to learn from, {len(test)} held out")

model = Net()
optimizer = optim.AdamW(model.parameters(), lr=2e-3)
started = time.time()
for epoch in range(1, options.epochs + 1):
    loss = train_epoch(model, optimizer, x[train], y[train])
    held_out = accuracy(model, x[test], y[test])
    print(f"epoch {epoch:2d}  loss {loss:.16f}  accuracy {held_out * 100:.2f} %")
print(f"trained in {time.time() - started:.1f} s", file=sys.stderr)

os.makedirs(options.out, exist_ok=True)
file = os.path.join(options.out, "digits.safetensors")
save_file(model.state_dict(), file)
loaded = Net()
loaded.load_state_dict(load_file(file))
print(f"saved {os.path.relpath(file)}")
print(f"loaded into a fresh model: accuracy {accuracy(loaded, x[test], y[test]) * 100:.2f} %")
