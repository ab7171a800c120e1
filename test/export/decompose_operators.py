"""Makes decompose_operators.json: for programs of one operator each, what Python's run_decompositions leaves and computes.

    npm run fixtures -- test/export/decompose_operators.py
"""
import json
import os
import pathlib
import sys

import torch
from torch.export import Dim, export

torch.set_num_threads(1)
N, OTHER = 4, 7  # the sizes that programs are exported for and, where a case says so, also run with
inf, nan = float("inf"), float("nan")


def made(*shape, dtype=torch.float32, low=-2.0, high=2.0):
    count = torch.Size(shape).numel()
    return (torch.linspace(low, high, count).mul(7.3).sin() * high).view(shape).to(dtype)


def positive(*shape):
    return made(*shape).abs() * 0.45 + 0.05


def ids(*values, dtype=torch.int64):
    return torch.tensor(values, dtype=dtype)


def labels(n, classes=5):
    return torch.arange(n) * 3 % classes


special = torch.tensor([nan, inf, -inf, 0.0, -0.0, 1.5, -2.5, 0.25])
mask = made(4, 6) > 0
wide = made(2, 3, 6, 4).to(memory_format=torch.channels_last)
half = made(4, 6, dtype=torch.bfloat16)
whole = made(4, 6, high=5.0).to(torch.int64)
# An operator, its arguments by the size of dimension 0, the sizes that it is run with, and keywords.
cases = []


def case(operator, args, dynamic=False, **kwargs):
    cases.append((operator, args if callable(args) else lambda n: args, [N, OTHER] if dynamic else [N], kwargs))


# losses
for reduction in (0, 1, 2):
    case("nll_loss_forward", lambda n, r=reduction: [made(n, 5), labels(n), None, r, -100], True)
    case("nll_loss_forward", lambda n, r=reduction: [made(n, 5), labels(n), positive(5), r, 3], True)
    case("nll_loss2d_forward", lambda n, r=reduction: [made(n, 5, 2, 3), labels(n * 6).view(n, 2, 3), positive(5), r, 1], True)
    case("binary_cross_entropy", lambda n, r=reduction: [positive(n, 3), positive(n, 3), None, r], True)
    case("binary_cross_entropy_with_logits", lambda n, r=reduction: [made(n, 3), positive(n, 3), None, None, r], True)
    case("soft_margin_loss", lambda n, r=reduction: [made(n, 3), made(n, 3).sign(), r], True)
    case("multi_margin_loss", lambda n, r=reduction: [made(n, 5), labels(n), 1, 1, None, r], True)
    case("multilabel_margin_loss_forward", [made(3, 4), torch.tensor([[3, 0, -1, 1], [1, 2, 3, 0], [-1, 0, 1, 2]]), reduction])
case("nll_loss_forward", [made(5), torch.tensor(2), None, 1, -100])
case("nll_loss_forward", [made(5), torch.tensor(2), positive(5), 0, -100])
case("binary_cross_entropy_with_logits", [made(4, 3), positive(4, 3), positive(3), positive(3), 1])
case("multi_margin_loss", [made(4, 5), labels(4), 2, 0.5, positive(5), 1])
case("soft_margin_loss", [half, half.sign(), 1])

# padding, resampling, patches
for name in ("reflection_pad", "replication_pad"):
    case(f"{name}1d", lambda n, name=name: [made(n, 3, 6), [2, 1]], True)
    case(f"{name}2d", lambda n, name=name: [made(n, 3, 6, 4), [2, 1, 0, 3]], True)
    case(f"{name}2d", [wide, [1, 1, 2, 0]])
    case(f"{name}2d", [made(2, 6, 4, dtype=torch.bfloat16), [1, 1, 2, 0]])
    case(f"{name}3d", [made(2, 3, 4, 4, 5), [2, 1, 0, 3, 1, 1]])
