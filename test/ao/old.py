"""States of int8 linear layers as older versions of PyTorch wrote them, and what the present one computes with them.

    npm run fixtures -- test/ao/old.py
"""

import json
import pathlib

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(5)
here = pathlib.Path(__file__).parent
quantized = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(7, 5)))
weight, bias = quantized[0]._packed_params._weight_bias()
x = torch.randn(3, 7)
states = {
    1: {"0.scale": torch.tensor(1.0), "0.zero_point": torch.tensor(0), "0.weight": weight, "0.bias": bias},
    2: {"0.scale": torch.tensor(1.0), "0.zero_point": torch.tensor(0), "0._packed_params.weight": weight, "0._packed_params.bias": bias},
}
outputs = {}
for version, state in states.items():
    state = type(quantized.state_dict())(state)
    state._metadata = {"": {"version": 1}, "0": {"version": version}, "0._packed_params": {"version": 1}}
    torch.save(state, here / f"version{version}.pt")
    model = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(7, 5)))
    model.load_state_dict(state)
    outputs[version] = model(x).tolist()
(here / "old.json").write_text(json.dumps({"x": x.tolist(), "outputs": outputs}) + "\n")
