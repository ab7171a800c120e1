"""What Python's numbers and PyTorch's control flow give: what program.test.ts must see, too.

    npm run fixtures -- test/native/program.py
"""

import itertools
import json
import math
import operator
import pathlib

import torch
from torch._export.serde.serialize import _SYM_OPS
from torch._higher_order_ops.map import map as map_op
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop

INTS = [0, 1, -1, 2, 3, -7, 63, 2**53 + 1, -(2**53) - 3, 2**62, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 0.5, -2.0, 2.5, -7.25, 1e300, 2.0**63, math.inf, -math.inf, math.nan]
BOOLS = [True, False]

BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "ne", "lt", "le", "gt", "ge"]
BITS = ["and_", "or_", "lshift", "rshift"]


def encode(value):
    """A letter for the type, and the value: "i3", "f0.5", "bTrue"; "!" and why there is none."""
    if isinstance(value, bool):
        return f"b{value}"
    if isinstance(value, int):
        return f"i{value}" if -(2**63) <= value < 2**63 else "!more than 64 bits"
    return "!complex" if isinstance(value, complex) else f"f{value!r}"


def outcome(function, args):
    # A power or a shift that nobody can wait for.
    if function in (operator.pow, operator.lshift) and all(isinstance(one, int) for one in args):
        if abs(args[0]) > 1 and args[1] > 1000:
            return "!more than 64 bits"
        if function is operator.lshift and args[1] > 1000:
            return "i0" if args[0] == 0 else "!more than 64 bits"
    try:
        return encode(function(*args))
    except (ArithmeticError, ValueError, TypeError, AssertionError) as error:
        return f"!{type(error).__name__}"


def numbers():
    rows = []

    def add(name, function, args):
        rows.append(" ".join([name, *map(encode, args), "->", outcome(function, args)]))

    pairs = [
        *itertools.product(INTS, INTS),
        *itertools.product(INTS[:10], FLOATS),
        *itertools.product(FLOATS, INTS[:10]),
        *itertools.product(FLOATS, FLOATS),
        *itertools.product(BOOLS, [True, 3, 2.5]),
    ]
    for name in BINARY:
        for pair in pairs:
            add(f"_operator.{name}", getattr(operator, name), pair)
    for name in BITS:
        for pair in [*itertools.product(INTS, INTS), *itertools.product(BOOLS, BOOLS)]:
            add(f"_operator.{name}", getattr(operator, name), pair)
    for pair in pairs[: len(pairs) - 6]:
        add("torch.sym_max", torch.sym_max, pair)
        add("torch.sym_min", torch.sym_min, pair)
    for value in [*INTS, *FLOATS]:
        for name in ["neg", "pos"]:
            add(f"_operator.{name}", getattr(operator, name), [value])
        for name in ["floor", "ceil", "trunc"]:
            add(f"math.{name}", getattr(math, name), [value])
        add("torch.sym_int", torch.sym_int, [value])
        add("torch.sym_float", torch.sym_float, [value])
        add("torch._sym_sqrt", math.sqrt, [value])
    for value in BOOLS:
        add("_operator.neg", operator.neg, [value])
        add("torch.sym_not", torch.sym_not, [value])
        add("torch.sym_ite", torch.sym_ite, [value, 3, 4])
    return rows


def listed(tensors):
    return [one.tolist() for one in tensors]


def control_flow():
    """Outputs and gradients of operators that take functions, which program.test.ts has as graphs."""
    torch.manual_seed(0)
    xs = torch.randn(5, 3)
    w = torch.randn(3)
    results = {"xs": xs.tolist(), "w": w.tolist()}

    def run(name, function):
        x, v = xs.clone().requires_grad_(), w.clone().requires_grad_()
        outputs = function(x, v)
        sum((out * out).sum() for out in outputs).backward()
        results[name] = {"outputs": listed(outputs), "gradients": listed([x.grad, v.grad])}

    run("map", lambda x, v: [map_op(lambda row, v: (row * v).sin() + v, x, v)])

    def step(carry, row):
        new = (carry * row).tanh() + row
        return new, new * 2

    run("scan", lambda x, v: list(scan(step, v, x, dim=0)))
    run("cond", lambda x, v: [torch.cond(x.sum() > 100, lambda x, v: x * v, lambda x, v: (x + v).sigmoid(), (x, v))])

    def body(i, x, v):
        return i + 1, (x * v).cos(), v * 2

    with torch.no_grad():
        loop = while_loop(lambda i, x, v: i < 3, body, (torch.tensor(0), xs, w))
    results["while"] = {"outputs": listed(loop[1:])}
    return results


targets = sorted(f"{target.__module__}.{target.__name__}" for target in _SYM_OPS)
found = {"targets": targets, "numbers": numbers(), "controlFlow": control_flow()}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n")