case("upsample_linear1d", lambda n: [made(n, 3, 6), [11], False, None], True)
case("upsample_linear1d", [made(2, 3, 6), [11], True, None])
case("upsample_linear1d", [made(2, 3, 6), [15], False, 2.5])
case("im2col", lambda n: [made(n, 3, 6, 5), [2, 3], [1, 1], [1, 0], [2, 1]], True)
case("im2col", [made(3, 6, 5), [2, 2], [2, 1], [0, 0], [1, 1]])
case("col2im", lambda n: [made(n, 8, 12), [4, 5], [2, 2], [1, 1], [0, 0], [1, 1]], True)
case("col2im", [made(8, 30), [4, 5], [2, 2], [1, 1], [1, 1], [1, 1]])
case("pixel_shuffle", lambda n: [made(n, 8, 3, 2), 2], True)
case("pixel_shuffle", [made(2, 8, 3, 2).to(memory_format=torch.channels_last), 2])
case("pixel_unshuffle", lambda n: [made(n, 2, 4, 6), 2], True)
case("channel_shuffle", lambda n: [made(n, 6, 2, 3), 3], True)
case("max_unpool2d", [positive(2, 3, 2, 2), torch.tensor([[[0, 3], [9, 14]]]).expand(2, 3, 2, 2).contiguous(), [4, 4]])
case("max_unpool3d", [positive(1, 2, 1, 2, 2), torch.tensor([[[0, 3], [9, 14]]]).expand(1, 2, 1, 2, 2).contiguous(), [2, 4, 4], [2, 2, 2], [0, 0, 0]])
case("affine_grid_generator", [made(2, 2, 3), [2, 3, 4, 5], False])
case("affine_grid_generator", [made(2, 2, 3), [2, 3, 4, 5], True])
case("affine_grid_generator", [made(2, 3, 4), [2, 3, 2, 4, 5], False])

# numbers by themselves
for name in "clamp_min clamp_max".split():
    case(name, lambda n, name=name: [made(n, 6), 0.5], True)
    case(name, [whole, 2])
    case(f"{name}.Tensor", [made(4, 6), made(6)])
for name in "frac sinc isneginf isposinf special_entr sgn deg2rad rad2deg special_log_ndtr nan_to_num".split():
    case(name, lambda n, name=name: [made(n, 6)], True)
    case(name, [special])
for name in "frac sinc special_entr deg2rad nan_to_num sgn isposinf".split():
    case(name, [half])
for name in "sinc special_entr deg2rad nan_to_num sgn isposinf special_log_ndtr".split():
    case(name, [whole])
case("sgn", [torch.complex(made(3, 2), made(3, 2) + 1)])
case("nan_to_num", [special, 1.0, 2.0, -3.0])
case("logit", lambda n: [positive(n, 3), None], True)
case("logit", [positive(4, 3), 0.3])
case("logit", [positive(4, 3).bfloat16(), 0.3])
case("mvlgamma", [positive(4, 3) + 2, 3])
case("rsub.Scalar", [made(4, 3), 2.5, 2])
case("rsub.Scalar", [whole, 2.5])
case("rsub.Tensor", [made(4, 3), made(3)])
case("rsub.Tensor", [whole, made(6)], alpha=2)
for name in "xlogy special_xlog1py".split():
    scalars = ("Scalar_Self", "Scalar_Other") if name == "xlogy" else ("self_scalar", "other_scalar")
    tensors = "xlogy.Tensor" if name == "xlogy" else name
    case(tensors, lambda n, tensors=tensors: [made(n, 3), positive(n, 3)], True)
    case(tensors, [special, special.flip(0)])
    case(tensors, [whole, whole.abs()])
    case(f"{name}.{scalars[0]}", [1.5, positive(4, 3)])
    case(f"{name}.{scalars[1]}", [made(4, 3), 0.5])
for name in "logaddexp logaddexp2".split():
    case(name, lambda n, name=name: [made(n, 6), made(n, 6).flip(1)], True)
    case(name, [special, special.flip(0)])
