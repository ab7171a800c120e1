"""Weights in int8 as torchao has them: models, their files and what they compute: weight_only.json and weight_only_*.

Needs `pip install torchao==0.18.0` beside the pinned torch; without it nothing is made anew. Sums are exact, whatever their
order: no processor has other bits.

    npm run fixtures -- test/ao/weight_only.py
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
    from torchao.quantization import Int8WeightOnlyConfig, PerGroup, PerRow, PerTensor, quantize_
except ImportError:
    print("weight_only.py: skipped: torchao is not installed", file=sys.stderr)
    sys.exit(0)
from safetensors.torch import save_file

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent


def bits(x):
    return x.detach().contiguous().flatten().view(torch.uint8).tolist()


def digest(x):
    return hashlib.sha256(bytes(bits(x))).hexdigest()


def model(dtype):
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(48, 20), nn.ReLU(), nn.Sequential(nn.Linear(48, 7, bias=False))).to(dtype)


whole_numbers = torch.arange(5 * 48).remainder(9).sub(4).reshape(5, 48).float()
rows_of_one = torch.eye(48)[:12] * 3
cases = {}
for name, granularity, dtype in [
    ("row", PerRow(), torch.float32),
    ("tensor", PerTensor(), torch.float32),
    ("group", PerGroup(16), torch.float32),
    ("bfloat16", PerRow(), torch.bfloat16),
    ("float16", PerRow(), torch.float16),
]:
    quantized = model(dtype)
    quantize_(quantized, Int8WeightOnlyConfig(granularity=granularity))
    state = quantized.state_dict()
    torch.save(state, here / f"weight_only_{name}.pt")
    tensors, metadata = flatten_tensor_state_dict(state)
    if name == "row":
        save_file(tensors, here / "weight_only_row.safetensors", metadata)
    x = (rows_of_one if name == "group" else whole_numbers).to(dtype)
    weight = quantized[0].weight
    cases[name] = {
        "repr": repr(quantized),
        "keys": list(state),
        "qdata": digest(weight.qdata),
        "scale": digest(weight.scale),
        "block_size": list(weight.block_size),
        "dequantized": digest(weight.dequantize()),
        "tensors": {key: [str(value.dtype), list(value.shape)] for key, value in tensors.items()},
        "metadata": metadata,
        "first": digest(quantized[0](x)),
        "last": digest(quantized[2][0](x)),
        "of three dimensions": digest(quantized[0](x[None])),
        "wider input": digest(quantized[0](x.double())) if name == "row" else None,
    }
(here / "weight_only.json").write_text(json.dumps({"torchao": torchao.__version__, "torch": torch.__version__, "cases": cases}) + "\n")
