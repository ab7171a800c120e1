"""Makes a small language model of Llama's kind, fine-tunes it with LoRA, and writes with a key-value cache.

llama.ts loads the same file and does the same: it prints the same lines. Needs `pip install torch safetensors`, torch of the
version that package.json names:

    python examples/llama.py [--out examples/out]
"""

import argparse
import hashlib
import math
import os

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

VOCABULARY, WIDTH, HIDDEN, LAYERS, HEADS, KV_HEADS = 128, 64, 160, 2, 4, 2
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        size = WIDTH // HEADS
        self.q_proj = nn.Linear(WIDTH, HEADS * size, bias=False)
        self.k_proj = nn.Linear(WIDTH, KV_HEADS * size, bias=False)
        self.v_proj = nn.Linear(WIDTH, KV_HEADS * size, bias=False)
        self.o_proj = nn.Linear(HEADS * size, WIDTH, bias=False)

    def forward(self, x, cos, sin, layer, cache):  # (N, T, WIDTH)
        n, t, _ = x.shape
        q, k, v = (
            proj(x).view(n, t, -1, WIDTH // HEADS).transpose(1, 2) for proj in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            k, v = cache.append(layer, k, v)
        # A single token may look at all that is in the cache.
        y = F.scaled_dot_product_attention(q, k, v, is_causal=t > 1, enable_gqa=True)
        return self.o_proj(y.transpose(1, 2).reshape(n, t, -1))


def rotate(x, cos, sin):  # (N, heads, T, size)
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_proj = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.up_proj = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.down_proj = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn = Attention()
        self.mlp = MLP()
        self.input_layernorm = nn.RMSNorm(WIDTH, eps=1e-5)
        self.post_attention_layernorm = nn.RMSNorm(WIDTH, eps=1e-5)

    def forward(self, x, cos, sin, layer, cache):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, layer, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList([Block() for _ in range(LAYERS)])
        self.norm = nn.RMSNorm(WIDTH, eps=1e-5)

    def forward(self, tokens, cache):
        start, size = cache.length if cache is not None else 0, WIDTH // HEADS
        frequencies = torch.pow(10000, torch.arange(0, size, 2).float() / size).reciprocal()
        angles = torch.arange(start, start + tokens.shape[1]).float()[:, None] * frequencies
        angles = torch.cat([angles, angles], -1)  # (T, size)
        cos, sin = angles.cos(), angles.sin()
        x = self.embed_tokens(tokens)
        for i, layer in enumerate(self.layers):
            x = layer(x, cos, sin, i, cache)
        if cache is not None:
            cache.length += tokens.shape[1]
        return self.norm(x)


class Llama(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Decoder()
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, tokens, cache=None):  # (N, T)
        return self.lm_head(self.model(tokens, cache))  # (N, T, VOCABULARY)


class Cache:
    """Keys and values of what was read, so that each new token is the only one to be computed."""

    def __init__(self, batch, most):
        sizes = (LAYERS, batch, KV_HEADS, most, WIDTH // HEADS)
        self.keys, self.values, self.length = torch.empty(sizes), torch.empty(sizes), 0

    def append(self, layer, k, v):
        end = self.length + k.shape[2]
        keys, values = self.keys[layer], self.values[layer]
        keys[:, :, self.length : end] = k
        values[:, :, self.length : end] = v
        return keys[:, :, :end], values[:, :, :end]


class LoRA(nn.Module):
    """A linear layer that stays as it is, and a change of low rank that is learned."""

    def __init__(self, base, rank=4, alpha=8):
        super().__init__()
        self.base_layer = base
        self.lora_A = nn.Linear(base.in_features, rank, bias=False)
        self.lora_B = nn.Linear(rank, base.out_features, bias=False)
        nn.init.zeros_(self.lora_B.weight)
        self.scale = alpha / rank

    def forward(self, x):
        return self.base_layer(x) + self.lora_B(self.lora_A(x)) * self.scale

    def merged(self):
        with torch.no_grad():
            self.base_layer.weight += self.lora_B.weight @ self.lora_A.weight * self.scale
        return self.base_layer


def replace(model, change):
    """Puts what `change` returns in the place of a layer of the decoder's blocks; None leaves it."""
    for parent in [*model.model.layers.modules()]:
        if isinstance(parent, LoRA):
            continue
        for name, child in [*parent.named_children()]:
            changed = change(child)
            if changed is not None:
                setattr(parent, name, changed)


def train(model, text, steps, lr):
    tokens = torch.tensor([*text.encode()])
    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=lr)
    losses = []
    for _ in range(steps):
        starts = torch.randint(0, len(tokens) - 48, (8, 1))
        batch = tokens[starts + torch.arange(48)]
        logits = model(batch[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@torch.inference_mode()
def write(model, text, count=24, cached=True):
    tokens = torch.tensor([[*text.encode()]])
    cache = Cache(1, tokens.shape[1] + count) if cached else None
    logits = model(tokens, cache)
    for _ in range(count):
        best = logits[:, -1].argmax(-1, keepdim=True)
        tokens = torch.cat([tokens, best], 1)
        logits = model(best if cached else tokens, cache)
    return bytes(tokens[0].tolist()).decode()


def digest(logits):
    return hashlib.sha256(logits.detach().numpy().tobytes()).hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "out"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    os.makedirs(options.out, exist_ok=True)
    file = os.path.join(options.out, "llama.safetensors")

    # The model that is there before: it knows the days in their order.
    torch.manual_seed(1)
    made = Llama()
    train(made, " ".join(DAYS * 8), 80, 3e-3)
    save_file(made.state_dict(), file)

    # From here on llama.ts does the same.
    model = Llama()
    model.load_state_dict(load_file(file))
    model.requires_grad_(False)
    print("logits:", digest(model(torch.arange(32, 64)[None])))
    print(write(model, "tuesday "))

    torch.manual_seed(2)
    replace(model, lambda layer: LoRA(layer) if isinstance(layer, nn.Linear) else None)
    learned = {name: one for name, one in model.named_parameters() if one.requires_grad}
    print("learned:", sum(one.numel() for one in learned.values()), "of", sum(one.numel() for one in model.parameters()))
    losses = train(model, " ".join(DAYS[::-1] * 8), 60, 1e-2)
    for i in range(0, 60, 20):
        print(f"loss {losses[i]:.16f}")
    print(write(model, "tuesday "))
    print("the same without a cache:", write(model, "tuesday ", cached=False) == write(model, "tuesday "))
    adapter = os.path.join(options.out, "llama_lora.safetensors")
    save_file(learned, adapter)
    with open(adapter, "rb") as written:
        print("adapter:", hashlib.sha256(written.read()).hexdigest())

    replace(model, lambda layer: layer.merged() if isinstance(layer, LoRA) else None)
    print("logits:", digest(model(torch.arange(32, 64)[None])))
    print(write(model, "tuesday "))
