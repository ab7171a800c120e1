"""Python's half of the check of errors: calls that PyTorch's own tables of operators, modules and optimizers
know to fail, with what Python 2.13 on the CPU raises for each. error_inputs.ts makes the same calls.

Run by test/parity/run.js; prints one JSON object a line.

    python test/parity/error_inputs.py
"""

import inspect
import json
import sys
import traceback
import warnings
from collections import Counter

from opinfo import Unfit, floats_that_are_whole, op_db, target  # first: it stands in for a package that is not here

import torch
from torch.testing._internal.common_modules import ModuleErrorEnum, module_db
from torch.testing._internal.common_optimizers import optim_db

warnings.simplefilter("ignore")
torch.set_num_threads(1)

LAYOUTS = [torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc]
# Lambdas of op_db and what they call.
LAMBDAS = {name: ("method", name + "_") for name in ("cauchy", "exponential", "geometric", "log_normal", "normal", "uniform")}
LAMBDAS |= {"bernoulli": ("function", "bernoulli"), "where": ("function", "where"), "linalg.lstsq": ("function", "linalg.lstsq"),
            "nn.functional.embedding": ("functional", "embedding"), "nn.functional.rrelu": ("functional", "rrelu")}


class Encoder:
    """Arguments of one call: tensors of one storage stay tensors of one storage."""

    def __init__(self):
        self.storages = []  # (storage, hex digits)
        self.tensors = []

    def storage(self, tensor):
        storage = tensor.untyped_storage()
        for index, (known, _) in enumerate(self.storages):
            if known._cdata == storage._cdata:
                return index
        if storage.nbytes() > 1_000_000:
            raise Unfit
        # A copy: a storage that NumPy has seen is not resizable any more, which is an error of its own.
        copy = torch.empty(0, dtype=torch.uint8).set_(storage).clone()
        self.storages.append((storage, copy.numpy().tobytes().hex()))
        return len(self.storages) - 1

    def tensor(self, tensor):
        if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.is_quantized or tensor.is_conj() or tensor.is_neg():
            raise Unfit
        common = {"dtype": str(tensor.dtype)[6:], "shape": list(tensor.shape), "requiresGrad": tensor.requires_grad}
        if tensor.device.type == "meta":
            return {"tensor": {**common, "device": "meta", "stride": list(tensor.stride())}}
        if tensor.layout == torch.sparse_coo:
            parts = [tensor._indices(), tensor._values()]
        elif tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
            parts = [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
        elif tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
            parts = [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
        else:
            place = {"stride": list(tensor.stride()), "offset": tensor.storage_offset(), "storage": self.storage(tensor)}
            return {"tensor": {**common, **place, "parameter": isinstance(tensor, torch.nn.Parameter)}}
        return {"tensor": {**common, "layout": str(tensor.layout)[6:], "parts": [self.tensor(part.detach()) for part in parts]}}

    def __call__(self, value):
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, torch.Tensor):
            for index, known in enumerate(self.tensors):
                if known is value:
                    return {"same": index}
            encoded = self.tensor(value)
            self.tensors.append(value)
            return encoded
        if isinstance(value, int):
            return {"int": str(value)}
        if isinstance(value, float):
            return {"float": str(value)}
        if isinstance(value, complex):
            return {"complex": [str(value.real), str(value.imag)]}
        if isinstance(value, torch.device):
            return str(value)
        for kind in (torch.dtype, torch.layout, torch.memory_format):
            if isinstance(value, kind):
                return {"constant": str(value)[6:]}
        if isinstance(value, (list, tuple)):
            return [self(v) for v in value]
        if isinstance(value, dict):
            return {"dict": {key: self(v) for key, v in value.items()}}
        raise Unfit


# In lambdas of op_db, the order in which they hand on what they are given.
ORDERS = {"where": [1, 0, 2], "nn.functional.embedding": [1, 0]}

skipped = {}


# Of functions that choose another by a boolean, which have no signature.
UNSIGNED = ("kernel_size", "output_size")


def required_by_position(call, args, kwargs):
    """What has no default is positional in nodetorch; Python takes it by keyword, too."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except ValueError:  # of C++
        return args, kwargs
    args, kwargs = list(args), dict(kwargs)
    args += [kwargs.pop(name) for name in UNSIGNED if name in kwargs and len(args) == 1 and any(p.kind is p.VAR_POSITIONAL for p in parameters)]
    for parameter in list(parameters)[len(args):]:
        if parameter.default is not parameter.empty or parameter.name not in kwargs:
            break
        args.append(kwargs.pop(parameter.name))
    return args, kwargs


def is_whole_float(args, kwargs, error):
    """JavaScript has one type of numbers: 3.0 is the integer 3."""
    return isinstance(error, TypeError) and floats_that_are_whole([args, kwargs])


def skip(name, why):
    skipped.setdefault(why, Counter())[name] += 1


def record(room, name, spelling, args, kwargs, call, forward=None, training=True):
    """One line: the call's arguments, and what it raises. `forward` are the arguments of a module's call."""
    case = {"room": room, "name": name, "call": spelling, "training": training}
    encode = Encoder()
    try:
        case["args"] = [encode(arg) for arg in args]
        case["kwargs"] = {key: encode(value) for key, value in kwargs.items()}
        case["forward"] = forward and [[encode(arg) for arg in forward[0]], {key: encode(v) for key, v in forward[1].items()}]
    except Unfit:
        skip(name, "arguments that are not written")
        return
    case["storages"] = [digits for _, digits in encode.storages]
    try:
        call()
    except Exception as error:
        if is_whole_float(args, kwargs, error):
            skip(name, "a float that is whole")
            return
        case["error"], case["message"] = type(error).__name__, str(error)
        # Raised by C++, whose message is ours as well, if the last line of Python called it.
        frames = traceback.extract_tb(error.__traceback__)
        case["native"] = not frames[-1].line.startswith(("raise ", "assert ")) if len(frames) > 1 else True
    else:
        skip(name, "no error on the CPU")
        return
    print(json.dumps(case, allow_nan=False))


def operators():
    for op in op_db:
        found = LAMBDAS.get(op.name) or target(op)
        if not found:
            if op.error_inputs_func is not None:
                for _ in op.error_inputs("cpu"):
                    skip(op.name, "no name in nodetorch")
            continue
        inputs = list(op.error_inputs("cpu")) if op.error_inputs_func is not None else []
        if op.error_inputs_sparse_func is not None:
            for layout in LAYOUTS:
                if op.supports_sparse_layout(layout):
                    inputs += op.error_inputs_sparse("cpu", layout)
        for one in inputs:
            sample = one.sample_input
            args = [sample.input, *sample.args]
            handed = [args[i] for i in ORDERS.get(op.name, range(len(args)))] if len(args) >= len(ORDERS.get(op.name, [])) else args
            name = op.name + ("." + op.variant_test_name if op.variant_test_name else "")
            given = required_by_position(op.op, handed, sample.kwargs)
            record("operator", name, found, *given, lambda: op.op(*args, **sample.kwargs))


def modules():
    for info in module_db:
        if info.module_error_inputs_func is None:
            continue
        for training in (True, False):
            for one in info.module_error_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=False, training=training):
                built = one.module_error_input.constructor_input
                called = one.module_error_input.forward_input
                name = info.module_cls.__name__

                def call():
                    module = info.module_cls(*built.args, **built.kwargs)
                    if one.error_on == ModuleErrorEnum.FORWARD_ERROR:
                        module.train(training)
                        module(*called.args, **called.kwargs)

                forward = (called.args, called.kwargs) if one.error_on == ModuleErrorEnum.FORWARD_ERROR else None
                # They give a non-linearity where Python's class takes `bias`: it is left at its default.
                given = built.args[:2] if name.endswith("Cell") else built.args
                given = required_by_position(info.module_cls, given, built.kwargs)
                record("module", name, ["module", name], *given, call, forward, training)


def optimizers():
    for info in optim_db:
        for one in info.optim_error_inputs_func(device="cpu", dtype=torch.float32):
            given = one.optimizer_error_input
            params = [torch.nn.Parameter(torch.zeros(2, 2))] if given.params is None else given.params
            name = info.optim_cls.__name__
            record("optimizer", name, ["optimizer", name], [params], given.kwargs, lambda: info.optim_cls(params, **given.kwargs))


if __name__ == "__main__":
    operators()
    modules()
    optimizers()
    for why, names in skipped.items():
        print(f"left out, {why}: {names.total()} ({', '.join(names)})", file=sys.stderr)
