"""Makes overrides.json: what a TorchFunctionMode sees of functions; overrides.test.ts has the same.

    npm run fixtures -- test/overrides/overrides.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

X = torch.arange(6.0).reshape(2, 3) + 1
W = torch.ones(4, 3)


class Names(TorchFunctionMode):
    def __init__(self, prefix="", into=None):
        self.prefix, self.seen = prefix, [] if into is None else into

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.seen.append(self.prefix + func.__name__)
        return func(*args, **(kwargs or {}))


class Ones(TorchFunctionMode):
    """Makes zeros of ones, and doubles what is added."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func.__name__ == "ones":
            return torch.zeros(*args, **kwargs)
        if func.__name__ == "add":
            return func(*args, **kwargs) * 2
        return func(*args, **kwargs)


LEAF = X.clone().requires_grad_()


CASES = {
    "methods": lambda: X.add(1).mul(2).matmul(W.t()).softmax(-1),
    "functions": lambda: torch.cat([torch.ones(2), torch.full((2,), 3.0)]).exp(),
    "functionals": lambda: F.relu(F.linear(X, W)),
    "softmax": lambda: F.softmax(F.gelu(X), -1),
    "linalg": lambda: torch.linalg.inv(torch.eye(2)),
    "fft": lambda: torch.fft.fft(torch.special.erf(X)),
    "in place": lambda: W.clone().add_(1, alpha=2),
    "several": lambda: torch.where(X.gt(2), X.max(1)[0].unsqueeze(1), X),
    "ops": lambda: torch.ops.aten.add(torch.ops.aten.add.Tensor(X, X), 1),
    "out": lambda: torch.add(X, X, out=torch.empty(0)),
    "composite": lambda: F.scaled_dot_product_attention(X.view(1, 1, 2, 3), X.view(1, 1, 2, 3), X.view(1, 1, 2, 3)),
    "tensor": lambda: torch.tensor([1.0, 2.0]).sin(),
    "backward": lambda: LEAF.sin().sum().backward(),
    "grad": lambda: torch.autograd.grad(LEAF.sin().sum(), LEAF),
    "autocast": lambda: autocast(lambda: X.matmul(W.t())),
}


def autocast(f):
    with torch.autocast("cpu", torch.bfloat16):
        return f()


class Texts(Names):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


def names_in(mode, f):
    with mode:
        f()
    return mode.seen


def nested():
    seen = []
    with Names("outer ", seen), Names("inner ", seen):
        X.add(1).mul(2)
    return seen


def within(mode, f):
    with mode:
        return f().tolist()


data = {
    "torch": torch.__version__.split("+")[0],
    "names": {name: names_in(Names(), f) for name, f in CASES.items()},
    "nested": nested(),
    "texts": names_in(Texts(), CASES["ops"]),
    "results": [
        within(Ones(), lambda: torch.ones(2).add(X[0, :2])),
        within(Ones(), lambda: torch.autograd.grad(torch.add(LEAF, 1).sum(), LEAF)[0]),
        within(Ones(), lambda: torch.func.vmap(torch.func.grad(lambda x: x.add(x).sum()))(X)),
    ],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
