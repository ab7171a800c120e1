"""Models that Python's quantize_dynamic made: test/ao/dynamic.json and the state_dicts beside it.

npm run fixtures -- test/ao/dynamic.py
"""

import hashlib
import json
import warnings
from pathlib import Path

import torch
from torch import nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)
HERE = Path(__file__).parent


def bits(x):
    return x.detach().contiguous().flatten().view(torch.uint8).tolist()


def digest(x):
    return hashlib.sha256(bytes(bits(x))).hexdigest()


def model():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(37, 24), nn.ReLU(), nn.Sequential(nn.Linear(24, 16, bias=False), nn.Tanh(), nn.Linear(16, 5)))


cases = {}
for name, spec, dtype in [
    ("qint8", None, torch.qint8),
    ("path", {"2"}, torch.qint8),
    ("float16", {nn.Linear}, torch.float16),
]:
    quantized = torch.ao.quantization.quantize_dynamic(model(), spec, dtype)
    torch.manual_seed(4)
    x = torch.randn(6, 37) * 3
    state = quantized.state_dict()
    torch.save(state, HERE / f"{name}.pt")
    cases[name] = {
        "repr": repr(quantized),
        "keys": list(state),
        "versions": {k: v["version"] for k, v in state._metadata.items()},
        "y": bits(quantized(x)),
        "one": bits(quantized(x[2:3])),
        "weights": {k: digest(v[0].int_repr() if v[0].is_quantized else v[0]) for k, v in state.items() if k.endswith("_packed_params._packed_params")},
        "scales": {k: v[0].q_scale() for k, v in state.items() if k.endswith("_packed_params._packed_params") and v[0].is_quantized},
    }
(HERE / "dynamic.json").write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")
