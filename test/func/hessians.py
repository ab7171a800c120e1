"""Makes hessians.json: second derivatives of functionals, and operators under vmap; hessians.test.ts has the same.

    npm run fixtures -- test/func/hessians.py
"""

import json
import pathlib
import sys
import warnings

import torch
from torch import func
from torch.autograd import functional as AF
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from values import filled, run

warnings.simplefilter("ignore")


CLASSES = torch.tensor([1, 0])
WEIGHT = filled(3) + 2.5
T = filled(2, 3, start=2)

# Of one tensor, whose shape comes first.
FUNCTIONALS = {
    "softmax": ((2, 3), lambda x: F.softmax(x, -1)),
    "softmax 0": ((2, 3), lambda x: F.softmax(x, 0)),
    "softmin": ((2, 3), lambda x: F.softmin(x, 1)),
    "logSoftmax": ((2, 3), lambda x: F.log_softmax(x, -1)),
    "logsigmoid": ((2, 3), lambda x: F.logsigmoid(x)),
    "crossEntropy": ((2, 3), lambda x: F.cross_entropy(x, CLASSES)),
    "crossEntropy weight": ((2, 3), lambda x: F.cross_entropy(x, CLASSES, WEIGHT)),
    "crossEntropy sum": ((2, 3), lambda x: F.cross_entropy(x, CLASSES, WEIGHT, reduction="sum")),
    "crossEntropy none": ((2, 3), lambda x: F.cross_entropy(x, CLASSES, reduction="none")),
    "crossEntropy smooth": ((2, 3), lambda x: F.cross_entropy(x, CLASSES, label_smoothing=0.25)),
    "crossEntropy ignore": ((2, 3), lambda x: F.cross_entropy(x, CLASSES, ignore_index=0)),
    "crossEntropy one": ((3,), lambda x: F.cross_entropy(x, CLASSES[0])),
    "crossEntropy 2d": ((1, 3, 1, 2), lambda x: F.cross_entropy(x, CLASSES.view(1, 1, 2), WEIGHT)),
    "nllLoss": ((2, 3), lambda x: F.nll_loss(x * x, CLASSES, WEIGHT)),
    "layerNorm": ((2, 3), lambda x: F.layer_norm(x, (3,))),
    "layerNorm weight": ((2, 3), lambda x: F.layer_norm(x, (3,), WEIGHT, T[0])),
    "groupNorm": ((2, 4), lambda x: F.group_norm(x, 2)),
    "batchNorm": ((3, 2), lambda x: F.batch_norm(x, None, None, training=True)),
    "batchNorm weight": ((3, 2), lambda x: F.batch_norm(x, None, None, WEIGHT[:2], T[0][:2], training=True)),
    "batchNorm eval": ((3, 2), lambda x: F.batch_norm(x, WEIGHT[:2], WEIGHT[1:])),
    "instanceNorm": ((1, 2, 3), lambda x: F.instance_norm(x)),
    "rmsNorm": ((2, 3), lambda x: F.rms_norm(x, (3,))),
    "attention": ((1, 2, 2), lambda x: F.scaled_dot_product_attention(x, x * 2, x + 1)),
    "attention causal": ((1, 2, 2), lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True)),
    "mseLoss": ((2, 3), lambda x: F.mse_loss(x, T)),
    "mseLoss sum": ((2, 3), lambda x: F.mse_loss(x, T, reduction="sum")),
    "huberLoss": ((2, 3), lambda x: F.huber_loss(x, T, delta=0.5)),
    "smoothL1Loss": ((2, 3), lambda x: F.smooth_l1_loss(x, T, beta=0.5)),
    "l1Loss": ((2, 3), lambda x: F.l1_loss(x, T)),
    "klDiv": ((2, 3), lambda x: F.kl_div(F.log_softmax(x, 1), F.softmax(T, 1), reduction="batchmean")),
    "bce": ((2, 3), lambda x: F.binary_cross_entropy(torch.sigmoid(x), torch.sigmoid(T))),
    "bceLogits": ((2, 3), lambda x: F.binary_cross_entropy_with_logits(x, torch.sigmoid(T))),
    "poissonNllLoss": ((2, 3), lambda x: F.poisson_nll_loss(x, T.abs())),
    "gaussianNllLoss": ((2, 3), lambda x: F.gaussian_nll_loss(x, T, T.abs() + 1)),
    "softMarginLoss": ((2, 3), lambda x: F.soft_margin_loss(x, T.sign())),
    "hingeEmbeddingLoss": ((2, 3), lambda x: F.hinge_embedding_loss(x, T.sign())),
    "multiMarginLoss": ((2, 3), lambda x: F.multi_margin_loss(x, CLASSES)),
    "multilabelSoftMarginLoss": ((2, 3), lambda x: F.multilabel_soft_margin_loss(x, torch.sigmoid(T))),
    "cosineEmbeddingLoss": ((2, 3), lambda x: F.cosine_embedding_loss(x, T, torch.tensor([1, -1]))),
    "tripletMarginLoss": ((2, 3), lambda x: F.triplet_margin_loss(x, T, T * 2)),
    "marginRankingLoss": ((2, 3), lambda x: F.margin_ranking_loss(x, T, T.sign())),
    "cosineSimilarity": ((2, 3), lambda x: F.cosine_similarity(x, T)),
    "pairwiseDistance": ((2, 3), lambda x: F.pairwise_distance(x, T)),
    "normalize": ((2, 3), lambda x: F.normalize(x)),
    "linear": ((2, 3), lambda x: F.linear(x, T)),
    "bilinear": ((2, 3), lambda x: F.bilinear(x, x, filled(2, 3, 3))),
    "conv1d": ((1, 2, 3), lambda x: F.conv1d(x, filled(2, 2, 2))),
    "conv2d": ((1, 1, 3, 2), lambda x: F.conv2d(x, filled(1, 1, 2, 2), padding=1)),
    "convTranspose1d": ((1, 2, 3), lambda x: F.conv_transpose1d(x, filled(2, 2, 2))),
    "avgPool1d": ((1, 1, 4), lambda x: F.avg_pool1d(x, 2)),
    "avgPool2d": ((1, 1, 2, 4), lambda x: F.avg_pool2d(x, 2)),
    "maxPool1d": ((1, 1, 4), lambda x: F.max_pool1d(x, 2)),
    "maxPool2d": ((1, 1, 2, 4), lambda x: F.max_pool2d(x, 2)),
    "adaptiveAvgPool1d": ((1, 1, 4), lambda x: F.adaptive_avg_pool1d(x, 2)),
    "lpPool1d": ((1, 1, 4), lambda x: F.lp_pool1d(x, 2, 2)),
    "interpolate": ((1, 1, 4), lambda x: F.interpolate(x, scale_factor=2, mode="linear")),
    "interpolate nearest": ((1, 1, 4), lambda x: F.interpolate(x, scale_factor=2)),
    "pad": ((1, 1, 4), lambda x: F.pad(x, (1, 1), mode="reflect")),
    "pixelShuffle": ((1, 4, 1, 1), lambda x: F.pixel_shuffle(x, 2)),
    "unfold": ((1, 1, 2, 3), lambda x: F.unfold(x, 2)),
    "relu": ((2, 3), lambda x: F.relu(x)),
    "relu6": ((2, 3), lambda x: F.relu6(x)),
    "gelu": ((2, 3), lambda x: F.gelu(x)),
    "gelu tanh": ((2, 3), lambda x: F.gelu(x, approximate="tanh")),
    "silu": ((2, 3), lambda x: F.silu(x)),
    "mish": ((2, 3), lambda x: F.mish(x)),
    "elu": ((2, 3), lambda x: F.elu(x)),
    "selu": ((2, 3), lambda x: F.selu(x)),
    "celu": ((2, 3), lambda x: F.celu(x)),
    "leakyRelu": ((2, 3), lambda x: F.leaky_relu(x)),
    "prelu": ((2, 3), lambda x: F.prelu(x, torch.tensor([0.25]))),
    "glu": ((2, 4), lambda x: F.glu(x)),
    "softplus": ((2, 3), lambda x: F.softplus(x)),
    "softsign": ((2, 3), lambda x: F.softsign(x)),
    "tanhshrink": ((2, 3), lambda x: F.tanhshrink(x)),
    "hardtanh": ((2, 3), lambda x: F.hardtanh(x)),
    "hardswish": ((2, 3), lambda x: F.hardswish(x)),
    "hardsigmoid": ((2, 3), lambda x: F.hardsigmoid(x)),
    "hardshrink": ((2, 3), lambda x: F.hardshrink(x)),
    "softshrink": ((2, 3), lambda x: F.softshrink(x)),
    "threshold": ((2, 3), lambda x: F.threshold(x, 0.25, 2)),
    "embedding": ((2, 3), lambda x: F.embedding(CLASSES, x)),
    "localResponseNorm": ((1, 3, 2), lambda x: F.local_response_norm(x, 2)),
    "trace": ((2, 3), lambda x: torch.trace(x) * x),
    "linearCrossEntropy": ((2, 3), lambda x: F.linear_cross_entropy(x, T, CLASSES)),
}


