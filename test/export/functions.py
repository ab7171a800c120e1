"""Makes functions.json: what Python's export makes of custom autograd.Functions, and the numbers of the programs.

    npm run fixtures -- test/export/functions.py
"""
import json
import pathlib
import re

import torch
from torch import nn
from torch.export import Dim, export

torch.set_num_threads(1)


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, k):
        ctx.save_for_backward(x)
        ctx.needs = ctx.needs_input_grad
        return x.exp() * k, x.sin()

    @staticmethod
    def backward(ctx, grad, other):
        return grad * 7.0, None


class NewStyle(torch.autograd.Function):
    @staticmethod
    def forward(x, y):
        return x * y.tanh()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad):
        return grad, grad


class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, grad):
        return -grad


class Dirty(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.add_(1)

    @staticmethod
    def backward(ctx, grad):
        return grad


class Plain(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.relu()
        ctx.mark_non_differentiable(y)
        return y

    @staticmethod
    def backward(ctx, grad):
        return None


class Model(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body
        self.weight = nn.Parameter(torch.linspace(-1, 1, 3))

    def forward(self, x):
        return self.body(x, self.weight)


def both(x, w):
    a, b = Scaled.apply(x, 2.0)
    return NewStyle.apply(a, w) + b


models = {
    "both": both,
    "same": lambda x, w: Same.apply(x * w) * 2.0,
    "dirty": lambda x, w: Dirty.apply(x * w) * 3.0,
    "plain": lambda x, w: Plain.apply(x * w) * 3.0,
}


def plain(code):
    """Without comments; symbols have names of their own."""
    names = {}
    code = "\n".join(line for line in code.split("\n") if line.strip() and not line.strip().startswith("#"))
    return re.sub(r"\bs\d+\b", lambda m: names.setdefault(m[0], f"s{len(names)}"), code)


programs = {}
for name, body in models.items():
    x = torch.linspace(-1, 2, 12).view(4, 3).requires_grad_()
    program = export(Model(body), (x,), dynamic_shapes={"x": {0: Dim.AUTO}})
    module = program.module()
    y = module(x)
    y.sum().backward()
    programs[name] = {
        # Python goes on with what an operator in place returns, and TypeScript with what it has written to.
        "code": None if name == "dirty" else plain(program.graph_module.print_readable(print_output=False)),
        "output": y.tolist(),
        "gradients": [x.grad.tolist(), module.weight.grad.tolist()],
    }
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(programs, indent=1) + "\n")
