"""Makes functions.json: custom Functions under nested transforms; functions.ts has the same classes and nestings.

    npm run fixtures -- test/func/functions.py
"""

import itertools
import json
import pathlib
import random
import sys
import warnings

import numpy as np
import torch
from torch import func
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from values import leaves, run

warnings.simplefilter("ignore")
Function = torch.autograd.Function


def read(tensor):
    return tensor.detach().numpy(force=True).copy()  # refuses tensors of a transform


class Cube(Function):
    @staticmethod
    def forward(x):
        a = read(x)
        return torch.tensor(a * a * a), torch.tensor(np.float32(3) * (a * a))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output[1])
        ctx.save_for_forward(inputs[0], output[1])

    @staticmethod
    def backward(ctx, g, gd):
        x, d = ctx.saved_tensors
        return Mul.apply(g, d) + 6 * Mul.apply(gd, x)

    @staticmethod
    def vmap(info, in_dims, x):
        return Cube.apply(x), (in_dims[0], in_dims[0])

    @staticmethod
    def jvp(ctx, t):
        x, d = ctx.saved_tensors
        return Mul.apply(t, d), 6 * Mul.apply(t, x)


class CubeGen(Function):
    generate_vmap_rule = True
    setup_context = Cube.setup_context

    @staticmethod
    def forward(x):
        return x * x * x, 3 * (x * x)

    @staticmethod
    def backward(ctx, g, gd):
        _, d = ctx.saved_tensors
        return g * d + 6 * d

    @staticmethod
    def jvp(ctx, t):
        x, d = ctx.saved_tensors
        return MulGen.apply(t, d), 6 * Mul.apply(t, x)


class CubeOnce(Function):
    @staticmethod
    def forward(x):
        a = read(x)
        return torch.tensor(a * a * a), a

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.a = output[1]

    @staticmethod
    @once_differentiable
    def backward(ctx, g, none):
        assert none is None
        return torch.tensor(np.float32(3) * (ctx.a * ctx.a)) * g


class Mul(Function):
    @staticmethod
    def forward(x, y):
        return torch.tensor(read(x) * read(y))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        gx = Mul.apply(g, y) if ctx.needs_input_grad[0] else None
        gy = Mul.apply(g, x) if ctx.needs_input_grad[1] else None
        return gx, gy

    @staticmethod
    def vmap(info, in_dims, x, y):
        x = x.movedim(in_dims[0], -1) if in_dims[0] is not None else x.unsqueeze(-1)
        y = y.movedim(in_dims[1], -1) if in_dims[1] is not None else y.unsqueeze(-1)
        return Mul.apply(x, y).movedim(-1, 0), 0

    @staticmethod
    def jvp(ctx, tx, ty):
        x, y = ctx.saved_tensors
        return tx * y + ty * x


class MulGen(Function):
    generate_vmap_rule = True
    setup_context = Mul.setup_context
    jvp = Mul.jvp

    @staticmethod
    def forward(x, y):
        return x * y

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        gx = MulGen.apply(g, y) if ctx.needs_input_grad[0] else None
        gy = MulGen.apply(g, x) if ctx.needs_input_grad[1] else None
        return gx, gy


class Exp_(Function):
    @staticmethod
    def forward(x):
        x.detach().exp_()
        return x

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_dirty(inputs[0])
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx, g):
        return Mul.apply(g, ctx.saved_tensors[0])

    @staticmethod
    def vmap(info, in_dims, x):
        Exp_.apply(x)
        return x, in_dims[0]

    @staticmethod
    def jvp(ctx, t):
        return t.mul_(ctx.saved_tensors[0])


class Sort(Function):
    @staticmethod
    def forward(x, dim):
        read(x)
        values, ind = torch.sort(x.detach(), dim=dim)
        return values, ind, torch.argsort(ind, dim=dim)

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, ind, inverse = output
        ctx.mark_non_differentiable(ind, inverse)
        ctx.save_for_backward(ind, inverse)
        ctx.save_for_forward(ind, inverse)
        ctx.dim = inputs[1]

    @staticmethod
    def backward(ctx, g, _0, _1):
        ind, inverse = ctx.saved_tensors
        return Take.apply(g, inverse, ind, ctx.dim), None

    @staticmethod
    def vmap(info, in_dims, x, dim):
        x = x.movedim(in_dims[0], 0)
        dim = dim if dim >= 0 else dim + x.dim() - 1
        return Sort.apply(x, dim + 1), (0, 0, 0)

    @staticmethod
    def jvp(ctx, t, _):
        ind, inverse = ctx.saved_tensors
        return Take.apply(t, ind, inverse, ctx.dim), None, None


