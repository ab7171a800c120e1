"""Makes rules.json: autocast and modes for custom operators, tags, fallbacks; rules.test.ts has the same.

    npm run fixtures -- test/library/rules.py
"""

import json
import pathlib

import torch
from torch.utils._python_dispatch import TorchDispatchMode

X = torch.arange(4.0)


@torch.library.custom_op("rules::sum", mutates_args=())
def total(x: torch.Tensor, others: list[torch.Tensor]) -> torch.Tensor:
    return x * len(others)


total.register_autocast("cpu", torch.bfloat16)


@torch.library.custom_op("rules::twice", mutates_args=(), tags=(torch.Tag.pointwise, torch.Tag.core))
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


class Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


class Derived(Mode):
    pass


def rule(mode, func, types, args, kwargs):
    return func(*args, **kwargs) + 100


twice.register_torch_dispatch(Mode, rule)


def within(mode, f):
    with mode:
        return f().tolist()


def message(f):
    try:
        f()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def autocast(x, dtype=torch.bfloat16):
    with torch.autocast("cpu", dtype):
        return str(total(x, [x, x]).dtype)[6:]


torch.library.define("rules::nothing", "(Tensor x, float scale=2.0, *, bool flag=False) -> Tensor")
seen = []


def fallback(op, *args, **kwargs):
    seen.append(f"{op} {len(args)} {sorted(kwargs)}")
    return args[0].clone()


lib = torch.library.Library("_", "IMPL")
lib.fallback(fallback, "CPU")
fell = [torch.ops.rules.nothing(X).tolist(), torch.ops.rules.nothing(X, 3.0, flag=True).tolist()]
overloads = ["add.Tensor", "add_.Tensor", "rand.default", "nonzero.default", "unsqueeze_.default", "item.default", "sum.default", "native_dropout.default"]


def tags(name):
    packet, overload = name.split(".")
    return sorted(str(tag).split(".")[-1] for tag in getattr(getattr(torch.ops.aten, packet), overload).tags)


data = {
    "torch": torch.__version__.split("+")[0],
    "autocast": [autocast(X), autocast(X, torch.float16), autocast(X.double()), autocast(X.int()), autocast(X.half())],
    "outside": str(total(X, [X]).dtype)[6:],
    "rules": [within(Mode(), lambda: twice(X)), within(Derived(), lambda: twice(X)), within(Mode(), lambda: X * 2)],
    "tags": {name: tags(name) for name in overloads},
    "own tags": sorted(str(tag).split(".")[-1] for tag in torch.ops.rules.twice.default.tags if "pt2" not in str(tag)),
    "fallback": [fell, seen],
    "errors": {
        "device": message(lambda: total.register_autocast("abacus", torch.bfloat16)),
        "namespace": message(lambda: torch.library.Library("rules", "FRAGMENT").fallback(fallback, "CPU")),
        "key": message(lambda: lib.fallback(fallback)),
    },
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