case("heaviside", lambda n: [made(n, 6).round(), made(n, 6)], True)
case("heaviside", [special, torch.tensor(0.5)])
case("lerp.Scalar", lambda n: [made(n, 6), made(n, 6).cos(), 0.3], True)
case("lerp.Scalar", [made(4, 6), made(6), 0.75])
case("lerp.Tensor", lambda n: [made(n, 6), made(n, 6).cos(), positive(n, 6)], True)
case("lerp.Scalar", [half, half.cos(), 0.3])
case("addcdiv", lambda n: [made(n, 6), made(n, 6), positive(n, 6)], True, value=0.5)
case("addcmul", [half, half.cos(), half.sin()], value=2)
case("addcmul", lambda n: [made(n, 6), made(n, 6).cos(), made(6)], True)
case("lerp.Scalar", [made(6, 4).t(), made(6, 4).cos().t(), 0.3])
case("lerp.Tensor", [made(6, 4).t(), made(4, 6), positive(6)])
case("addcdiv", [made(4, 6), made(4, 6), positive(6)])
case("addcdiv", [half, half, half.abs() + 1], value=2)
case("floor_divide", [made(4, 6), positive(6)])
case("floor_divide", [whole, torch.tensor(3)])
case("floor_divide.Scalar", [made(4, 6), 0.3])
case("isin.Tensor_Tensor", lambda n: [labels(n * 3).view(n, 3), ids(1, 3)], True)
case("isin.Tensor_Tensor", [labels(12).view(4, 3), torch.arange(40)])
case("isin.Tensor_Tensor", [labels(12).view(4, 3), ids(1, 3)], invert=True)
case("isin.Tensor_Tensor", [torch.arange(5), torch.arange(3, 43)], assume_unique=True)
case("isin.Tensor_Scalar", [labels(12).view(4, 3), 3])
case("isin.Scalar_Tensor", [3, labels(12).view(4, 3)])

# sums, norms, products
case("all", lambda n: [made(n, 6) > -3], True)
case("all", [torch.tensor([1, 2, 3], dtype=torch.uint8)])
case("all.dim", lambda n: [made(n, 6) > -1, 1], True)
case("all.dims", [mask, [0, 1], True])
case("all.dims", [mask, None])
case("aminmax", lambda n: [made(n, 6)], True)
case("aminmax", [made(4, 6)], dim=1, keepdim=True)
case("sum", lambda n: [made(n, 6)], True)
case("sum", [whole])
case("sum", [mask], dtype=torch.float32)
case("nansum", [special.view(2, 4), [1]])
case("nansum", lambda n: [made(n, 6), None], True)
case("nansum", [whole, [0], True])
case("count_nonzero", lambda n: [made(n, 6).round()], True)
case("count_nonzero.dim_IntList", [mask, [1]])
case("logsumexp", lambda n: [made(n, 6), [1]], True)
case("logsumexp", [special.view(2, 4), [0, 1], True])
case("logsumexp", [half, [1]])
case("logsumexp", [whole, [0]])
case("std.correction", lambda n: [made(n, 6), [1]], True, correction=1)
case("std.correction", [half, None], correction=0, keepdim=True)
case("std_mean.correction", lambda n: [made(n, 6), [0]], True, correction=1)
case("std_mean.correction", [half, [1]], correction=0, keepdim=True)
case("norm.Scalar", lambda n: [made(n, 6), 2], True)
case("norm.ScalarOpt_dim", [made(4, 6), None, [1], True])
case("norm.ScalarOpt_dim", [made(4, 6), 1.5, [1], False])
case("norm.ScalarOpt_dim_dtype", [half, 2, [1], False], dtype=torch.float32)
case("norm.ScalarOpt_dtype", [half, 3], dtype=torch.float32)
case("renorm", lambda n: [made(n, 6), 2, 0, 1.5], True)
case("renorm", [half, 1, 1, 2])
case("trace", [made(4, 6)])
case("trace", [whole])
case("mv", lambda n: [made(n, 6), made(6)], True)
case("mv", [half, half[0]])
case("dot", lambda n: [made(n), made(n)], True)
case("vdot", [made(6), made(6)])
case("vdot", [torch.complex(made(5), made(5) + 1), torch.complex(made(5) - 1, made(5))])
case("dot", [torch.complex(made(5), made(5) + 1), torch.complex(made(5) - 1, made(5))])
case("addr", lambda n: [made(n, 6), made(n), made(6)], True)
case("addr", [made(6), made(4), made(6)], beta=0.5, alpha=2)
case("addr", [made(6), made(4), made(6)], beta=0, alpha=2)
case("baddbmm", lambda n: [made(n, 3, 5), made(n, 3, 4), made(n, 4, 5)], True, beta=0.5, alpha=2)
case("linalg_cross", lambda n: [made(n, 3), made(n, 3).cos()], True)
case("linalg_cross", [made(3, 4), made(3, 1), ], dim=0)
case("_euclidean_dist", lambda n: [made(n, 6), made(3, 6).cos()], True)
case("_weight_norm_interface", lambda n: [made(n, 6), positive(n, 1), 0], True)
case("_weight_norm_interface", [made(4, 3, 2), positive(1, 1, 2), 2])