class SortGen(Function):
    generate_vmap_rule = True
    setup_context = Sort.setup_context

    @staticmethod
    def forward(x, dim):
        ind = torch.argsort(x, dim=dim)
        return torch.take_along_dim(x, ind, dim=dim), ind, torch.argsort(ind, dim=dim)

    @staticmethod
    def backward(ctx, g, _0, _1):
        ind, inverse = ctx.saved_tensors
        return TakeGen.apply(g, inverse, ind, ctx.dim), None

    @staticmethod
    def jvp(ctx, t, _):
        ind, inverse = ctx.saved_tensors
        return TakeGen.apply(t, ind, inverse, ctx.dim), None, None


class Take(Function):
    @staticmethod
    def forward(x, ind, inverse, dim):
        read(x)
        return torch.take_along_dim(x.detach(), ind, dim)

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, ind, inverse, dim = inputs
        ctx.save_for_backward(ind, inverse)
        ctx.save_for_forward(ind, inverse)
        ctx.dim = dim

    @staticmethod
    def backward(ctx, g):
        ind, inverse = ctx.saved_tensors
        return Take.apply(g, inverse, ind, ctx.dim), None, None, None

    @staticmethod
    def vmap(info, in_dims, x, ind, inverse, dim):
        logical = x.dim() if in_dims[0] is None else x.dim() - 1
        dim = dim if dim >= 0 else dim + logical

        def front(t, d):
            return t.expand(info.batch_size, *t.shape) if d is None else t.movedim(d, 0)

        x, ind, inverse = front(x, in_dims[0]), front(ind, in_dims[1]), front(inverse, in_dims[2])
        return Take.apply(x, ind, inverse, dim + 1), 0

    @staticmethod
    def jvp(ctx, t, t_ind, t_inverse, _):
        assert t_ind is None and t_inverse is None
        ind, inverse = ctx.saved_tensors
        return Take.apply(t, ind, inverse, ctx.dim)


class TakeGen(Function):
    generate_vmap_rule = True
    setup_context = Take.setup_context

    @staticmethod
    def forward(x, ind, inverse, dim):
        return torch.take_along_dim(x, ind, dim)

    @staticmethod
    def backward(ctx, g):
        ind, inverse = ctx.saved_tensors
        return TakeGen.apply(g, inverse, ind, ctx.dim), None, None, None

    @staticmethod
    def jvp(ctx, t, t_ind, t_inverse, _):
        ind, inverse = ctx.saved_tensors
        return TakeGen.apply(t, ind, inverse, ctx.dim)


class Select(Function):
    @staticmethod
    def forward(x, index):
        return x[index]

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.shape = inputs[0].shape
        ctx.index = inputs[1]

    @staticmethod
    def backward(ctx, g):
        result = g.new_zeros(ctx.shape)
        result[ctx.index] = g
        return result, None

    @staticmethod
    def vmap(info, in_dims, x, index):
        return Select.apply(x.movedim(in_dims[0], 1), index), 0

    @staticmethod
    def jvp(ctx, t, _):
        return Select.apply(t, ctx.index)


class SelectGen(Function):
    generate_vmap_rule = True
    forward = Select.forward
    setup_context = Select.setup_context
    backward = Select.backward

    @staticmethod
    def jvp(ctx, t, _):
        return SelectGen.apply(t, ctx.index)


class ScaleGrad(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, g):
        return g * 3.25

    @staticmethod
    def jvp(ctx, t):
        return t * 3.25


class Zeros(Function):
    generate_vmap_rule = True
    setup_context = ScaleGrad.setup_context

    @staticmethod
    def forward(x, y):
        return x.clone(), y.clone()

    @staticmethod
    def backward(ctx, gx, gy):
        return torch.zeros(3, 4, *gx.shape), torch.zeros(gy.shape)

    @staticmethod
    def jvp(ctx, tx, ty):
        return torch.zeros(tx.shape), torch.zeros(ty.shape)


class Lazy(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x, y):
        return x * 2, y * 3, "text"

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx, gx, gy, none):
        assert none is None
        return None if gx is None else gx * 2, None if gy is None else gy * 3

    @staticmethod
    def jvp(ctx, tx, ty):
        return None if tx is None else tx * 2, None if ty is None else ty * 3, None


class Same(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]

    @staticmethod
    def jvp(ctx, t):
        return t * ctx.saved_tensors[0]


