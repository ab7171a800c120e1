"""Compiles models by AOTInductor into the folder that is given, with inputs and outputs: `packages.json`.

A package is made for the processor that compiles it, so none is in the repository: test/inductor/packages.ts says who
runs this, and when. Needs torch of the version in package.json, and a C++ compiler. Takes minutes.
"""
import json
import os
import sys

import torch
from torch import nn


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8 * 8 * 8, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.norm(self.conv(x))), 2)
        return self.fc(torch.flatten(x, 1))


class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(100, 16)
        self.fc = nn.Linear(16, 5)

    def forward(self, ids, scale):
        words = self.words(ids) * scale
        return {"logits": self.fc(words.mean(1)), "words": words}


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 16)
        self.fc2 = nn.Linear(16, 3)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


class Kinds(nn.Module):
    """Of each dtype one, transposed; and one without elements."""

    def forward(self, tensors, empty):
        return [t.logical_not() if t.dtype == torch.bool else (t + t).t() for t in tensors], empty + 1


class Echo(nn.Module):
    def forward(self, x):
        return x + 1


KINDS = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
         torch.int8, torch.uint8, torch.bool, torch.complex64]


def listed(value):
    if isinstance(value, torch.Tensor):
        plain = torch.view_as_real(value) if value.is_complex() else value
        return {"dtype": str(value.dtype)[6:], "shape": list(value.shape), "values": plain.flatten().tolist()}
    if isinstance(value, dict):
        return {"dict": {name: listed(one) for name, one in value.items()}}
    return [listed(one) for one in value]


def main(folder):
    torch.set_num_threads(1)
    os.makedirs(folder, exist_ok=True)
    batch = torch.export.Dim("batch", min=2, max=64)
    torch.manual_seed(0)
    cases = {
        "cnn": (Cnn, (torch.randn(4, 3, 16, 16),), None),
        "embedding": (Embedding, (torch.randint(0, 100, (8, 64)), torch.tensor(0.5)), None),
        "mlp": (Mlp, (torch.randn(4, 8),), ({0: batch},)),
        "kinds": (Kinds, ([torch.arange(6).view(2, 3).to(t) for t in KINDS], torch.ones(0, 4)), None),
        "echo": (Echo, (torch.randn(4),), ({0: torch.export.Dim("length", min=2, max=2**28)},)),
    }
    results = {}
    for name, (model, inputs, dynamic) in cases.items():
        torch.manual_seed(0)
        module = model().eval()
        with torch.no_grad():
            path = os.path.join(folder, f"{name}.pt2")
            if not os.path.exists(path):
                # Loops of several threads, of which none may throw: an id past the vocabulary ends the process.
                torch.set_num_threads(2 if name == "embedding" else 1)
                program = torch.export.export(module, inputs, dynamic_shapes=dynamic)
                torch._inductor.aoti_compile_and_package(program, package_path=path)
            torch.set_num_threads(1)
            loaded = torch._inductor.aoti_load_package(path)
            outputs, eager = loaded(*inputs), module(*inputs)
        results[name] = {"inputs": listed(inputs), "outputs": listed(outputs), "eager": listed(eager)}
    with open(os.path.join(folder, "packages.json"), "w") as file:
        json.dump({"torch": torch.__version__, "cases": results}, file)


if __name__ == "__main__":
    main(sys.argv[1])
