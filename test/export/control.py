"""Makes control.json: programs with control flow, as Python exports, saves and reads them, and what it refuses.

    npm run fixtures -- test/export/control.py
"""
import io
import json
import pathlib
import re

import torch
from torch import nn
from torch._higher_order_ops import map as map_
from torch._higher_order_ops import scan, while_loop
from torch.export import Dim, export, load, save

torch.set_num_threads(1)


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)
        self.register_buffer("offset", torch.ones(3))

    def forward(self, x, y):
        u, v = torch.cond(
            x.sum() > 0,
            lambda x, z: (self.a(x) + y, z * 2.0),
            lambda x, z: (self.b(x) - self.offset, z.relu()),
            (x, y + 1.0),
        )
        return u * 2.0, v


class Nested(nn.Module):
    def forward(self, x):
        def inner(x):
            return torch.cond(x.max() > 1, lambda x: x.sin(), lambda x: x.cos(), (x,))

        return torch.cond(x.sum() > 0, inner, lambda x: x + 2 * x.shape[0], (x,))


class Dict(nn.Module):
    def forward(self, x):
        both = torch.cond(x.sum() > 0, lambda x: {"a": [x.exp()], "b": x.sum(1)}, lambda x: {"a": [x.tanh()], "b": x.amax(1)}, (x,))
        return both["a"][0], both["b"]


class While(nn.Module):
    def __init__(self):
        super().__init__()
        self.step = nn.Parameter(torch.full((3,), 0.5))

    def forward(self, i, x):
        return while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, x * self.step), (i, x))


class Map(nn.Module):
    def forward(self, xs, y):
        return map_(lambda x, y: x * y + 1.0, xs, y)


class Scan(nn.Module):
    def forward(self, init, xs):
        return scan(lambda c, x: (c + x, c * x), init, xs)


def cond(true, false):
    class Refused(nn.Module):
        def forward(self, x):
            return torch.cond(x.sum() > 0, true, false, (x,))

    return Refused()


x, y = torch.linspace(-1, 2, 12).view(4, 3), torch.linspace(0, 1, 12).view(4, 3)
small = x[:, :2].contiguous()
batch = {0: Dim("batch", min=2, max=64)}
models = {
    "branches": (Branches, [(x, y), (-x, y)], None),
    "branches of any batch": (Branches, [(x, y), (-x[:3], y[:3])], {"x": batch, "y": batch}),
    "nested": (Nested, [(x,), (x.clamp(max=0.9),), (-x[:3],)], {"x": batch}),
    "dict": (Dict, [(x,), (-x,)], None),
    "while": (While, [(torch.tensor(0), x), (torch.tensor(4), x)], None),
    "map": (Map, [(x, y[0])], None),
    "map of any length": (Map, [(x, y[0]), (x[:2], y[1])], {"xs": batch, "y": None}),
    "scan": (Scan, [(y[0], x)], None),
}
refusals = {
    "input": cond(lambda x: x, lambda x: x + 1),
    "view": cond(lambda x: x.t(), lambda x: (x + 1).t()),
    "one result twice": cond(lambda x: (lambda y: (y, y))(x + 1), lambda x: (x + 1, x + 2)),
    "write": cond(lambda x: x.add_(1).clone(), lambda x: x + 1),
    "write to a view": cond(lambda x: x.view(-1).add_(1).clone(), lambda x: x.view(-1) + 1),
    "dtype": cond(lambda x: x.double(), lambda x: x + 1),
    "number of results": cond(lambda x: (x + 1, x + 2), lambda x: (x + 1,)),
}


def again(program):
    buffer = io.BytesIO()
    save(program, buffer)
    buffer.seek(0)
    return load(buffer)


def plain(code):
    """Without comments; symbols have names of their own."""
    names = {}
    code = "\n".join(line for line in code.split("\n") if line.strip() and not line.strip().startswith("#"))
    code = re.sub(r"(sym_size_int)_\d+", r"\1", code)
    return re.sub(r"\bs\d+\b", lambda m: names.setdefault(m[0], f"s{len(names)}"), code)


programs = {}
for name, (make, calls, shapes) in models.items():
    torch.manual_seed(0)
    program = again(export(make(), calls[0], dynamic_shapes=shapes))
    module = program.module()
    code = plain(program.graph_module.print_readable(print_output=False))
    outputs = [[o.tolist() for o in torch.utils._pytree.tree_leaves(module(*args))] for args in calls]
    programs[name] = {"code": code, "outputs": outputs}
messages = {}
for name, module in refusals.items():
    try:
        export(module, (x,))
    except Exception as error:  # noqa: BLE001
        text = str(error) + str(error.__cause__)
        found = re.search(r"(Higher order ops do not support .*?)\. Found|(When merging .*?\.float\d+ and .*?\d)\.|(Expected branches to return the same pytree structure)", text, re.S)
        messages[name] = re.sub(r"\s+", " ", next(filter(None, found.groups())))
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"programs": programs, "messages": messages}, indent=1) + "\n")
