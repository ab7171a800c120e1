"""What FlopCounterMode counts in Python, and its tables: writes flop_counter.json.

    npm run fixtures -- test/utils/flop_counter.py

Tables are made by the package tabulate 0.9.0; 0.10 drops the spaces before names, which PyTorch asks for.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

torch.set_num_threads(1)
results = {}


def counted(name, body, **options):
    torch.manual_seed(0)
    counter = FlopCounterMode(display=False, **options)
    with counter:
        body()
    results[name] = {
        "counts": {key: {str(op): n for op, n in counts.items()} for key, counts in counter.get_flop_counts().items()},
        "total": counter.get_total_flops(),  # which adds an empty count of all
        "table": counter.get_table(),
        "deep": counter.get_table(9),
    }


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(6, 6)
        self.b = nn.Sequential(nn.Linear(6, 6), nn.Tanh())

    def forward(self, x):
        return self.a(x) @ self.b(x).t()


def step(module, *inputs):
    def run():
        out = module(*inputs)
        out = out[0] if isinstance(out, tuple) else out
        out.sum().backward()

    return run


def main():
    mlp = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    x = torch.ones(5, 8)
    counted("mlp", lambda: mlp(x))
    counted("mlp, backward", step(mlp, x))
    counted("mlp, gradient of the input", step(mlp, torch.ones(5, 8, requires_grad=True)))
    with torch.inference_mode():
        counted("mlp, inference mode", lambda: mlp(x))
    with torch.no_grad():
        counted("mlp, no grad", lambda: mlp(x))
    counted("no bias", step(nn.Linear(8, 3, bias=False), torch.ones(2, 5, 8)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        counted("autocast", step(mlp, x))
    counted("branches", step(Branches(), torch.ones(3, 6)))

    cnn = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 5))
    counted("cnn, backward", step(cnn, torch.ones(2, 3, 8, 8)))
    for d in (1, 2, 3):
        size = [7] * d
        conv = getattr(nn, f"Conv{d}d")(4, 6, 3, stride=2, groups=2)
        counted(f"conv{d}d", step(conv, torch.ones(2, 4, *size, requires_grad=True)))
        transposed = getattr(nn, f"ConvTranspose{d}d")(4, 6, 3, stride=2, groups=2)
        counted(f"conv_transpose{d}d", step(transposed, torch.ones(2, 4, *size, requires_grad=True)))

    counted("lstm, backward", step(nn.LSTM(4, 6, 2, batch_first=True), torch.ones(2, 5, 4)))
    counted("gru, backward", step(nn.GRU(4, 6, bidirectional=True), torch.ones(5, 2, 4)))
    layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
    counted("transformer, backward", step(nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), torch.ones(2, 7, 16)))
    counted("attention with weights", step(nn.MultiheadAttention(8, 2), *[torch.ones(3, 2, 8)] * 3))
    q = torch.ones(2, 4, 5, 8, requires_grad=True)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    counted("sdpa", lambda: F.scaled_dot_product_attention(q, q, q).sum().backward())
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        counted("sdpa by products", lambda: F.scaled_dot_product_attention(q, q, q, attn_mask=mask).sum().backward())

    a, b = torch.ones(3, 4, 5), torch.ones(3, 5, 6)
    counted("products", lambda: (torch.bmm(a, b), torch.baddbmm(a @ b, a, b), torch.addmm(torch.ones(6), a[0], b[0]), a[0].mv(b[0, :, 0]), a[0, 0].dot(b[0, :, 0]), torch.addbmm(torch.ones(4, 6), a, b)))
    counted("einsum", lambda: (torch.einsum("bij,bjk->bik", a, b), torch.einsum("bij,bjk->ik", a, b), torch.cdist(a, a), torch.linalg.multi_dot([a[0], b[0], b[0].t()])))
    counted("matmul", lambda: (torch.matmul(a, b[0]), torch.matmul(a[0], b), torch.matmul(a, b[0, :, 0]), F.bilinear(torch.ones(2, 3), torch.ones(2, 4), torch.ones(5, 3, 4))))
    counted("vmap", lambda: torch.vmap(torch.mm)(a, b))
    counted("a tie", lambda: (torch.ones(1, 1) @ torch.ones(1, 31), torch.ones(1, 1) @ torch.ones(1, 1)))
    counted("nothing", lambda: torch.ones(3) + 1)
    counted("a large one", lambda: torch.ones(200, 300, device="meta") @ torch.ones(300, 9000, device="meta"))
    counted("depth 1", step(Branches(), torch.ones(3, 6)), depth=1)
    mapping = {torch.ops.aten.sin: lambda shape, out_shape=None: shape[0] * 7}
    counted("own formula", lambda: torch.ones(3).sin(), custom_mapping=mapping)


main()
here = pathlib.Path(__file__).parent
(here / "flop_counter.json").write_text(json.dumps({"torch": torch.__version__, "results": results}, indent=1) + "\n")
