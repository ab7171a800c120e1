"""Python's half of the operator parity check: sample inputs and results of PyTorch's own OpInfo database.

Run by test/parity/run.js with a Python that has torch; opinfo.ts replays what this leaves in DIR:
cases.jsonl, one call a line, and data.bin, the bytes of all tensors.

    python test/parity/opinfo.py DIR [name ...]
"""

import inspect
import json
import math
import sys
import types
import unittest
import warnings
import zlib
from pathlib import Path

# torch.testing's TestCase derives from a class of this package, of which nothing is used here.
sys.modules.setdefault("expecttest", types.SimpleNamespace(TestCase=unittest.TestCase))

import torch  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

warnings.simplefilter("ignore")
torch.set_num_threads(1)

SAMPLES = 12  # of each operator and dtype
LARGEST = 100_000  # bytes of one tensor
DTYPES = [torch.float32, torch.int64, torch.bool, torch.complex64]

# Entries whose `op` is a lambda or Python code, and which nodetorch has under the same name.
METHODS = {
    "contiguous", "sum_to_size", "expand", "expand_as", "reshape_as", "view", "view_as", "unfold", "repeat",
    "bfloat16", "bool", "byte", "char", "double", "float", "half", "int", "long", "short", "item", "to",
    "new_zeros", "new_ones", "new_full",
}
FUNCTIONS = {
    "broadcast_tensors", "block_diag", "cartesian_prod", "cdist", "stft", "meshgrid", "split", "einsum",
    "atleast_1d", "atleast_2d", "atleast_3d", "unique", "unique_consecutive", "tensordot", "norm",
    "randn", "randn_like", "randint", "randint_like", "multinomial", "broadcast_shapes",
    "unravel_index", "linalg.pinv",
}
# Their lambdas seed the generator themselves (wrapper_set_seed).
SEEDED = {"randn", "randn_like", "randint", "randint_like", "multinomial"}
# Memory that nobody wrote. Python itself does not repeat lstsq to the last bit.
UNDEFINED = {"linalg.lstsq", "empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided",
             "resize_", "resize_as_"}


def target(op):
    """How TypeScript calls the operator: ("function" | "functional" | "method", name), or None."""
    kind = type(op.op).__name__
    if op.name in UNDEFINED or op.name.startswith("__"):  # Python's operator syntax
        return None
    if kind == "builtin_function_or_method":
        return "function", op.op.__name__
    if kind in ("method_descriptor", "wrapper_descriptor"):
        return "method", op.op.__name__
    if op.name in METHODS:
        return "method", op.name
    if op.name in FUNCTIONS:
        return "function", op.name
    if op.name.startswith("nn.functional.") and op.op is getattr(torch.nn.functional, op.name[14:], None):
        return "functional", op.name[14:]
    return None


class Unfit(Exception):
    """A sample that is not written: too large, sparse, or an argument JavaScript has no value for."""


class Writer:
    def __init__(self, folder):
        self.cases = (folder / "cases.jsonl").open("w")
        self.data = (folder / "data.bin").open("wb")
        self.offset = 0

    def bytes(self, tensor):
        raw = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
        raw = raw.reshape(-1).view(torch.uint8).numpy().tobytes()
        self.data.write(raw)
        self.data.write(b"\0" * (-len(raw) % 16))
        start, self.offset = self.offset, self.offset + len(raw) + -len(raw) % 16
        return [start, len(raw)]

    def line(self, case):
        self.cases.write(json.dumps(case, allow_nan=False) + "\n")


def dtype_name(dtype):
    return str(dtype)[6:]


def copied(value):
    """The same sample with tensors that stand alone: laid out as they were, leaves of the graph."""
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_quantized or type(value) not in (torch.Tensor, torch.nn.Parameter):
            raise Unfit
        leaf = value.detach().resolve_conj().resolve_neg()
        extent = sum((n - 1) * s for n, s in zip(leaf.shape, leaf.stride())) + 1 if leaf.numel() else 0
        if max(extent, leaf.numel()) * leaf.element_size() > LARGEST:
            raise Unfit
        storage = torch.zeros(extent, dtype=leaf.dtype)
        fresh = storage.as_strided(leaf.shape, leaf.stride())
        if leaf.numel():
            storage.copy_(torch.as_strided(leaf, (extent,), (1,), leaf.storage_offset()))
        return fresh.detach().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(copied(v) for v in value) if not hasattr(value, "_fields") else value
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return value


def encode(writer, value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, torch.Tensor):
        extent = sum((n - 1) * s for n, s in zip(value.shape, value.stride())) + 1 if value.numel() else 0
        start, size = writer.bytes(torch.as_strided(value.detach(), (extent,), (1,)))
        return {"tensor": [start, size, dtype_name(value.dtype), list(value.shape), list(value.stride()), value.requires_grad]}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": str(value)}
    if isinstance(value, complex):
        return {"complex": [str(value.real), str(value.imag)]}
    if isinstance(value, torch.dtype):
        return {"dtype": dtype_name(value)}
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, torch.layout):
        return {"layout": str(value)[6:]}
    if isinstance(value, torch.memory_format):
        return {"memoryFormat": str(value)[6:]}
    if isinstance(value, (list, tuple)):
        return [encode(writer, v) for v in value]
    raise Unfit