# places and sizes
for name in "tril triu".split():
    case(name, lambda n, name=name: [made(n, 6)], True)
    case(name, [made(2, 4, 6), -1])
    case(name, [mask, 1])
    case(name, [whole, 2])
case("roll", lambda n: [made(n, 6), [2], [1]], True)
case("roll", lambda n: [made(n, 6), [1], [0]], True)
case("roll", [made(4, 6), [-3], []])
case("roll", [made(4, 6, 2), [1, -2], [0, 1]])
for k in range(4):
    case("rot90", lambda n, k=k: [made(n, 6), k, [0, 1]], True)
case("index_add", lambda n: [made(n, 6), 0, ids(1, 0, 1), made(3, 6)], True)
case("index_add", [made(4, 6), -1, ids(1, 0, 1), made(4, 3)], alpha=2)
case("index_copy", lambda n: [made(n, 6), 0, ids(1, 0), made(2, 6)], True)
case("index_copy", [made(4, 6), 1, ids(1, 0), made(4, 2)])
case("index_fill.int_Scalar", lambda n: [made(n, 6), 1, ids(1, 0), 2.5], True)
case("index_fill.int_Scalar", [whole, 0, ids(1, 0), 2])
case("index_fill.int_Tensor", [made(4, 6), 1, ids(1, 0), torch.tensor(2.5)])
case("index_fill.int_Scalar", [made(6, 4).t(), 1, ids(1, 0), 2.5])
case("take", lambda n: [made(n, 6), ids(0, 5, 3)], True)
case("_unsafe_index.Tensor", lambda n: [made(n, 6), [None, ids(0, 5, 3)]], True)
case("_unsafe_index_put", [made(4, 6), [ids(0, 3, 3)], made(3, 6), True])
case("_unsafe_masked_index", [made(4, 6), ids(1, 0, 1).bool(), [ids(0, 9, 3), ids(0, -2, 5)], 1.5])
case("_unsafe_masked_index_put_accumulate", [made(4, 6), ids(1, 0, 1).bool(), [ids(0, 9, 3), ids(0, -2, 5)], made(3)])
case("diag_embed", lambda n: [made(n, 3)], True)
case("diag_embed", [made(4, 3), 1, 0, 2])
case("diag_embed", [made(4, 3), -2])
case("unbind.int", lambda n: [made(n, 3), 1], True)
case("block_diag", [[made(2, 3), made(4), torch.tensor(2.0)]])
case("_chunk_cat", [[made(5, 3), made(4, 3)], 0, 2])
case("unsafe_split.Tensor", lambda n: [made(n, 6), 4, 1], True)
case("unsafe_split_with_sizes", [made(4, 6), [1, 2, 3], 1])
case("_reshape_alias", [made(4, 6), [6, 4], [4, 1]])
copies = {
    "alias": [], "t": [], "unsqueeze": [1], "squeeze": [], "squeeze.dim": [1], "squeeze.dims": [[1]], "diagonal": [1], "transpose.int": [0, 1],
    "unfold": [1, 3, 2], "expand": [[3, 4, 6]], "split_with_sizes": [[2, 4], 1],
}
for name, args in copies.items():
    base, _, overload = name.partition(".")
    case(f"{base}_copy.{overload}".rstrip("."), [made(4, 1) if base == "squeeze" else made(4, 6), *args])

# what makes tensors
factory = {"dtype": torch.float32, "device": torch.device("cpu"), "pin_memory": False}
case("eye", [3], **factory)
case("eye.m", [3, 5], dtype=torch.int64, device=torch.device("cpu"), pin_memory=False)
case("linspace", [0.25, 3, 7], **factory)
case("linspace", [1, 9, 4], dtype=torch.int64, device=torch.device("cpu"), pin_memory=False)
case("linspace", [1.5, 9, 1], **factory)
case("linspace.Tensor_Tensor", [torch.tensor(0.5), torch.tensor(3.0), 5], **factory)
case("linspace.Tensor_Scalar", [torch.tensor(0.5), 3.0, 5], **factory)
case("linspace.Scalar_Tensor", [0.5, torch.tensor(3.0), 5], **factory)
case("logspace", [0.25, 3, 7, 2.0], **factory)
case("logspace.Tensor_Scalar", [torch.tensor(0.5), 3.0, 5], **factory)
case("logspace.Scalar_Tensor", [0.5, torch.tensor(3.0), 5], **factory)
case("logspace.Tensor_Tensor", [torch.tensor(0.5), torch.tensor(3.0), 5], **factory)
case("hann_window", [9], **factory)
case("hann_window.periodic", [9, False], **factory)
case("zeros", [[2, 3]], **factory)
case("fill.Scalar", lambda n: [made(n, 6), 2.5], True)
case("fill.Tensor", [made(4, 6), torch.tensor(2.5)])
case("zero", lambda n: [made(n, 6)], True)
case("empty_like", lambda n: [made(n, 0)], True)
case("new_empty", [made(4, 6), [0, 3]])
case("bernoulli", lambda n: [positive(n, 6)], True)


