"""Makes attention/: programs with attention that is written out, and what Python gives for them.

    npm run fixtures -- test/freeze/attention.py
"""
import math
import pathlib

import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim, export, save

FOLDER = pathlib.Path(__file__).parent / "attention"
WIDTH, HEADS, TOKENS = 8, 2, 184  # fewer are not fused


class Written(nn.Module):
    """Of four dimensions, with a causal mask."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.register_buffer("late", torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu(1))

    def forward(self, x):
        n, tokens, width = x.shape
        heads = (n, tokens, HEADS, width // HEADS)
        q, k, v = (part.view(heads).transpose(1, 2) for part in self.qkv(x).chunk(3, 2))
        scores = q @ k.transpose(-2, -1) / math.sqrt(width // HEADS)
        y = scores.masked_fill(self.late, float("-inf")).softmax(-1) @ v
        return self.out(y.transpose(1, 2).reshape(n, tokens, width))


class Bmm(nn.Module):
    """Of three dimensions, as models of fairseq and older ones of Hugging Face have it."""

    def __init__(self, with_mask):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.register_buffer("mask", torch.randn(1, 1, TOKENS) if with_mask else None)

    def shape(self, x):
        n, tokens, width = x.shape
        parts = x.view(n, tokens, HEADS, width // HEADS).transpose(1, 2)
        return parts.reshape(n * HEADS, tokens, width // HEADS)

    def forward(self, x):
        n, tokens, width = x.shape
        q, k, v = (self.shape(layer(x)) for layer in (self.q, self.k, self.v))
        scale = (width // HEADS) ** -0.5
        if self.mask is None:
            scores = torch.bmm(q * scale, k.transpose(1, 2))
        else:
            scores = torch.baddbmm(self.mask, q, k.permute(0, 2, 1), alpha=scale)
        y = torch.bmm(F.dropout(F.softmax(scores, dim=-1), 0.1, self.training), v)
        y = y.view(n, HEADS, tokens, width // HEADS).transpose(1, 2)
        return self.out(y.reshape(n, tokens, width))


class MultiHead(nn.Module):
    """torch.nn's with need_weights, whose weights nobody takes, or somebody does."""

    def __init__(self, returns):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.returns = returns

    def forward(self, x, absent):
        y, weights = self.attention(x, x, x, key_padding_mask=absent)
        return y + weights.sum() if self.returns else y


def main():
    torch.manual_seed(0)
    FOLDER.mkdir(exist_ok=True)
    absent = torch.arange(TOKENS).expand(2, TOKENS) > 150
    batch = Dim("batch", min=2, max=8)
    for name, model, rest, sizes in (
        ("written", Written(), (), [2]),
        ("bmm", Bmm(False), (), [2, 3]),
        ("baddbmm", Bmm(True), (), [2]),
        ("multihead", MultiHead(False), (absent,), [2]),
        ("returned", MultiHead(True), (absent,), [2]),
    ):
        model.eval()
        calls = [(torch.randn(size, TOKENS, WIDTH), *rest) for size in sizes]
        shapes = ({0: batch},) if len(sizes) > 1 else None
        save(export(model, calls[0], dynamic_shapes=shapes), FOLDER / f"{name}.pt2")
        with torch.no_grad():
            torch.save([{"args": list(args), "out": model(*args)} for args in calls], FOLDER / f"{name}.pt")


if __name__ == "__main__":
    main()