def results(value):
    """The tensors and plain values of a result, nested or not, in one list."""
    if isinstance(value, (list, tuple)):
        return [one for item in value for one in results(item)]
    return [value]


def encode_result(writer, value):
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_quantized:
            raise Unfit
        dense = value.detach()
        if dense.numel() * dense.element_size() > LARGEST * 4:
            raise Unfit
        return {"tensor": [*writer.bytes(dense), dtype_name(value.dtype), list(value.shape), list(value.stride()), value.requires_grad]}
    return encode(writer, value)


def cotangent(tensor):
    return torch.linspace(0.5, 1.5, tensor.numel(), dtype=torch.float32).to(tensor.dtype).reshape(tensor.shape)


def leaves(value):
    if isinstance(value, torch.Tensor):
        return [value] if value.requires_grad else []
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return []


def floats_that_are_whole(value):
    if isinstance(value, float):
        return math.isfinite(value) and value == int(value)
    if isinstance(value, (list, tuple)):
        return any(floats_that_are_whole(item) for item in value)
    if isinstance(value, dict):
        return any(floats_that_are_whole(item) for item in value.values())
    return False


def takes_as_is(op, args):
    """Whether a lambda only hands its arguments on (some swap or bind them)."""
    if type(op.op).__name__ != "function":
        return True
    if op.op.__name__ != "<lambda>":
        return True
    return any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(op.op).parameters.values()) or len(args) == 1


def write_inplace(writer, op, dtype, number, args, kwargs):
    """The in-place method on a copy of the input, outside of autograd."""
    name = getattr(op.inplace_variant, "__name__", "")
    if not name.endswith("_") or not isinstance(args[0], torch.Tensor):
        return
    with torch.no_grad():
        plain = [arg.detach() if isinstance(arg, torch.Tensor) else arg for arg in args]
        write_case(writer, op, "method", name, dtype, number, plain, kwargs, op.inplace_variant)


def write_case(writer, op, kind, name, dtype, number, args, kwargs, call=None):
    seed = 42 if op.name in SEEDED else zlib.crc32(f"{op.name}.{op.variant_test_name}.{dtype}.{number}".encode())
    case = {
        "op": (op.name if call is None else name) + ("." + op.variant_test_name if op.variant_test_name else ""),
        "kind": kind,
        "name": name,
        "dtype": dtype_name(dtype),
        "sample": number,
        "seed": seed,
        "wholeFloat": floats_that_are_whole([args, kwargs]),
        "args": [encode(writer, arg) for arg in args],
        "kwargs": {key: encode(writer, value) for key, value in kwargs.items()},
    }
    torch.manual_seed(seed)
    try:
        returned = (call or op.op)(*args, **kwargs)
    except Exception:  # some samples are for errors, or for devices that are not here
        raise Unfit from None
    outputs = results(returned)
    case["outputs"] = [encode_result(writer, value) for value in outputs]
    case["method"] = (
        kind == "function" and op.method_variant is not None and isinstance(args[0], torch.Tensor) and op.method_variant.__name__ == name
    )
    inputs = leaves([args, kwargs])
    roots = [o for o in outputs if isinstance(o, torch.Tensor) and o.requires_grad]
    case["gradients"] = None
    if inputs and roots:
        try:
            gradients = torch.autograd.grad(roots, inputs, [cotangent(r) for r in roots], allow_unused=True)
            case["gradients"] = [encode_result(writer, g) for g in gradients]
        except RuntimeError:
            pass
    writer.line(case)


def main():
    folder = Path(sys.argv[1])
    wanted = set(sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(folder)
    writer.line({"torch": torch.__version__, "entries": len(op_db)})
    for op in op_db:
        found = target(op)
        if not found or (wanted and op.name not in wanted):
            continue
        for dtype in DTYPES:
            if dtype not in op.dtypes:
                continue
            differentiable = (dtype.is_floating_point or dtype.is_complex) and op.supports_autograd
            torch.manual_seed(zlib.crc32(op.name.encode()))
            written = 0
            try:
                samples = iter(op.sample_inputs("cpu", dtype, requires_grad=differentiable))
                for number in range(SAMPLES * 4):
                    sample = next(samples)
                    try:
                        args = copied([sample.input, *sample.args])
                        if takes_as_is(op, args):
                            write_case(writer, op, *found, dtype, number, args, copied(sample.kwargs))
                            written += 1
                            if number < 3:
                                write_inplace(writer, op, dtype, number, copied(args), copied(sample.kwargs))
                    except Unfit:
                        pass
                    if written == SAMPLES:
                        break
            except StopIteration:
                pass
            except Exception as error:  # a sample that needs a package that is not here
                print(f"{op.name} {dtype}: {type(error).__name__}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
