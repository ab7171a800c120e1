"""Makes decompose.json: which operators Python's run_decompositions leaves of programs, and what these compute.

    npm run fixtures -- test/export/decompose.py
"""
import json
import pathlib

import torch
from torch import nn
from torch.export import Dim, export

torch.set_num_threads(1)


class Writes(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(4))

    def forward(self, x):
        y = x.clone()
        y[:, 0].mul_(2.0)
        y.transpose(0, 1)[1:3].add_(1.0)
        self.seen.add_(y.sum(0))
        return y.relu_() + self.seen


def activations():
    names = "SiLU Mish Hardswish Hardsigmoid Softplus LogSigmoid CELU Softshrink PReLU ELU LeakyReLU ReLU6".split()
    return nn.Sequential(*(getattr(nn, name)() for name in names), nn.GLU(), nn.Threshold(-0.5, 0.25))


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 5), nn.Softmax(1)
    )


def mlp():
    return nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.LayerNorm(8), nn.Linear(8, 4), nn.LogSoftmax(1))


def encoder():
    return nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)


x = torch.linspace(-2, 2, 32).view(8, 4)
image = torch.linspace(-1, 1, 384).view(2, 3, 8, 8)
rows = torch.linspace(-1, 1, 96).view(2, 6, 8)
batch = ({0: Dim("batch", min=2, max=64)},)
models = {
    "mlp": (mlp, x, None, False),
    "mlp of any batch": (mlp, x, batch, False),
    "cnn": (cnn, image, None, False),
    "cnn in training": (cnn, image, None, True),
    "activations": (activations, x, None, False),
    "encoder": (encoder, rows, None, True),
    "writes": (Writes, x, None, False),
}
found = {}
for name, (make, given, shapes, training) in models.items():
    found[name] = {}
    for kind, table in {"inference": {}, "core": None}.items():
        torch.manual_seed(0)
        program = export(make().train(training), (given,), dynamic_shapes=shapes)  # anew: a run writes to its buffers
        made = program.run_decompositions(table)
        operators = [str(n.target) for n in made.graph.nodes if n.op == "call_function" and str(n.target).startswith("aten")]
        with torch.no_grad():
            output = made.module()(given)
        specs = [spec.kind.name for spec in made.graph_signature.output_specs]
        found[name][kind] = {"operators": operators, "outputs": specs, "output": output.tolist()}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")
