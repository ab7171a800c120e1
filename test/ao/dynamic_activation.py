"""Weights and activations in int8 as torchao has them: dynamic_activation.json and the files beside it.

Needs `pip install torchao==0.18.0` beside the pinned torch; without it nothing is made anew. Products of whole numbers are
exact on processors with VNNI (others add in 16 bits), and what follows is one operation at a time.

    npm run fixtures -- test/ao/dynamic_activation.py
"""

import hashlib
import json
import pathlib
import sys
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")
try:
    import torchao
    from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig, PerRow, PerTensor, quantize_
except ImportError:
    print("dynamic_activation.py: skipped: torchao is not installed", file=sys.stderr)
    sys.exit(0)
from safetensors.torch import save_file

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent


def digest(x):
    bits = x.detach().contiguous().flatten().view(torch.uint8).tolist()
    return hashlib.sha256(bytes(bits)).hexdigest()


def model(dtype):
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(48, 20), nn.ReLU(), nn.Sequential(nn.Linear(48, 7, bias=False))).to(dtype)


cases = {}
for name, granularity, dtype in [
    ("row", PerRow(), torch.float32),
    ("tensor", PerTensor(), torch.float32),
    ("mixed", [PerTensor(), PerRow()], torch.float32),
    ("bfloat16", PerRow(), torch.bfloat16),
    ("float16", [PerRow(), PerTensor()], torch.float16),
]:
    quantized = model(dtype)
    quantize_(quantized, Int8DynamicActivationInt8WeightConfig(granularity=granularity))
    state = quantized.state_dict()
    tensors, metadata = flatten_tensor_state_dict(state)
    if name in ("row", "mixed"):
        torch.save(state, here / f"dynamic_activation_{name}.pt")
        save_file(tensors, here / f"dynamic_activation_{name}.safetensors", metadata)
    rows = torch.arange(1, 6).reshape(5, 1)
    x = (torch.arange(5 * 48).remainder(37).sub(17).reshape(5, 48) / 7 * rows).to(dtype)
    cases[name] = {
        "repr": repr(quantized),
        "metadata": metadata,
        "first": digest(quantized[0](x)),
        "last": digest(quantized[2][0](x)),
        "of three dimensions": digest(quantized[0](x[None])),
        "of zeros": digest(quantized[0](x * 0)),
    }
(here / "dynamic_activation.json").write_text(
    json.dumps({"torchao": torchao.__version__, "torch": torch.__version__, "cases": cases}) + "\n"
)