class NoRule(Function):
    setup_context = ScaleGrad.setup_context

    @staticmethod
    def forward(x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 5


class OldStyle(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 5


def indices():
    ind = torch.tensor([[1, 0], [0, 1]])
    return ind, torch.argsort(ind, dim=1)


# Of tensors that are differentiated, to a tensor or a tuple of them.
OPERATIONS = {
    "Cube": (1, lambda x: Cube.apply(x)),
    "CubeGen": (1, lambda x: CubeGen.apply(x)),
    "CubeOnce": (1, lambda x: CubeOnce.apply(x)[0]),
    "Mul": (2, lambda x, y: Mul.apply(x, y)),
    "MulSquare": (1, lambda x: Mul.apply(x, Mul.apply(x, x))),
    "MulGen": (2, lambda x, y: MulGen.apply(x, y)),
    "MulGenSquare": (1, lambda x: MulGen.apply(x, MulGen.apply(x, x))),
    "Exp_": (1, lambda x: Exp_.apply(x.clone())),
    "Sort": (1, lambda x: Sort.apply(x, 1)[0] * x),
    "SortGen": (1, lambda x: SortGen.apply(x, 1)[0] * x),
    "Take": (1, lambda x: Take.apply(x, *indices(), 1) * x),
    "TakeGen": (1, lambda x: TakeGen.apply(x, *indices(), 1) * x),
    "Select": (1, lambda x: Select.apply(x, 1) * x[0]),
    "SelectGen": (1, lambda x: SelectGen.apply(x, 1) * x[0]),
    "ScaleGrad": (1, lambda x: ScaleGrad.apply(x) * x),
    "Zeros": (2, lambda x, y: Zeros.apply(x, y)[0] * x),
    "Lazy": (2, lambda x, y: Lazy.apply(x, y)[0] * x),
    "LazyBoth": (2, lambda x, y: Lazy.apply(x, y)[:2]),
    "Same": (1, lambda x: Same.apply(x)),
    "NoRule": (1, lambda x: NoRule.apply(x)),
    "OldStyle": (1, lambda x: OldStyle.apply(x)),
}


def total(value):
    return sum((leaf * leaf).sum() for leaf in leaves(value))


class Holds(torch.nn.Module):
    def __init__(self, f, x):
        super().__init__()
        self.f = f
        self.weight = torch.nn.Parameter(x)

    def forward(self, *rest):
        return self.f(self.weight, *rest)


TRANSFORMS = {
    "grad": lambda f: lambda *xs: func.grad(lambda *ys: total(f(*ys)), tuple(range(len(xs))))(*xs),
    "vjp": lambda f: lambda *xs: pulled(f, xs),
    "jvp": lambda f: lambda *xs: func.jvp(f, xs, tuple(x * 0.5 + 1 for x in xs)),
    "vmap": lambda f: lambda *xs: func.vmap(f)(*[torch.stack([x, x * 1.5]) for x in xs]),
    "vmapFirst": lambda f: lambda *xs: func.vmap(f, (1, *[None] * (len(xs) - 1)))(
        torch.stack([xs[0], xs[0] * 1.5], 1), *xs[1:]
    ),
    "jacrev": lambda f: lambda *xs: func.jacrev(f)(*xs),
    "jacfwd": lambda f: lambda *xs: func.jacfwd(f)(*xs),
    "hessian": lambda f: lambda *xs: func.hessian(lambda *ys: total(f(*ys)))(*xs),
    "checkpoint": lambda f: lambda *xs: checkpoint(f, *xs, use_reentrant=False),
    "functionalCall": lambda f: lambda *xs: func.functional_call(
        Holds(f, torch.ones(2, 2)), {"weight": xs[0]}, xs[1:]
    ),
}


def pulled(f, xs):
    output, pull = func.vjp(f, *xs)
    return pull(torch.utils._pytree.tree_map(lambda y: y * 0.5 + 1, output))


def arguments(count):
    x = torch.tensor([[0.75, 1.25], [1.5, 0.5]])
    y = torch.tensor([[1.125, 0.875], [0.625, 1.75]])
    return [x, y][:count]


def cell(name, nesting):
    count, f = OPERATIONS[name]
    for transform in reversed(nesting):
        f = TRANSFORMS[transform](f)
    return run(lambda: f(*arguments(count)))


random.seed(29)
names = list(TRANSFORMS)
nestings = [[a] for a in names] + [list(pair) for pair in itertools.product(names, names)]
triples = [list(triple) for triple in itertools.product(names[:7], names[:7], names[:7])]
nestings += random.sample(triples, 60)

data = {
    "torch": torch.__version__.split("+")[0],
    "nestings": [" ".join(nesting) for nesting in nestings],
    "cells": {name: [cell(name, nesting) for nesting in nestings] for name in OPERATIONS},
}
text = json.dumps(data).replace('", "', '",\n"').replace('"cells": {', '"cells": {\n').replace('], "', '],\n"')
pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
