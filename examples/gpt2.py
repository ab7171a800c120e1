"""Saves a decoder-only transformer of GPT-2's size with weights of a seed, and prints its logits: gpt2.ts reads it.

The vocabulary is cut from 50,257 tokens to 512, so that the file has 340 MB and not 500. Needs
`pip install torch safetensors`, torch of the version that package.json names:

    python examples/gpt2.py [--seed 2] [--out examples/out]
"""

import argparse
import hashlib
import math
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn


class Attention(nn.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x):  # (N, T, width)
        n, t, width = x.shape
        q, k, v = (part.view(n, t, self.heads, -1).transpose(1, 2) for part in self.c_attn(x).split(width, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (N, heads, T, width / heads)
        return self.c_proj(y.transpose(1, 2).reshape(n, t, width))


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(heads, width)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = MLP(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    def __init__(self, vocabulary=512, context=1024, layers=12, heads=12, width=768):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(context, width)
        self.h = nn.ModuleList([Block(heads, width) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens):  # (N, T)
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte.weight)  # (N, T, vocabulary)


def prompt(vocabulary=512, length=64):
    torch.manual_seed(64)
    return torch.randint(0, vocabulary, (1, length))


def generate(model, tokens, count):
    for _ in range(count):
        chances = model(tokens)[:, -1].softmax(-1)
        tokens = torch.cat([tokens, chances.multinomial(1)], 1)
    return tokens[0, -count:].tolist()


def made(seed, **sizes):
    """GPT-2's initial weights: the projections back into the residual stream are smaller."""
    torch.manual_seed(seed)
    model = GPT2(**sizes)
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            std = 0.02 / math.sqrt(2 * len(model.h)) if "c_proj" in name else 0.02
            nn.init.normal_(weight, std=std)
        elif name.endswith("bias"):
            nn.init.normal_(weight, std=0.02)
    return model.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "out"))
    options = parser.parse_args()

    model = made(options.seed)
    os.makedirs(options.out, exist_ok=True)
    save_file(model.state_dict(), os.path.join(options.out, "gpt2.safetensors"))
    with torch.inference_mode():
        logits = model(prompt())
        digest = hashlib.sha256(logits.numpy().tobytes()).hexdigest()
        print(f"logits: {list(logits.shape)} sha256 {digest}")
        print("goes on:", *generate(model, prompt(), 16))