class Calls(torch.nn.Module):
    """What is no tensor is part of the program; a tensor is an argument."""

    def __init__(self, operator, args, kwargs):
        super().__init__()
        name, _, overload = operator.partition(".")
        self.call = getattr(getattr(torch.ops.aten, name), overload or "default")
        self.arguments, self.keywords = args, kwargs

    def forward(self, *tensors):
        rest = iter(tensors)

        def filled(arg):
            if isinstance(arg, list):
                return [filled(one) for one in arg]
            return next(rest) if isinstance(arg, torch.Tensor) else arg

        results = self.call(*(filled(arg) for arg in self.arguments), **self.keywords)
        return tuple(results) if isinstance(results, list) else results


def tensors_of(args):
    return [one for arg in args for one in (tensors_of(arg) if isinstance(arg, list) else [arg]) if isinstance(one, torch.Tensor)]


# What libtorch has no operators for.
PLAIN = {
    "prims.convert_element_type.default": "aten._to_copy.default",
    "prims.scalar_tensor.default": "aten.scalar_tensor.default",
    "prims.copy_strided.default": "aten.copy.default aten.empty_strided.default",
}


def places(arg):
    if isinstance(arg, list):
        return [places(one) for one in arg]
    return {"tensor": None} if isinstance(arg, torch.Tensor) else arg


def written(value):
    if isinstance(value, torch.Tensor):
        memory = value.contiguous()
        if value.is_floating_point():  # the sign of nan means nothing
            memory = torch.where(memory.isnan(), torch.full_like(memory, nan), memory)
        data = bytes(memory.reshape(-1).view(torch.uint8).tolist()).hex()
        return {"tensor": data, "dtype": str(value.dtype)[6:], "shape": list(value.shape), "stride": list(value.stride())}
    if isinstance(value, (list, tuple)):
        return [written(one) for one in value]
    if isinstance(value, (torch.dtype, torch.device)):
        return {"dtype" if isinstance(value, torch.dtype) else "device": str(value).removeprefix("torch.")}
    return value


def case(operator, of, sizes, kwargs):
    args = of(sizes[0])
    given = tensors_of(args)
    module = Calls(operator, args, kwargs)
    shapes = None
    if len(sizes) > 1:
        batch = Dim("batch", min=2, max=64)
        others = tensors_of(of(sizes[1]))
        shapes = (tuple({0: batch} if a.shape != b.shape else None for a, b in zip(given, others)),)
    program = export(module, tuple(given), dynamic_shapes=shapes).run_decompositions()
    runs = []
    for size in sizes:
        torch.manual_seed(0)
        inputs = tensors_of(of(size))
        results = program.module()(*inputs)
        runs.append({"given": written(inputs), "results": written(results if isinstance(results, tuple) else [results])})
    targets = {PLAIN.get(str(n.target), str(n.target)) for n in program.graph.nodes if n.op == "call_function"}
    names = sorted(name for target in targets for name in target.split() if name.startswith("aten"))
    keywords = {key: written(value) for key, value in kwargs.items()}
    return {"operator": operator, "args": places(args), "kwargs": keywords, "operators": sorted(set(names)), "runs": runs}


found = []
for one in cases:
    try:
        found.append(case(*one))
    except Exception as error:
        if "NODETORCH_PARTIAL_FIXTURES" not in os.environ:
            raise
        # Another version's Python leaves out what it cannot decompose (npm run test:versions).
        print(f"left out: {one[0]}: {error}", file=sys.stderr)
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n")
