"""Prints values so that equal bits give equal lines: report.ts, in Python."""

import hashlib
import pathlib
import struct
import sys
from decimal import Decimal

import torch

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "gpu"))
from device import begin

begin()


# The shortest digits that give the number back, as JavaScript's toExponential() has them.
def _digits(value):
    return f"{Decimal(repr(float(value) + 0.0)).normalize():e}"


def _number(value):
    return f"{struct.pack('>d', value).hex()} {_digits(value)}"


def report(name, value):
    """A line for a tensor or number; one line an entry for a dict or list."""
    if isinstance(value, dict):
        for key, entry in value.items():
            report(f"{name}.{key}", entry)
    elif isinstance(value, (list, tuple)):
        for index, entry in enumerate(value):
            report(f"{name}.{index}", entry)
    elif isinstance(value, torch.Tensor):
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest = hashlib.sha256(flat.view(torch.uint8).numpy().tobytes()).hexdigest()[:16]
        first = [_digits(entry) for entry in flat[:3].tolist()]
        dtype = str(value.dtype).removeprefix("torch.")
        print(f"{name}: {dtype} [{', '.join(map(str, value.shape))}] {digest} {' '.join(first)}")
    elif isinstance(value, (int, float)):
        print(f"{name}: {_number(value)}")
    else:
        print(f"{name}: {value}")
