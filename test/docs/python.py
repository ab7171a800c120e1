"""Writes python.json: what the Python code of docs/from-python.md, docs/parity.md and other guides gives.

- A block of Python has one of TypeScript behind it: both print the same lines.
- A table whose head is "Python", "TypeScript": the cells of a row give the same. Each is run on the tensors of
  PRELUDE, with the seed set anew.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import sys
import tempfile

import numpy
import torch

here = pathlib.Path(__file__).resolve().parent
docs = here.parent.parent / "docs"
sys.path.insert(0, str(here.parent / "parity"))  # report.py

PRELUDE = """
import copy
import numpy
import torch
import torch.nn.functional as F
from torch import nn, optim
torch.manual_seed(0)
x = torch.tensor([[1., -2., 3.], [4., 5., -6.]])
y = torch.tensor([[2., 2., 2.], [-1., 0.5, 4.]])
w = torch.tensor([[1., 0.], [0., 1.], [2., -1.]])
image = torch.arange(16.).reshape(1, 1, 4, 4)
index = torch.tensor([1, 0])
mask = x > 0
square = torch.tensor([[2., 1.], [1., 3.]])
array = numpy.array([1, 2], dtype=numpy.float32)
a, b = 0, 1
model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
bn = model[1]
optimizer = optim.AdamW(model.parameters(), lr=0.1)
state = model.state_dict()
torch.save(state, "model.pt")
"""

# Cells that are no program of their own: imports, parts of classes, other machines.
ELSEWHERE = re.compile(r"^(import|from) |self\b|cuda|load_library|my_library|^(None$|except |del )|\bhook\b")


def shown(value):
    if isinstance(value, (tuple, list)) and not hasattr(value, "missing_keys"):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, numpy.ndarray):
        return shown(value.reshape(-1).tolist())
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {shown(entry)}' for name, entry in value.items())}}}"
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def targets(code):
    """The names that a statement, the last one of a line, gives values to."""
    found = re.findall(r"(?:^|: |; )(\w+(?:, \w+)*) = ", code)
    return found[-1].split(", ") if found else []


def evaluate(code):
    """What an expression gives, or a statement leaves in its names; what was printed; and what both may change."""
    scope = {}
    exec(PRELUDE, scope)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            value = shown(eval(code, scope))
        except SyntaxError:
            exec(code, scope)
            names = targets(code)
            value = shown([scope[name] for name in names]) if names else None
    changed = [scope["x"].detach(), scope["y"], scope["model"][0].weight.grad, scope["optimizer"].param_groups[0]["weight_decay"]]
    return [value, printed.getvalue(), shown(changed)]


def run(code):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {"__name__": "__main__"})
    return printed.getvalue()


def tables(text):
    """The cells of Python, row by row: the codes in each."""
    for table in re.findall(r"^\| Python \| TypeScript \|\n\|.*\n((?:\|.*\n)+)", text, re.M):
        for row in table.splitlines():
            cell = re.split(r"(?<!\\)\|", row)[1]
            yield [code.replace("\\|", "|") for code in re.findall(r"`([^`]+)`", cell)]


result = {"cells": {}, "blocks": {}}
os.chdir(tempfile.mkdtemp())
for page in [docs.parent / "README.md", *sorted(docs.glob("*.md"))]:
    text = page.read_text()
    for reason, code in re.findall(r"^(<!-- not run: .*\n\n?)?```python\n((?s:.*?))^```$", text, re.M):
        if not reason:
            result["blocks"][code] = run(code)
    for codes in tables(text):
        for code in codes:
            try:
                result["cells"][code] = None if ELSEWHERE.search(code) else evaluate(code)
            except Exception as error:
                raise SystemExit(f"{page.name}: {code}: {error!r}")
(here / "python.json").write_text(json.dumps(result, indent=1) + "\n")
