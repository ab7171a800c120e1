"""The switches of torch.backends in a new process: writes backends.json.

    npm run fixtures -- test/backends.py
"""

import json
import pathlib

import torch
import torch.backends.xnnpack
from torch import backends


def said(call):
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def precisions():
    return [
        backends.fp32_precision,
        backends.mkldnn.fp32_precision,
        backends.mkldnn.matmul.fp32_precision,
        backends.mkldnn.conv.fp32_precision,
        backends.mkldnn.rnn.fp32_precision,
        backends.cuda.matmul.fp32_precision,
        backends.cudnn.fp32_precision,
        backends.cudnn.conv.fp32_precision,
    ]


def put(owner, value, name="fp32_precision"):
    setattr(owner, name, value)
    return precisions()


def engine(name):
    before = backends.quantized.engine
    backends.quantized.engine = name
    found = backends.quantized.engine
    backends.quantized.engine = before
    return found


def inside(context, call):
    with context:
        return call()


matmul = backends.cuda.matmul
def cudnn_flags():
    cudnn = backends.cudnn
    return [cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32, cudnn.fp32_precision]


results = {
    "small ones": [
        backends.opt_einsum.is_available(),
        backends.opt_einsum.get_opt_einsum(),
        backends.opt_einsum.enabled,
        backends.opt_einsum.strategy,
        said(lambda: backends.opt_einsum.set_flags(False)),
        said(lambda: backends.opt_einsum.set_flags(None, "auto")),
        said(lambda: inside(backends.opt_einsum.flags(), lambda: backends.opt_einsum.enabled)),
        backends.xnnpack.enabled,
        said(lambda: setattr(backends.xnnpack, "enabled", True)),
        backends.kleidiai.is_available(),
        backends.mps.is_available(),
        backends.miopen.immediate,
        said(lambda: backends.miopen.set_flags(True)),
        said(lambda: inside(backends.miopen.flags(), lambda: backends.miopen.immediate)),
        said(lambda: backends.miopen.set_flags(False)),
        backends.cudnn.is_acceptable(torch.ones(1)),
    ],
    "cudnn flags": [
        said(lambda: inside(backends.cudnn.flags(), cudnn_flags)),
        said(cudnn_flags),
        said(lambda: inside(backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False), cudnn_flags)),
        said(cudnn_flags),
    ],
    "features": [
        backends.mkl.is_available(),
        backends.mkldnn.is_available(),
        backends.openmp.is_available(),
        backends.nnpack.is_available(),
        backends.cudnn.is_available(),
        backends.cudnn.version(),
        backends.quantized.supported_engines,
        backends.quantized.engine,
        backends.mkldnn.enabled,
        backends.mkldnn.deterministic,
    ],
    "matmul": [
        matmul.allow_tf32,
        matmul.allow_fp16_reduced_precision_reduction,
        matmul.allow_bf16_reduced_precision_reduction,
        matmul.allow_fp16_accumulation,
    ],
    "engines": [said(lambda: engine(name)) for name in ("fbgemm", "qnnpack", "onednn", "x86", "none", "x")],
    "precision": [
        said(precisions),
        said(lambda: put(backends.mkldnn.matmul, "bf16")),
        said(lambda: put(backends.mkldnn, "tf32")),
        said(lambda: put(backends.mkldnn.matmul, "none")),
        said(lambda: put(backends.cuda.matmul, "bf16")),
        said(lambda: put(backends.cuda.matmul, "x")),
        said(lambda: put(backends.cudnn, "ieee")),
        said(lambda: backends.set_flags("bf16")),
        said(precisions),
        said(lambda: inside(backends.flags("ieee"), precisions)),
        said(lambda: backends.set_flags()),
        said(precisions),
    ],
    "flags": [
        said(lambda: inside(backends.nnpack.flags(), lambda: backends.nnpack.set_flags(True))),
        said(lambda: backends.nnpack.set_flags(False)),
        said(lambda: backends.nnpack.set_flags(True)),
        said(lambda: inside(backends.mkldnn.flags(), lambda: [backends.mkldnn.enabled, backends.mkldnn.deterministic])),
        said(lambda: inside(backends.mkldnn.flags(True, True), lambda: backends.mkldnn.deterministic)),
        said(lambda: [backends.mkldnn.enabled, backends.mkldnn.deterministic]),
    ],
    "libraries": [
        said(lambda: backends.cuda.preferred_linalg_library("x")),
        said(lambda: backends.cuda.preferred_blas_library("x")),
    ],
}
here = pathlib.Path(__file__).parent
(here / "backends.json").write_text(json.dumps({"torch": torch.__version__, "results": results}, indent=1) + "\n")
