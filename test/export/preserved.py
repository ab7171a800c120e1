"""Makes preserved.json: the signatures that Python's export keeps of the calls of modules within a module.

    npm run fixtures -- test/export/preserved.py
"""
import io
import json
import pathlib
import zipfile

import torch
from torch import nn
from torch.export import export, save


class Sub(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x, pair, options):
        return {"a": self.linear(x) * options["scale"] + pair[0], "b": (x * options["x"], 3, None)}


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.sub = Sub()
        self.twice = nn.Linear(3, 3)
        self.alias = self.twice
        self.attention = nn.MultiheadAttention(3, 1)
        self.same = nn.Identity()
        self.unused = nn.Linear(1, 1)

    def forward(self, x):
        both = self.sub(x, (x, x.shape[0]), {"scale": 2.5, "x": x})
        y = self.twice(self.twice(both["a"]))
        y = self.attention(y, y, y, need_weights=False)[0]
        return self.same(y) + self.sub.linear(x) + both["b"][0]


kept = ["sub", "sub.linear", "twice", "alias", "attention", "same", "unused"]
buffer = io.BytesIO()
program = export(Model().eval(), (torch.ones(4, 3),), preserve_module_call_signature=tuple(kept))
save(program, buffer)
with zipfile.ZipFile(buffer) as archive:
    path = next(name for name in archive.namelist() if name.endswith("model.json"))
    entries = json.loads(archive.read(path))["graph_module"]["module_call_graph"][1:]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"kept": kept, "entries": entries}, indent=1) + "\n")
