"""Makes vmaps.json: chunks, randomness and stacked modules under vmap, and linearize; vmaps.test.ts has the same.

    npm run fixtures -- test/func/vmaps.py
"""

import json
import pathlib
import sys
import warnings

import torch
from torch import func, nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from values import filled, run

warnings.simplefilter("ignore")
X, Y = filled(5, 3), filled(5, 3, start=2)

# Of a sample (3), or of two.
FUNCTIONS = {
    "mul": lambda x, y: x * y + x,
    "softmax": lambda x, y: F.softmax(x * y, 0),
    "several": lambda x, y: (x.sum(), {"a": y * 2, "b": x.outer(y)}),
    "grad": lambda x, y: func.grad(lambda z: (z * y).sin().sum())(x),
    "jacfwd": lambda x, y: func.jacfwd(lambda z: z.sin() * y)(x),
    "rand": lambda x, y: x + torch.rand(3),
    "randn of both": lambda x, y: torch.randn(3) * x + torch.randn(2, 3) * y,
    "randn_like": lambda x, y: torch.randn_like(x) * y,
    "dropout": lambda x, y: F.dropout(x, 0.5) + y,
    "bernoulli": lambda x, y: torch.bernoulli(x.sigmoid()) + y,
    "randperm": lambda x, y: x[torch.randperm(3)],
    "normal": lambda x, y: torch.normal(x, y.abs()),
    "multinomial": lambda x, y: torch.multinomial(x.exp(), 2),
    "exponential_": lambda x, y: torch.empty(3).exponential_() * x,
    "randint": lambda x, y: torch.randint(0, 9, (3,)) * x,
    "rrelu": lambda x, y: F.rrelu(x, training=True),
}
CHUNKS = [None, 1, 2, 4, 5, 9]
DIMS = [(0, 0), (0, None), (None, 0), (-2, 0)]


def mapped(f, **options):
    def go():
        torch.manual_seed(5)
        result = func.vmap(f, **options)(X, Y if options.get("in_dims", (0, 0))[1] is not None else Y[0])
        return result, torch.rand(1)  # where the generator stands now

    return run(go)


class Net(nn.Module):
    def __init__(self, start, bias=True):
        super().__init__()
        self.first = nn.Linear(3, 4, bias=bias)
        self.norm = nn.BatchNorm1d(4)
        with torch.no_grad():
            for p in self.parameters():
                p.copy_(filled(*p.shape, start=start))
            self.norm.running_mean.copy_(filled(4, start=start))

    def forward(self, x):
        return self.norm(self.first(x)).tanh()


def models():
    return [Net(1).eval(), Net(2).eval(), Net(3).eval()]


def ensemble(in_dims, **options):
    params, buffers = func.stack_module_state(models())
    base = models()[0]
    call = lambda p, b, x: func.functional_call(base, (p, b), (x,))  # noqa: E731
    data = X if in_dims is None else filled(3, 5, 3)
    return func.vmap(call, (0, 0, in_dims), **options)(params, buffers, data)


def ensemble_gradients():
    params, buffers = func.stack_module_state(models())
    base = models()[0]
    loss = lambda p, b, x: func.functional_call(base, (p, b), (x,)).square().sum()  # noqa: E731
    return func.vmap(func.grad(loss), (0, 0, None))(params, buffers, X)


def trained():
    frozen = models()
    for model in frozen:
        model.first.weight.requires_grad_(False)
    params, _ = func.stack_module_state(frozen)
    return torch.tensor([p.requires_grad for p in params.values()] + [p.is_leaf for p in params.values()])


def stacked(make):
    return lambda: func.stack_module_state(make())


def half_frozen():
    first, second = models()[:2]
    first.first.weight.requires_grad_(False)
    return [first, second]


def solved():
    """The result of an operator that gives a lazy conjugate, with its tangent."""
    lu, pivots = torch.linalg.lu_factor(torch.complex(filled(2, 3, 3), filled(2, 3, 3, start=4)))
    solve = func.vmap(lambda a, b: torch.linalg.lu_solve(a, pivots[0], b, left=False))
    b = torch.complex(filled(2, 1, 3), filled(2, 1, 3, start=5))
    return [x.is_conj() for x in func.jvp(solve, (lu, b), (lu * 0.5, b * 0.5))]


