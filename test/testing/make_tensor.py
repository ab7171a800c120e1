"""What torch.testing.make_tensor gives for a seed, and what it refuses.

Run by hand with torch of the version that package.json pins: npm run fixtures -- test/testing/make_tensor.py
A row is the shape, the options, the value's bytes row by row, its strides and whether it wants a gradient; or the error.
"""

import itertools
import json
import pathlib
import warnings

import torch
from torch.testing import make_tensor

warnings.simplefilter("ignore")
DTYPES = (
    "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex32 complex64 "
    "complex128 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz"
).split()
SHAPES = [[], [3], [2, 3], [0, 2], [1]]
LIMITS = [{"low": 0, "high": 1}, {"low": -1, "high": 2}, {"low": -1e40, "high": 1e40}, {"low": 2, "high": 2.5}, {"low": 3, "high": 3},
          {"low": 0.5}, {"high": 0}, {"low": "nan"}, {"high": "inf"}, {"low": "-inf", "high": 5}, {"low": 300, "high": 400}, {"low": 5, "high": 1}]
OTHERS = [{"requires_grad": True}, {"noncontiguous": True}, {"exclude_zero": True}, {"exclude_zero": True, "low": 0, "high": 2, "noncontiguous": True},
          {"memory_format": "channels_last", "shape": [2, 3, 2, 2]}, {"memory_format": "contiguous_format"},
          {"memory_format": "channels_last", "noncontiguous": True, "shape": [1, 2, 2, 2]}]


def value(one):
    return float(one) if isinstance(one, str) and one.endswith(("nan", "inf")) else one


def row(dtype, given):
    options = {name: value(one) for name, one in given.items() if name != "shape"}
    if "memory_format" in options:
        options["memory_format"] = getattr(torch, options["memory_format"])
    shape = given.get("shape", [2, 3])
    torch.manual_seed(7)
    try:
        made = make_tensor(shape, dtype=getattr(torch, dtype), device="cpu", **options)
    except (ValueError, TypeError, RuntimeError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    plain = made.detach().contiguous()
    data = plain.view(torch.uint8) if plain.dim() else plain.reshape(1).view(torch.uint8)
    return {"bytes": bytes(data.flatten().tolist()).hex(), "stride": list(made.stride()), "requiresGrad": made.requires_grad}


cases = [{"shape": shape} for shape in SHAPES] + LIMITS + OTHERS
rows = [[dtype, given, row(dtype, given)] for dtype, given in itertools.product(DTYPES, cases)]
# NaN in a message of an integer dtype cannot be made an int in Python: only there it is another error.
lines = ",\n".join(json.dumps(one) for one in rows)
pathlib.Path(__file__).with_suffix(".json").write_text("[\n" + lines + "\n]\n")
