"""Makes hops.json: PyTorch's database of control flow as functions (torch/testing/_internal/hop_db.py) and scans of several
kinds, with gradients; hops.test.ts has the same.

    npm run fixtures -- test/func/hops.py
"""

import json
import pathlib
import sys
import warnings

import torch
from torch._higher_order_ops import associative_scan, map, scan, while_loop

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from values import filled, leaves, run

warnings.simplefilter("ignore")


def positive(*shape, start=1):
    return filled(*shape, start=start) * 0.5 + 1


def inner(x, y0, y1):
    return [x[0].cos().add_(1.0) * y0, (x[1] + y1.sin()).cos_().view(x[1].size())]


def simple_map(a, b, y0, y1):
    return map(inner, [a, b], y0, y1)


def nested_map(a, b, y0, y1):
    return map(lambda xs, y0, y1: map(inner, xs, y0, y1), [a, b], y0, y1)


def triple_nested_map(a, b, y0, y1):
    return map(lambda xs, y0, y1: map(lambda x, y0, y1: map(inner, x, y0, y1), xs, y0, y1), [a, b], y0, y1)


def cond(x):
    return torch.cond(x.sum() > 2, lambda x: (x.cos(),), lambda x: (x.sin(),), [x])


def loop(x):
    return while_loop(lambda i, x: i > 0, lambda i, x: (i - 1, x.cos()), (torch.tensor(3), x))


def scanned(x, **options):
    return scan(lambda c, row: (c * 0.5 + row, c.sin() * row), torch.ones(4), x, **options)


def scan_tree(x, y):
    def step(carry, xs):
        state = carry["s"] + xs[0] * xs[1]
        return {"s": state, "n": carry["n"] * 2 + xs[0].sum()}, [state.exp(), xs[0].sum()]

    return scan(step, {"s": torch.zeros(4), "n": torch.ones(1)}, [x, y])


def prefix(x, **options):
    return associative_scan(lambda a, b: a * b, x, combine_mode="generic", **options)


def matrix_scan(init, xs):
    return scan(lambda carry, x: (carry @ x + x, carry.clone()), init, xs)


def shared_in_a_tree(x, y):
    return map(lambda x, y: x * y["a"].sin() * y["b"][0], x, {"a": y, "b": [y * 2]})


def hooked(x):
    y = x * 1
    if y.requires_grad:
        y.register_hook(lambda g: g * 2)
    return y.sin()


torch.library.define("hops::mutating", "(Tensor(a!) x, Tensor(b!) z) -> (Tensor, Tensor, Tensor)")


@torch.library.impl("hops::mutating", "cpu")
def mutating(x, z):
    x.add_(5)
    z.add_(5)
    return x.clone(), z.clone(), x + z


def mutated():
    x, z = A.clone(), B.clone()
    return torch.ops.hops.mutating(x, z), x, z


A, B, Y0, Y1 = positive(2, 2, 2), positive(2, 2, 2, start=2), positive(1), positive(1, start=3)
S = positive(5, 4)
CASES = {
    "map": (simple_map, (A, B, Y0, Y1)),
    "nested map": (nested_map, (A, B, Y0, Y1)),
    "triple nested map": (triple_nested_map, (A, B, Y0, Y1)),
    "shared in a tree": (shared_in_a_tree, (positive(5, 3), positive(3, start=4))),
    "cond": (cond, (A,)),
    "cond false": (cond, (A - 2,)),
    "matrix scan": (matrix_scan, (A[0], A)),
    "hook": (hooked, (A,)),
    "scan": (scanned, (S,)),
    "scan reverse": (lambda x: scanned(x, reverse=True), (S,)),
    "scan along 1": (lambda x: scanned(x, dim=1), (S.t().contiguous(),)),
    "scan tree": (scan_tree, (S, S + 1)),
    "prefix": (lambda x: prefix(x, dim=0), (S,)),
    "prefix reverse": (lambda x: prefix(x, dim=1, reverse=True), (S,)),
}


def gradients(f, args):
    args = [x.clone().requires_grad_() for x in args]
    outputs = [y for y in leaves(f(*args)) if y.requires_grad]
    return [*outputs, *torch.autograd.grad(sum((y * y).sum() for y in outputs), args)]


data = {
    "torch": torch.__version__.split("+")[0],
    "values": {name: run(lambda: f(*args)) for name, (f, args) in CASES.items()},
    "gradients": {name: run(lambda: gradients(f, args)) for name, (f, args) in CASES.items()},
    "loop": run(lambda: loop(A)),
    "mutated": run(mutated),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
