"""Makes control_flow.json: control flow as functions and flex attention; control_flow.test.ts has the same.

    npm run fixtures -- test/func/control_flow.py
"""

import json
import math
import os
import pathlib
import sys
import warnings

import torch
from torch._higher_order_ops.associative_scan import associative_scan
from torch._higher_order_ops.flex_attention import math_attention, sdpa_dense_backward
from torch.nn.attention.flex_attention import and_masks, create_block_mask, create_mask, noop_mask, or_masks

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from values import filled, stored as digests

warnings.simplefilter("ignore")


X = filled(7, 3)
Q, K, V = filled(2, 2, 4, 8), filled(2, 2, 6, 8, start=2), filled(2, 2, 6, 4, start=3)
G = filled(2, 2, 4, 4, start=4)

SCORES = {
    "plain": lambda s, b, h, q, k: s,
    "relative": lambda s, b, h, q, k: s + (q - k),
    "tanh": lambda s, b, h, q, k: torch.tanh(s / 2) * 2,
    "alibi": lambda s, b, h, q, k: s + (h + 1) * 0.125 * (k - q),
}
MASKS = {
    "all": noop_mask,
    "causal": lambda b, h, q, k: q >= k,
    "window": lambda b, h, q, k: (q - k).abs() <= 1,
    "some rows": lambda b, h, q, k: q > k + 1,
}


def joint(score_mod):
    def run(s, b, h, q, k, g):
        _, pull = torch.func.vjp(lambda x: score_mod(x, b, h, q, k), s)
        return [pull(g)[0], *[torch.zeros(())] * 4]

    return run


def attention(score, mask):
    scale = 1 / 8**0.5
    block_mask = (None, MASKS[mask])
    out, lse, _ = math_attention(Q, K, V, SCORES[score], block_mask, scale, {})
    grads = sdpa_dense_backward(
        Q, K, V, out, lse, G, None, SCORES[score], joint(SCORES[score]), block_mask, scale, {}, (), ()
    )
    return [stored(x) for x in (out, *grads[:3])]


def with_lse(score, mask):
    """The logarithms, and gradients where they are used, too."""
    scale = 1 / 8**0.5
    block_mask = (None, MASKS[mask])
    out, lse, _ = math_attention(Q, K, V, SCORES[score], block_mask, scale, {})
    natural = lse * math.log(2)
    grads = sdpa_dense_backward(
        Q, K, V, out, lse, G, filled(2, 2, 4, start=5) * math.log(2), SCORES[score], joint(SCORES[score]), block_mask,
        scale, {}, (), ()
    )  # fmt: skip
    return digests([natural, *grads[:3]])


def blocks(mask, **options):
    try:
        made = create_block_mask(BLOCKED[mask], 2, None, 40, 24, device="cpu", **options)
    except TypeError as error:
        if "NODETORCH_PARTIAL_FIXTURES" not in os.environ:
            raise
        print(f"left out: blocks of {mask} {options}: {error}", file=sys.stderr)
        return None
    parts = [made.kv_num_blocks, made.kv_indices, made.full_kv_num_blocks, made.full_kv_indices]
    parts += [made.q_num_blocks, made.q_indices, made.full_q_num_blocks, made.full_q_indices, made.to_dense()]
    return [digests([part for part in parts if part is not None]), list(made.shape), made.numel(), made.sparsity()]


BLOCKED = {
    **MASKS,
    "batch": lambda b, h, q, k: (q >= k) & (b < 1),
    "prefix": or_masks(lambda b, h, q, k: k < 8, lambda b, h, q, k: q >= k),
    "local": and_masks(lambda b, h, q, k: q - k < 9, lambda b, h, q, k: q >= k),
}
BLOCK_SIZES = [128, 8, (8, 4), (16, 5)]


def stored(x):
    return x.tolist()


data = {
    "torch": torch.__version__.split("+")[0],
    "associative": {
        "add": stored(associative_scan(lambda a, b: a + b, X, 0, combine_mode="generic")),
        "multiply reverse": stored(associative_scan(lambda a, b: a * b, X, 0, reverse=True, combine_mode="generic")),
        "along 1": stored(associative_scan(lambda a, b: a + b, X, 1, combine_mode="generic")),
    },
    "lse": {f"{s}, {m}": with_lse(s, m) for s in SCORES for m in MASKS},
    "masks": {m: digests(create_mask(f, 2, None, 5, 7, device="cpu")) for m, f in BLOCKED.items()},
    "blocks": {
        m: [blocks(m, BLOCK_SIZE=s, **more) for s in BLOCK_SIZES for more in ({}, {"separate_full_blocks": False})]
        for m in BLOCKED
    },
    "attention": {f"{s}, {m}": attention(s, m) for s in SCORES for m in MASKS},
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(data).replace(']], "', ']],\n"') + "\n")
