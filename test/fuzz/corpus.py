"""Calls for the fuzzer to mutate: PyTorch's operator, module and optimizer databases, and what they ask of the dispatcher.

Run by test/fuzz/run.ts with a Python that has torch. FILE gets a line for each call: the operator's name with its
overload, "aten::add.Tensor", or Python's, "nn.Linear"; the arguments, the keywords, what a module is called with. Tensors
go as shape, stride, dtype, and small ones of integers with their values.

    python test/fuzz/corpus.py FILE
"""

import json
import sys
import types
import unittest
import warnings
from pathlib import Path

# torch.testing's TestCase derives from a class of this package, of which nothing is used here.
sys.modules.setdefault("expecttest", types.SimpleNamespace(TestCase=unittest.TestCase))

import torch  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402
from torch.testing._internal.common_modules import module_db  # noqa: E402
from torch.testing._internal.common_optimizers import optim_db  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

warnings.simplefilter("ignore")
torch.set_num_threads(1)
torch.manual_seed(0)

CALLS = 6  # of each overload
SAMPLES = 6  # of each entry and dtype
LARGEST = 4096  # elements of one tensor


class Unfit(Exception):
    """An argument that JavaScript has no value for, or a tensor too large."""


def encode(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_quantized or value.numel() > LARGEST:
            raise Unfit
        entry = {"tensor": list(value.shape), "stride": list(value.stride()), "dtype": str(value.dtype)[6:]}
        if value.numel() <= 64 and value.dtype in (torch.int64, torch.int32):
            entry["values"] = value.flatten().tolist()
        return entry
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": str(value)}
    if isinstance(value, complex):
        return {"complex": [str(value.real), str(value.imag)]}
    if isinstance(value, torch.dtype):
        return {"dtype": str(value)[6:]}
    if isinstance(value, torch.layout):
        return {"layout": str(value)[6:]}
    if isinstance(value, torch.memory_format):
        return {"memoryFormat": str(value)[6:]}
    if isinstance(value, torch.device):
        return {"device": str(value)}
    raise Unfit


class Recorder(TorchDispatchMode):
    def __init__(self, file):
        super().__init__()
        self.file = file
        self.counts = {}
        self.seen = set()

    def note(self, name, args, kwargs, inputs=()):
        if self.counts.get(name, 0) >= CALLS:
            return
        try:
            line = json.dumps([name, encode(args), {k: encode(v) for k, v in kwargs.items()}, encode(inputs)])
        except Unfit:
            return
        if line not in self.seen:
            self.seen.add(line)
            self.counts[name] = self.counts.get(name, 0) + 1
            self.file.write(line + "\n")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.note(func.name(), args, kwargs or {})
        return func(*args, **(kwargs or {}))


def differentiate(result):
    outputs = [one for one in tree_leaves(result) if isinstance(one, torch.Tensor) and one.requires_grad]
    leaves = sum((one.abs().sum() if one.is_complex() else one.sum()) for one in outputs)
    if outputs:
        leaves.backward()


def run(attempt):
    try:
        attempt()
    except Exception:  # an entry that needs what is not here
        pass


def run_operator(op, dtype):
    for i, sample in enumerate(op.sample_inputs("cpu", dtype, requires_grad=op.supports_autograd and dtype.is_floating_point)):
        if i == SAMPLES:
            break
        recorder.note(op.name, (sample.input, *sample.args), sample.kwargs)
        run(lambda: differentiate(op(sample.input, *sample.args, **sample.kwargs)))


def run_module(info):
    for training in (True, False):
        inputs = info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=True, training=training)
        for sample in inputs[:SAMPLES]:
            if sample.forward_input is None:
                continue
            args, kwargs = sample.constructor_input.args, sample.constructor_input.kwargs
            module = info.module_cls(*args, **kwargs).train(training)
            recorder.note("nn." + info.module_cls.__name__, args, kwargs, sample.forward_input.args)
            run(lambda: differentiate(module(*sample.forward_input.args, **sample.forward_input.kwargs)))


def note_optimizer(info):
    for made in info.optim_inputs_func("cpu"):
        recorder.note("optim." + info.optim_cls.__name__, ([torch.ones(3, 2), torch.ones(4)],), made.kwargs)


with Path(sys.argv[1]).open("w") as file, Recorder(file) as recorder:
    for op in op_db:
        for dtype in (torch.float32, torch.int64, torch.complex64):
            run(lambda: run_operator(op, dtype))
    for info in module_db:
        run(lambda: run_module(info))
    for info in optim_db:
        run(lambda: note_optimizer(info))
