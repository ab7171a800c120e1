"""What Python finds in a file of weights: how it reads it, then a line for each tensor. describe.ts says the same.

describe.py FILE
"""

import hashlib
import io
import pickle
import re
import sys
import warnings

import numpy
import torch
from safetensors.torch import load_file

warnings.simplefilter("ignore")


class Stub:
    """Stands for an object of a class that is not installed."""

    def __init__(self, *args, **kwargs):
        pass

    def __setstate__(self, state):
        self.state = state


class Lenient(pickle.Unpickler):
    def find_class(self, module, name):
        try:
            return super().find_class(module, name)
        except (ImportError, AttributeError):
            return type(name, (Stub,), {})


class LenientPickle:
    Unpickler = Lenient
    load = staticmethod(lambda file, **_: Lenient(file).load())
    loads = staticmethod(lambda data, **_: Lenient(io.BytesIO(data)).load())


def attributes(module):
    """Tensors that are neither parameters nor buffers, of those that the code names."""
    for path, each in module.named_modules():
        for name in re.findall(r"self\.(\w+)", getattr(each, "code", "")):
            value = getattr(each, name, None)
            if isinstance(value, torch.Tensor):
                yield f"{path}.{name}" if path else name, value


def called(module):
    """What silero-vad gives for three pieces of sound, one after the other: it has a state."""
    torch.set_num_threads(1)
    torch._C._jit_set_profiling_mode(False)  # what runs here: the executor would optimize
    torch.manual_seed(0)
    module.eval()
    with torch.no_grad():
        for i, size in enumerate([1, 1, 2]):
            yield f"forward({i})", module(torch.randn(size, 512), 16000)
        module.reset_states()
        yield "audio_forward", module.audio_forward(torch.randn(1, 5000), 16000)


def read(file):
    if file.endswith(".npz"):
        return "npz", {name: torch.from_numpy(array) for name, array in numpy.load(file).items()}
    if file.endswith(".safetensors"):
        return "safetensors", load_file(file)
    if file.endswith(".jit"):
        module = torch.jit.load(file, map_location="cpu")
        return "TorchScript", {**module.state_dict(), **dict(attributes(module)), **dict(called(module))}
    try:
        return "weights only", torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        return "with objects", torch.load(file, map_location="cpu", weights_only=False, pickle_module=LenientPickle)


def tensors(value, path, seen):
    if isinstance(value, torch.Tensor):
        yield path, value.detach()
        return
    if id(value) in seen:
        return
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, (list, tuple)):
        entries = enumerate(value)
    elif isinstance(value, Stub):
        entries = getattr(value, "state", {}).items()
    else:
        return
    for key, each in entries:
        name = f"{path}.{key}" if path and isinstance(key, str) else key if isinstance(key, str) else f"{path}[{key}]"
        yield from tensors(each, name, {*seen, id(value)})


def line(name, tensor):
    data = tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
    return f"{name} {str(tensor.dtype)[6:]} {list(tensor.shape)} {hashlib.sha256(data).hexdigest()}"


how, value = read(sys.argv[1])
print(how)
for text in sorted(line(name, tensor) for name, tensor in tensors(value, "", set())):
    print(text)
