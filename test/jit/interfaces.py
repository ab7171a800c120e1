"""A module whose methods take and give modules: interfaces.pt.

npm run fixtures -- test/jit/interfaces.py
"""

import pathlib
import warnings

import torch
from torch import Tensor, nn

warnings.simplefilter("ignore")


@torch.jit.interface
class Layer(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pass


class Scaled(nn.Module):
    def __init__(self, by: float):
        super().__init__()
        self.weight = nn.Parameter(torch.full((2,), by))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


class Negated(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return -x


class Host(nn.Module):
    layer: Layer

    def __init__(self):
        super().__init__()
        self.layer = Scaled(2.0)
        self.negated = Negated()
        self.other = Scaled(5.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer.forward(x)

    @torch.jit.export
    def use(self, layer: Layer, x: Tensor) -> Tensor:
        return layer.forward(x)

    @torch.jit.export
    def swap(self, layer: Layer):
        self.layer = layer

    @torch.jit.export
    def given(self) -> Layer:
        return self.layer


host = torch.jit.script(Host())
x = torch.tensor([1.0, 2.0])
# What interfaces.test.ts expects.
assert host.use(host.negated, x).tolist() == [-1, -2]
assert host.use(host.other, x).tolist() == [5, 10]
host.save(pathlib.Path(__file__).parent / "interfaces.pt")
host.swap(host.negated)
assert host(x).tolist() == [-1, -2]
try:
    host.use(torch.jit.script(nn.ReLU()), 3)
except RuntimeError:
    pass
