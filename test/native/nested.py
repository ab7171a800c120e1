"""Backward passes inside of backward passes in PyTorch: what support/nested_child.ts must see, too.

    npm run fixtures -- test/native/nested.py
"""

import json
import os
import pathlib
import warnings

import torch
from torch.autograd.graph import register_multi_grad_hook, saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

warnings.simplefilter("ignore")


class Then(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, then, depth):
        ctx.then = lambda: then(depth)
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        ctx.then()
        return grad * 2, None, None


def leaf():
    return torch.tensor([1.0], requires_grad=True)


def nest(most, last=lambda: None, way="backward"):
    reached = 0

    def level(depth):
        nonlocal reached
        reached = max(reached, depth)
        if depth == most:
            return last()
        with torch.enable_grad():
            x = leaf()
            y = Then.apply(x, level, depth + 1).sum()
            if way == "backward":
                y.backward()
            grad = torch.autograd.grad(y, x)[0] if way == "grad" else x.grad
            assert grad.item() == 2

    level(0)
    return reached


def hooks_of_many():
    seen = []

    def last():
        with torch.enable_grad():
            a, b, c = leaf(), leaf(), leaf()
            register_multi_grad_hook(
                (a, b, c), lambda grads: seen.append([g if g is None else int(g) for g in grads])
            )
            (a * b).sum().backward()

    nest(90, last)
    return seen


def modes():
    seen = []

    def state():
        seen.append(
            [torch.is_grad_enabled(), torch.is_autocast_enabled("cpu"), torch.is_inference_mode_enabled()]
        )

    def changed():
        with torch.enable_grad(), torch.autocast("cpu", enabled=False):
            state()

    with torch.autocast("cpu"):
        nest(80, state)
        nest(80, changed)
        with torch.no_grad():
            state()
    state()
    return seen


def saved_hooks():
    packed = 0

    def pack(x):
        nonlocal packed
        packed += 1
        return x

    def last():
        with saved_tensors_hooks(pack, lambda x: x), torch.enable_grad():
            x = leaf()
            (first,) = torch.autograd.grad((x * x).sum(), x, create_graph=True)
            first.sum().backward()

    nest(70, last)
    return packed


def checkpoints():
    def around(depth):
        if depth == 0:
            return lambda x: x * 2
        return lambda x: checkpoint(around(depth - 1), x, use_reentrant=True) * 1

    x = leaf()
    checkpoint(around(5), x, use_reentrant=True).sum().backward()
    grads = []

    def last():
        with torch.enable_grad():
            y = leaf()
            checkpoint(around(3), y, use_reentrant=True).sum().backward()
            grads.append(int(y.grad))

    nest(70, last)
    try:
        torch.autograd.grad(checkpoint(around(0), x, use_reentrant=True).sum(), x)
    except RuntimeError as error:
        refused = str(error)[:75]
    return [int(x.grad), grads[0], refused]


pathlib.Path(__file__).with_suffix(".json").write_text(
    json.dumps(
        {
            "depths": [nest(61), nest(200), nest(200, way="grad")],
            "hooksOfMany": hooks_of_many(),
            "modes": modes(),
            "savedHooks": saved_hooks(),
            "checkpoints": checkpoints(),
        }
    )
    + "\n"
)
os._exit(0)  # threads that PyTorch made for deep passes would end this with an abort
