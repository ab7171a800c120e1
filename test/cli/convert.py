"""A file of numbers that casts round, and digests of what Python's casts make of them: test/cli/convert.json.

    npm run fixtures -- test/cli/convert.py
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
SOURCE = "convert.safetensors"
DTYPES = ["bfloat16", "float16", "float64", "float8_e4m3fn", "float8_e5m2"]

torch.manual_seed(7)
tensors = {
    "normal": torch.randn(64, 33),
    "tiny": torch.randn(257) * 1e-6,
    "large": torch.randn(100) * 3e4,
    "odd": torch.tensor([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1 + 2**-8, 1 + 3 * 2**-8]),
    "half": torch.randn(5, 5).half(),
    "ints": torch.arange(7),
    "none": torch.zeros(0, 3),
}
save_file(tensors, HERE / SOURCE, metadata={"format": "pt"})


def facts(tensor):
    data = tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes()
    return [str(tensor.dtype).split(".")[1], list(tensor.shape), hashlib.sha256(data).hexdigest()]


def cast(dtype):
    return {k: facts(v.to(getattr(torch, dtype)) if v.is_floating_point() else v) for k, v in tensors.items()}


truth = {"torch": torch.__version__, "source": SOURCE, "casts": {dtype: cast(dtype) for dtype in DTYPES}}
(HERE / "convert.json").write_text(json.dumps(truth, indent=1) + "\n")
