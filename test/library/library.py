"""Makes library.json: PyTorch's database of custom operators, and what a mode sees; library.test.ts has the same.

    npm run fixtures -- test/library/library.py
"""

import json
import pathlib
import sys
import types
import unittest

import torch
from torch import func
from torch.utils._python_dispatch import TorchDispatchMode

expecttest = types.ModuleType("expecttest")  # PyTorch's test helpers ask for it
expecttest.TestCase = unittest.TestCase
sys.modules.setdefault("expecttest", expecttest)
from torch.testing._internal import custom_op_db  # noqa: F401  (registers the operators)

ops = torch.ops._torch_testing


def filled(*shape):
    """Of few bits, so that products and cubes are exact."""
    count = 1
    for size in shape:
        count *= size
    return (((torch.arange(count) * 5) % 13) / 8 + 0.5).reshape(shape)


X, Y = filled(3, 4), filled(3, 4).flip(0) + 0.25
IND = torch.argsort(X, 1)
INVERSE = torch.argsort(IND, 1)
CLASSES = torch.tensor([1, 0])
BOXES = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [0, 0, 9, 10]])

# Of tensors that may be mapped and differentiated.
OPERATORS = {
    "cube": (lambda x: ops.numpy_cube(x), (X,)),
    "mul": (lambda x, y: ops.numpy_mul(x, y), (X, Y)),
    "mulScalar": (lambda x: ops.numpy_mul_scalar(x, scalar=3.5), (X,)),
    "sort": (lambda x: ops.numpy_sort(x, 1), (X,)),
    "take": (lambda x: ops.numpy_take(x, IND, INVERSE, 1), (X,)),
    "nonzero": (lambda x: ops.numpy_nonzero(x), (X,)),
    "nms": (lambda x: ops.numpy_nms(BOXES, x, 0.5), (torch.tensor([0.5, 0.75, 0.25, 1.0]),)),
    "viewCopy": (lambda x: ops.numpy_view_copy(x, [2, 6]), (X,)),
    "cat": (lambda x, y: ops.numpy_cat([x, y], 1), (X, Y)),
    "splitCopy": (lambda x: ops.numpy_split_copy(x, [1, 3], 1), (X,)),
    "splitCopyWithInt": (lambda x: ops.numpy_split_copy_with_int(x, [1, 3], 1), (X,)),
}


def stored(value):
    if isinstance(value, (tuple, list)):
        return [stored(one) for one in value]
    return value.tolist() if isinstance(value, torch.Tensor) else value


def attempt(f):
    try:
        return stored(f())
    except Exception as error:
        return f"! {type(error).__name__}"


def total(value):
    leaves = [leaf for leaf in torch.utils._pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]
    return sum((leaf * leaf).sum() for leaf in leaves if leaf.requires_grad)


def gradients(f, args):
    args = [x.clone().requires_grad_() for x in args]
    return torch.autograd.grad(total(f(*args)), args)


class Log(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        shown = ["T" if isinstance(a, torch.Tensor) else f"{a:.6f}" if type(a) in (int, float) else str(a) for a in args]
        self.seen.append(f"{func}({', '.join(shown)})")
        return func(*args, **(kwargs or {}))


def logged(f):
    mode = Log()
    with mode:
        f()
    return mode.seen


def training():
    w = torch.ones(2, 2, requires_grad=True)
    y = torch.nn.functional.linear(torch.ones(1, 2), w).add(1).relu()
    torch.autograd.grad(y.sum(), w)
    y.detach()


def functionalized():
    func.functionalize(lambda x: x.add(1).view(2).mul_(2))(torch.ones(2))


data = {
    "torch": torch.__version__.split("+")[0],
    "outputs": {name: attempt(lambda: f(*args)) for name, (f, args) in OPERATORS.items()},
    "gradients": {name: attempt(lambda: gradients(f, args)) for name, (f, args) in OPERATORS.items()
        if name not in ("nonzero", "nms")},
    "vmapped": {
        name: attempt(lambda: func.vmap(f)(*[torch.stack([x, x * 2]) for x in args]))
        for name, (f, args) in OPERATORS.items()
        if name not in ("take", "cat", "splitCopyWithInt")
    },
    "seen": {
        "training": logged(training),
        "norm": logged(lambda: torch.nn.functional.layer_norm(filled(2, 4), (4,))),
        "attention": logged(lambda: torch.nn.functional.cross_entropy(filled(2, 4), CLASSES)),
        "operator": logged(lambda: ops.numpy_mul(X, Y)),
        "inference": logged(lambda: X.flatten().softmax(0).topk(2)),
        "functionalized": logged(functionalized),
    },
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(data).replace('], "', '],\n"') + "\n")