def chunked(reduction):
    def call(x):
        options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=1, allow_retain_graph=True)
        return F.linear_cross_entropy(x, T, CLASSES, reduction=reduction, options=options)

    return call


def plain_grad(x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(chunked("mean")(x), x)[0]


def summed(f):
    def run(x):
        y = f(x)
        return (y * y).sum()

    return run


X = filled(2, 3)
B = filled(4, 2, 3)
CASES = {
    "vmap nllLoss": lambda: func.vmap(lambda x, t: F.nll_loss(x, t))(B, torch.tensor([[1, 0], [2, 2], [0, 1], [1, 1]])),
    "vmap crossEntropy": lambda: func.vmap(lambda x: F.cross_entropy(x, CLASSES, WEIGHT))(B),
    "vmap grad crossEntropy": lambda: func.vmap(func.grad(lambda x: F.cross_entropy(x, CLASSES, WEIGHT)))(B),
    "vmap grad nllLoss half": lambda: func.vmap(func.grad(lambda x: F.nll_loss(x, CLASSES)))(B.bfloat16()).float(),
    "vmap grad mseLoss": lambda: func.vmap(func.grad(lambda x: F.mse_loss(x, T)))(B),
    "vmap grad mseLoss half": lambda: func.vmap(func.grad(lambda x: F.mse_loss(x, T.bfloat16())))(B.bfloat16()).float(),
    "vmap grad smoothL1Loss": lambda: func.vmap(func.grad(lambda x: F.smooth_l1_loss(x, T, beta=0.3)))(B),
    "vmap grad huberLoss": lambda: func.vmap(func.grad(lambda x: F.huber_loss(x, T, delta=0.3)))(B),
    "vmap addr": lambda: func.vmap(lambda m: torch.addr(m, T[0][:2], T[1], beta=0.3, alpha=1.7))(B),
    "vmap addr zero": lambda: func.vmap(lambda m: torch.addr(m, T[0][:2], T[1], beta=0))(B),
    "vmap conj": lambda: func.vmap(torch.conj)(torch.complex(X, X + 1)).resolve_conj(),
    "vmap eigvals": lambda: func.vmap(torch.linalg.eigvals)(filled(3, 2, 2)),
    "vmap linspace": lambda: func.vmap(lambda a, b: torch.linspace(a, b, 5))(X[0], X[1]),
    "vmap linspace one": lambda: func.vmap(lambda a: torch.linspace(a, 2.5, 5))(X[0]),
    "vmap logspace": lambda: func.vmap(lambda a, b: torch.logspace(a, b, 5))(X[0], X[1]),
    # Python refuses its own operator under grad: what is right without a transform.
    "grad linearCrossEntropy": lambda: plain_grad(X),
    "vmap grad linearCrossEntropy": lambda: torch.stack([plain_grad(b) for b in B]),
    "vmap linearCrossEntropy": lambda: func.vmap(chunked("sum"))(B),
    "vmap linearCrossEntropy none": lambda: func.vmap(chunked("none"))(B),
}


# torch.autograd.functional: row by row, vectorized, and by forward mode.
AUTOGRAD = [
    lambda f, x: AF.jacobian(f, x),
    lambda f, x: AF.jacobian(f, x, vectorize=True),
    lambda f, x: AF.jacobian(f, x, vectorize=True, strategy="forward-mode"),
    lambda f, x: AF.jacobian(f, x, create_graph=True, vectorize=True),
    lambda f, x: AF.jacobian(lambda a, b: (f(a) * b.sum(), b), (x, x * 2), vectorize=True),
    lambda f, x: AF.jacobian(lambda a, b: (f(a) * b.sum(), b), (x, x * 2), vectorize=True, strategy="forward-mode"),
    lambda f, x: AF.hessian(summed(f), x),
    lambda f, x: AF.hessian(summed(f), x, vectorize=True),
    lambda f, x: AF.hessian(summed(f), x, vectorize=True, outer_jacobian_strategy="forward-mode"),
    lambda f, x: AF.hessian(lambda a, b: summed(f)(a) * b.sum(), (x, x * 2), vectorize=True),
]

data = {
    "torch": torch.__version__.split("+")[0],
    "hessians": {n: run(lambda: func.hessian(summed(f))(filled(*s))) for n, (s, f) in FUNCTIONALS.items()},
    "forward": {n: run(lambda: func.jacfwd(func.jacfwd(summed(f)))(filled(*s))) for n, (s, f) in FUNCTIONALS.items()},
    "autograd": {
        n: [run(lambda: made(f, filled(*s))) for made in AUTOGRAD] for n, (s, f) in FUNCTIONALS.items()
    },
    "cases": {name: run(f) for name, f in CASES.items()},
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
