"""Python's half of the check of operators under two transforms of torch.func: a seeded sample of OpInfo's table.

Run by test/parity/run.js; levels.ts replays what this leaves in DIR, as opinfo.py does.

    python test/parity/levels.py DIR [name ...]
"""

import random
import sys
import zlib
from pathlib import Path

import torch
from opinfo import Unfit, Writer, copied, dtype_name, encode, encode_result, op_db, results, takes_as_is, target
from torch import func

CASES = 2000
SAMPLES = 8  # of an operator and dtype, to choose from
LARGEST = 600  # elements of all that is differentiated, and SMALLEST where a Jacobian is asked for
SMALLEST = 24
# Python seeds in their lambdas; one knows no operand that can be mapped.
LEFT_OUT = {"randn", "randn_like", "randint", "randint_like", "multinomial", "to"}


def real(tensor):
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def total(outputs):
    return sum((real(y) * real(y)).sum() for y in outputs)


def vary(x):
    return x * 0.5 + 1


TRANSFORMS = {
    "grad": lambda f: lambda *xs: func.grad(lambda *ys: total(f(*ys)), tuple(range(len(xs))))(*xs),
    "vjp": lambda f: lambda *xs: pulled(f, xs),
    "jvp": lambda f: lambda *xs: flat(func.jvp(f, xs, tuple(vary(x) for x in xs))),
    "vmap": lambda f: lambda *xs: func.vmap(f, randomness="different")(*[torch.stack([x, x * 0.75]) for x in xs]),
    "vmapFirst": lambda f: lambda *xs: func.vmap(f, (-1, *[None] * (len(xs) - 1)), randomness="same")(
        torch.stack([xs[0], xs[0] * 0.75], -1), *xs[1:]
    ),
    "jacrev": lambda f: lambda *xs: flat(func.jacrev(f, tuple(range(len(xs))))(*xs)),
    "jacfwd": lambda f: lambda *xs: flat(func.jacfwd(f, tuple(range(len(xs))), randomness="same")(*xs)),
}


def flat(value):
    return tuple(results(value))


def pulled(f, xs):
    outputs, pull = func.vjp(f, *xs)
    return flat([outputs, pull(torch.utils._pytree.tree_map(vary, outputs))])


def part(value, primals):
    """`value` with numbers of primals in the places of tensors that are differentiated."""
    if isinstance(value, torch.Tensor) and value.requires_grad:
        primals.append(value.detach())
        return Primal(len(primals) - 1)
    if isinstance(value, (list, tuple)):
        return [part(item, primals) for item in value]
    if isinstance(value, dict):
        return {key: part(item, primals) for key, item in value.items()}
    return value


class Primal:
    def __init__(self, index):
        self.index = index


def filled(value, primals):
    if isinstance(value, Primal):
        return primals[value.index]
    if isinstance(value, (list, tuple)):
        return type(value)(filled(item, primals) for item in value)
    if isinstance(value, dict):
        return {key: filled(item, primals) for key, item in value.items()}
    return value


def encode_part(writer, value):
    if isinstance(value, Primal):
        return {"primal": value.index}
    if isinstance(value, (list, tuple)):
        return [encode_part(writer, item) for item in value]
    return encode(writer, value)


def differentiable(value):
    return isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex())


def small_samples(op, dtype):
    """Arguments that stand alone, with the sample's number."""
    torch.manual_seed(zlib.crc32(op.name.encode()))
    found = []
    try:
        for number, sample in zip(range(SAMPLES * 4), op.sample_inputs("cpu", dtype, requires_grad=True)):
            try:
                args, primals = copied([sample.input, *sample.args]), []
                parted = part([args, copied(sample.kwargs)], primals)
            except Unfit:
                continue
            if takes_as_is(op, args) and primals and sum(x.numel() for x in primals) <= LARGEST:
                found.append((number, parted, primals))
            if len(found) == SAMPLES:
                break
    except Exception as error:  # a sample that needs a package that is not here
        print(f"{op.name} {dtype}: {type(error).__name__}: {error}", file=sys.stderr)
    return found


def write_case(writer, chance, op, found, dtype, sample):
    number, (args, kwargs), primals = sample
    small = sum(x.numel() for x in primals) <= SMALLEST
    names = [name for name in TRANSFORMS if not name.startswith("jac") or (small and not dtype.is_complex)]
    nesting = [chance.choice(names), chance.choice(names)]
    kind, name = found
    case = {
        "op": op.name + ("." + op.variant_test_name if op.variant_test_name else ""),
        "kind": kind,
        "name": name,
        "dtype": dtype_name(dtype),
        "sample": number,
        "seed": chance.randrange(1 << 31),
        "nesting": nesting,
        "args": [encode_part(writer, arg) for arg in args],
        "kwargs": {key: encode_part(writer, value) for key, value in kwargs.items()},
        "primals": [encode(writer, x) for x in primals],
    }

    # Python writes to some arguments, running statistics for one.
    own_args, own_kwargs = copied(args), copied(kwargs)

    def f(*xs):
        returned = op.op(*filled(own_args, xs), **filled(own_kwargs, xs))
        return tuple(y for y in flat(returned) if differentiable(y))

    for transform in reversed(nesting):
        f = TRANSFORMS[transform](f)
    torch.manual_seed(case["seed"])
    try:
        outputs = results(f(*primals))
    except Exception as error:  # of any class: its first line is what is compared
        case["error"] = str(error).split("\n")[0]
        writer.line(case)
        return False
    if not outputs:
        raise Unfit
    case["outputs"] = [encode_result(writer, value) for value in outputs]
    writer.line(case)
    return True


def main():
    folder = Path(sys.argv[1])
    wanted = set(sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(folder)
    writer.line({"torch": torch.__version__, "entries": len(op_db)})
    chance = random.Random(29)
    rows = []
    for op in op_db:
        found = target(op)
        if not found or op.name in LEFT_OUT or (wanted and op.name not in wanted):
            continue
        for dtype in (torch.float32, torch.complex64):
            if dtype in op.dtypes and op.supports_autograd:
                samples = small_samples(op, dtype)
                if samples:
                    rows.append((op, found, dtype, samples))
    accepted = tries = 0
    while rows and accepted < (CASES if not wanted else 40 * len(rows)) and tries < 4 * CASES:
        op, found, dtype, samples = rows[tries % len(rows)]
        tries += 1
        try:
            accepted += write_case(writer, chance, op, found, dtype, chance.choice(samples))
        except Unfit:
            pass
    print(f"{accepted} cases and {tries - accepted} errors of {len(rows)} operators", file=sys.stderr)


if __name__ == "__main__":
    main()
