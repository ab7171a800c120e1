"""A language model with rotary positions, trained, then sampled with a cache and a generator of its own."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

VOCABULARY, WIDTH, HEADS = 13, 16, 2


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH)
        angles = torch.arange(32.0)[:, None] * 100 ** (-torch.arange(4.0) / 4)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def rotate(self, x, start):
        cos, sin = (t[start : start + x.shape[-2]] for t in (self.cos, self.sin))
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    def forward(self, x, cache=None):
        n, t, _ = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, HEADS, -1).permute(2, 0, 3, 1, 4).unbind()
        start = cache[0].shape[2] if cache is not None else 0
        q, k = self.rotate(q, start), self.rotate(k, start)
        if cache is not None:
            k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=cache is None)
        return self.out(y.transpose(1, 2).flatten(2)), (k, v)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.RMSNorm(WIDTH)
        self.attention = Attention()
        self.norm2 = nn.RMSNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 32), nn.SiLU(), nn.Linear(32, WIDTH))

    def forward(self, x, cache=None):
        y, cache = self.attention(self.norm1(x), cache)
        x = x + y
        return x + self.mlp(self.norm2(x)), cache


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.norm = nn.RMSNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids, caches=None):
        x = self.tokens(ids)
        new = []
        for i, block in enumerate(self.blocks):
            x, cache = block(x, caches[i] if caches is not None else None)
            new.append(cache)
        return self.head(self.norm(x)), new


torch.manual_seed(1)
model = Model()
optimizer = optim.AdamW(model.parameters(), lr=1e-2)
text = torch.arange(200) * 5 % 11
for step in range(30):
    starts = torch.randint(0, 180, (8, 1))
    batch = text[starts + torch.arange(13)]
    logits, _ = model(batch[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        report(f"loss.{step}", loss.item())

model.eval()
generator = torch.Generator().manual_seed(7)
ids = torch.tensor([[1, 6, 0]])
with torch.no_grad():
    logits, caches = model(ids)
    for _ in range(8):
        values, _ = logits[:, -1].topk(3)
        kept = logits[:, -1].masked_fill(logits[:, -1] < values[:, -1:], -float("inf"))
        following = torch.multinomial(kept.softmax(-1), 1, generator=generator)
        ids = torch.cat([ids, following], 1)
        logits, caches = model(following, caches)
print("ids:", *ids[0].tolist())
report("state", model.state_dict())
