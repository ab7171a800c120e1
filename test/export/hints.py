"""Makes hints.json: the ranges that Python's export gives sizes of Dim.AUTO, Dim.DYNAMIC and Dim.STATIC with bounds.

    npm run fixtures -- test/export/hints.py
"""
import json
import pathlib

import torch
from torch import nn
from torch.export import Dim, export

HINTS = {"AUTO": Dim.AUTO, "DYNAMIC": Dim.DYNAMIC, "STATIC": Dim.STATIC}


class Of(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x)


bodies = {
    "free": lambda x: x.relu(),
    "at most 8": lambda x: x.relu() if x.shape[0] <= 8 else x.tanh(),
    "at least 3": lambda x: x.relu() if x.shape[0] >= 3 else x.tanh(),
    "square": lambda x: x @ x,
    "fixed": lambda x: x.view(4, 4),
}
# What is asked of the dimensions of a tensor of 4 by 4, or of as many as `size` says.
cases = [
    ("free", [["AUTO", 3, 10]]),
    ("free", [["AUTO", 3, None]]),
    ("free", [["DYNAMIC", None, 64]]),
    ("free", [["AUTO", 0, 64]]),
    ("free", [["DYNAMIC", 1, 64]]),
    ("free", [["DYNAMIC", 0, None]]),
    ("free", [["AUTO", 4, None], ["DYNAMIC", 2, 5]]),
    ("free", [["AUTO", None, 100000]]),
    ("free", [["STATIC", 2, 10]]),
    ("free", [["STATIC", 5, 10]]),
    ("free", [["DYNAMIC", 4, 4]]),
    ("at most 8", [["AUTO", 3, 20]]),
    ("at most 8", [["DYNAMIC", None, 20]]),
    ("at most 8", [["AUTO", None, 6]]),
    ("at least 3", [["AUTO", 1, 20]]),
    ("at least 3", [["DYNAMIC", 4, 20]]),
    ("square", [["AUTO", 3, 20], ["AUTO", 2, 10]]),
    ("square", [["DYNAMIC", 3, 20], ["DYNAMIC", None, 10]]),
    ("fixed", [["AUTO", 3, 20]]),
]
found = []
for body, asked in cases:
    spec = {i: HINTS[kind](min=low, max=high) for i, (kind, low, high) in enumerate(asked)}
    case = {"body": body, "asked": asked, "printed": [repr(hint) for hint in spec.values()]}
    try:
        ranges = export(Of(bodies[body]), (torch.ones(4, 4),), dynamic_shapes={"x": spec}).range_constraints
        bound = lambda value: int(value) if str(value).isdigit() else None  # noqa: E731
        case["ranges"] = [[bound(r.lower), bound(r.upper)] for r in ranges.values()]
    except ValueError as error:
        case["error"] = str(error)
    found.append(case)
errors = []
for low, high in [(-1, None), (None, -1), (5, 3)]:
    try:
        Dim.AUTO(min=low, max=high)
    except AssertionError as error:
        errors.append([low, high, str(error)])
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"cases": found, "errors": errors}, indent=1) + "\n")
