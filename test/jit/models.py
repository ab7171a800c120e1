"""Modules that programs.py scripts and traces."""
from enum import Enum
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Mlp(nn.Module):
    scale: float

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 8)
        self.fc2 = nn.Linear(8, 3, bias=False)
        self.register_buffer("offset", torch.ones(3))
        self.scale = 2.0
        self.names = ["a", "b"]

    def forward(self, x: Tensor, times: int = 1) -> Tensor:
        y = self.fc2(torch.tanh(self.fc1(x)))
        for _ in range(times):
            y = y * self.scale + self.offset
        return y

    @torch.jit.export
    def encode_all(self, xs: List[Tensor]) -> Dict[str, Tensor]:
        out: Dict[str, Tensor] = {}
        for i, x in enumerate(xs):
            out[self.names[i]] = self.fc1(x)
        return out


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x))).mean([2, 3])
        return self.layers(self.drop(x))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.lstm = nn.LSTM(4, 5, batch_first=True)

    def forward(self, ids: Tensor, state: Optional[Tuple[Tensor, Tensor]] = None):
        return self.lstm(self.words(ids), state)


class Control(nn.Module):
    """Its code goes by values, writes to an attribute, and may raise."""

    count: int
    history: List[int]

    def __init__(self):
        super().__init__()
        self.count = 0
        self.history = [7]
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x: Tensor, threshold: float) -> Tensor:
        self.count += 1
        self.seen = self.seen + x.sum()
        self.history.append(self.count)
        while float(x.sum()) > threshold:
            x = x / 2
        if x.dim() == 3:
            raise ValueError("three dimensions")
        return x


class Point(NamedTuple):
    x: Tensor
    y: int


class Color(Enum):
    RED = 1
    GREEN = 2


@torch.jit.script
class Counter:
    def __init__(self, start: int):
        self.value = start

    def add(self, by: int) -> int:
        self.value += by
        return self.value


class Values(nn.Module):
    """A method for each kind of value."""

    at: Optional[int]
    table: Dict[str, List[float]]
    pair: Tuple[int, str]

    def __init__(self):
        super().__init__()
        self.at = None
        self.table = {"a": [1.0, 2.0]}
        self.pair = (3, "x")

    def forward(self, x: Tensor) -> Tensor:
        return x

    @torch.jit.export
    def numbers(self, i: int, f: float, b: bool, s: str) -> Tuple[int, float, bool, str]:
        return i + 1, f / 2, not b, s + "!"

    @torch.jit.export
    def complex_number(self, z: complex) -> complex:
        return z * 2

    @torch.jit.export
    def big(self, i: int) -> int:
        return i + 1

    @torch.jit.export
    def lists(self, i: List[int], f: List[float], b: List[bool], s: List[str], n: List[List[int]]):
        return i + [1], f + [0.5], b, s, n + [[1]]

    @torch.jit.export
    def dicts(self, d: Dict[str, Tensor], e: Dict[int, Dict[str, float]]):
        return {k: v + 1 for k, v in d.items()}, e

    @torch.jit.export
    def optional(self, x: Optional[Tensor], i: Optional[int] = None) -> Optional[int]:
        if x is None:
            return i
        return int(x.sum())

    @torch.jit.export
    def point(self, p: Point) -> Point:
        return Point(p.x + 1, p.y + 1)

    @torch.jit.export
    def points(self, ps: List[Point]) -> Dict[str, Point]:
        return {str(p.y): p for p in ps}

    @torch.jit.export
    def color(self, c: Color) -> Color:
        if c == Color.RED:
            return Color.GREEN
        return Color.RED

    @torch.jit.export
    def union(self, v: Union[int, str, List[int]]) -> str:
        if isinstance(v, int):
            return "int"
        if isinstance(v, str):
            return "str"
        return "list"

    @torch.jit.export
    def device_of(self, x: Tensor, d: torch.device) -> torch.device:
        return x.to(d).device

    @torch.jit.export
    def cast(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        return x.to(dtype)

    @torch.jit.export
    def dtype_of(self, x: Tensor) -> torch.dtype:
        return x.dtype

    @torch.jit.export
    def counter(self, start: int) -> Counter:
        return Counter(start)

    @torch.jit.export
    def count_on(self, c: Counter) -> int:
        return c.add(10)

    @torch.jit.export
    def nothing(self) -> None:
        return None

    @torch.jit.export
    def same(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        x.add_(1)
        return x, x

    @torch.jit.export
    def forked(self, x: Tensor) -> Tensor:
        future = torch.jit.fork(torch.neg, x)
        return torch.jit.wait(future) + 1


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)
        self.b.weight = self.a.weight
        self.c = self.a

    def forward(self, x):
        return self.b(self.c(self.a(x)))


class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4, affine=False)
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(12)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


def traced_function(x, y):
    return {"sum": x + y, "product": x * y}, (x, [y, x - y])


class Traced(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x, y):
        return traced_function(self.fc(x), y)
