"""Python's half of the parity check of TorchScript: loads what jit.ts has saved in DIR, runs it, and compares bits.

    python test/parity/jit.py DIR

Run by test/parity/run.js. Exits with 1 where a module differs.
"""
import pathlib
import sys
import warnings

import torch

warnings.simplefilter("ignore")
torch.set_num_threads(1)
torch._C._jit_set_profiling_mode(False)
folder = pathlib.Path(sys.argv[1])
wrong = []


def tupled(tree):
    return tuple(tupled(v) for v in tree) if isinstance(tree, (list, tuple)) else tree


def same(found, expected):
    if isinstance(expected, torch.Tensor):
        bits = torch.equal(found, expected) and found.dtype == expected.dtype
        return bits or (found.isnan() == expected.isnan()).all().item() and torch.equal(found, expected)
    if isinstance(expected, (list, tuple)):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict):
        return list(found) == list(expected) and all(same(found[k], v) for k, v in expected.items())
    return found == expected


cases = torch.load(folder / "cases.pt")
for name, calls in cases.items():
    extra = {"note.txt": ""}
    module = torch.jit.load(str(folder / f"{name}.pt"), _extra_files=extra)
    if extra["note.txt"] != name.encode():
        wrong.append(f"{name}: its extra file")
    for i, call in enumerate(calls):
        with torch.no_grad():
            if not same(module(*tupled(call["args"])), call["out"]):
                wrong.append(f"{name}: call {i}")
print(f"parity: jit: {len(cases)} modules that are saved here: {'DIFFERENT' if wrong else 'equal'}")
print("\n".join(wrong), end="\n" if wrong else "")
sys.exit(1 if wrong else 0)