def strides():
    """Of what does not depend on what is mapped."""
    again = func.jacrev(func.jacrev(lambda x: x.unsqueeze(0)))(X[0, 0])
    same = func.vmap(lambda _: Y)(X)
    return torch.tensor([*again.stride(), *same.stride()])


CASES = {
    "solved": lambda: torch.tensor(solved()),
    "strides": strides,
    "stacked": stacked(models),
    "stacked none": stacked(list),
    "stacked modes": stacked(lambda: [Net(1), Net(2).eval()]),
    "stacked classes": stacked(lambda: [Net(1), nn.Linear(3, 4)]),
    "stacked half frozen": stacked(half_frozen),
    "trained": trained,
    "ensemble": lambda: ensemble(None),
    "ensemble of data": lambda: ensemble(0),
    "ensemble in chunks": lambda: ensemble(0, chunk_size=2),
    "ensemble gradients": ensemble_gradients,
}


def by_jvp(f, x):
    return f(x), lambda t: func.jvp(f, (x,), (t,))[1]


def pushed(f, *primals, linearize=func.linearize):
    def go():
        torch.manual_seed(5)
        output, push = linearize(f, *primals)
        tangents = [[filled(*p.shape, start=s) for p in primals] for s in (3, 4)]
        return [output, *[push(*ts) for ts in tangents], torch.rand(1)]

    return run(go)


def in_place(x):
    y = torch.zeros(5, 3)
    y[1:3] = x[:2]
    y += 1
    y[0].mul_(x[3])
    return y * x


def branching(x):
    return x * 2 if x.shape[0] > 3 else x.sin()


LINEARIZED = {
    "sin": lambda: pushed(torch.sin, X),
    "two": lambda: pushed(lambda x, y: (x * y, {"s": x.sum(), "c": torch.ones(2)}), X, Y),
    "softmax": lambda: pushed(lambda x: F.softmax(x, 1) @ x.t(), X),
    "layerNorm": lambda: pushed(lambda x: F.layer_norm(x, (3,)), X),
    "attention": lambda: pushed(lambda x: F.scaled_dot_product_attention(x[None], x[None] * 2, x[None]), X),
    "net": lambda: pushed(Net(1).eval(), X),
    "dropout": lambda: pushed(lambda x: F.dropout(x.sin()), X),
    # linearize itself takes for a constant what tangents are written to.
    "in place": lambda: pushed(in_place, X, linearize=by_jvp),
    "branching": lambda: pushed(branching, X),
    "vmap": lambda: pushed(func.vmap(lambda r: r.cumprod(0)), X),
    "grad": lambda: pushed(func.grad(lambda x: x.pow(3).sum()), X),
    "jacrev": lambda: pushed(func.jacrev(lambda x: x.pow(3).sum(1)), X, linearize=by_jvp),
    "scalar": lambda: pushed(lambda x: x.exp() * x, X[0, 0]),
    "view": lambda: pushed(lambda x: x.t(), X),
    "same": lambda: pushed(lambda x: x, X),
    "shape": lambda: run(lambda: func.linearize(torch.sin, X)[1](X[0])),
    "dtype": lambda: run(lambda: func.linearize(torch.sin, X)[1](X.double())),
}

data = {
    "torch": torch.__version__.split("+")[0],
    "chunks": {
        name: [mapped(f, in_dims=dims, chunk_size=size, randomness="different") for size in CHUNKS for dims in DIMS]
        for name, f in FUNCTIONS.items()
    },
    "randomness": {
        name: [mapped(f, randomness=mode, chunk_size=size) for mode in ("error", "same") for size in (None, 2)]
        for name, f in FUNCTIONS.items()
    },
    "cases": {name: run(f) for name, f in CASES.items()},
    "linearized": {name: f() for name, f in LINEARIZED.items()},
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
