"""Files of safetensors: their bytes, parts of their tensors, tied weights, errors. See state_safetensors.ts."""
import hashlib
import os
import shutil
import tempfile

import report  # noqa: F401: the device, for `npm run gpu:check`
import torch
from safetensors import safe_open
from safetensors.torch import load_file, load_model, save, save_file, save_model
from torch import nn

folder = tempfile.mkdtemp()
path = os.path.join(folder, "file")


def digest(data):
    return hashlib.sha256(data).hexdigest()


def read():
    with open(path, "rb") as file:
        return file.read()


def bits(tensor):
    return digest(save({"bits": tensor.contiguous()}))


names = """bool uint8 int8 int16 uint16 int32 uint32 int64 uint64 float16 bfloat16 float32 float64 complex64
float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu""".split()
for seed in range(20):
    torch.manual_seed(seed)
    tensors = {}
    for i, name in enumerate(names):
        rows = 0 if name == "int32" else int(torch.randint(1, 5, ()).item())
        tensors[f"layer.{seed * 7 + i}.{name}"] = (torch.rand(rows, 3) * 4).to(getattr(torch, name))
    save_file(tensors, path, metadata={"format": "pt"})
    print(seed, "file", digest(read()), digest(save(tensors, metadata={"format": "pt"})))
    for backend in ("mmap", "pread"):
        loaded = load_file(path, backend=backend)
        print(seed, backend, *loaded, *(bits(tensor) for tensor in loaded.values()))
    with safe_open(path, "pt") as opened:
        print(seed, *opened.keys(), opened.metadata()["format"])
        for name in opened.offset_keys():
            part = opened.get_slice(name)
            print(seed, name, part.get_dtype(), *part.get_shape(), bits(part[1:, ::2]), bits(part[..., -1]))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 5)
        self.norm = nn.BatchNorm1d(5)
        self.head = nn.Linear(5, 7)
        self.head.weight = self.embedding.weight


for seed in range(5):
    torch.manual_seed(seed)
    model = Tied()
    save_model(model, path)
    print("model", seed, digest(read()))
    other = Tied()
    print("loaded", *load_model(other, path), *(bits(tensor) for tensor in other.state_dict().values()))
shutil.rmtree(folder)
