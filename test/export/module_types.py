"""Makes module_types.json: what Python's programs call the modules of torch.nn, and the stacks of one program's nodes.

    npm run fixtures -- test/export/module_types.py
"""
import io
import json
import pathlib

import torch
from torch import nn
from torch.export import export, load, save

types = {
    name: f"{one.__module__}.{one.__qualname__}"
    for name, one in vars(nn).items()
    if isinstance(one, type) and issubclass(one, nn.Module)
}
inner = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
model = nn.Sequential(inner, nn.ModuleList([nn.Dropout(0.5)])[0], nn.LayerNorm(3), nn.TransformerEncoderLayer(3, 1, 4)).eval()
buffer = io.BytesIO()
save(export(model, (torch.ones(2, 3),)), buffer)
buffer.seek(0)
stacks = []
for node in load(buffer).graph.nodes:
    if node.op == "call_function":
        stack = [list(pair) for pair in node.meta["nn_module_stack"].values()]
        if stack not in stacks:
            stacks.append(stack)
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"types": types, "stacks": stacks}, indent=1) + "\n")
