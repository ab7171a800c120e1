"""The other side of program_rows.js. As a program it writes the files that both benchmarks of programs read.

    python program_rows.py FOLDER
"""

import pathlib
import sys

import torch
import torch.nn.functional as F
from rows import models, rows
from torch import nn
from torch.export import Dim, export, save


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(64)
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
        self.norm2 = nn.LayerNorm(64)
        self.up = nn.Linear(64, 256)
        self.down = nn.Linear(256, 64)

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 64, 4, 4)
        self.places = nn.Parameter(torch.randn(1, 64, 64))
        self.layers = nn.Sequential(Layer(), Layer())
        self.norm = nn.LayerNorm(64)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2) + self.places
        return self.head(self.norm(self.layers(tokens)).mean(1))


class Digits(nn.Module):
    """A network for serve.ts whose batch of 32 takes some time: pixels of digits, made larger."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU())
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        return self.out(self.layers(F.interpolate(x, scale_factor=8.0)).mean((2, 3)))


all_models = models | {"ViT": (ViT, lambda n: (torch.randn(n, 3, 32, 32),), (2,))}
WARM_UP = 30  # the profiling executor specializes in its first runs


def timed(model, data, size):
    x = data(size)[0]

    def predict():
        with torch.inference_mode():
            model(x)

    return predict


def traced(make, data, size):
    with torch.no_grad():  # attention has a way of its own without gradients
        predict = timed(torch.jit.trace(make().eval(), data(size)[0]), data, size)
    for _ in range(WARM_UP):
        predict()
    return predict


for name, (make, data, sizes) in all_models.items():
    size = sizes[0]
    rows[f"programs/{name} {size}, program"] = lambda make=make, data=data, size=size: traced(make, data, size)
    rows[f"programs/{name} {size}, modules"] = lambda make=make, data=data, size=size: timed(make().eval(), data, size)


def main(folder):
    for name, (make, data, sizes) in all_models.items():
        save(export(make().eval(), (data(sizes[0])[0],)), folder / f"{name}.pt2")
    batch = Dim("batch", min=1, max=64)
    save(export(Digits().eval(), (torch.randn(8, 1, 8, 8),), dynamic_shapes=({0: batch},)), folder / "digits.pt2")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
