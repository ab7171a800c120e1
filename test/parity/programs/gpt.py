"""A small GPT: AdamW in two groups, warmup and cosine, gradient accumulation and clipping."""

import math

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

VOCABULARY, CONTEXT, WIDTH, HEADS, STEPS = 23, 16, 32, 4, 100


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("mask", torch.ones(CONTEXT, CONTEXT).tril().bool(), persistent=False)

    def forward(self, x):
        batch, length, _ = x.shape
        heads = self.qkv(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        q, k, v = heads.unbind(0)
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(WIDTH // HEADS)
        weights = self.dropout(scores.masked_fill(~self.mask[:length, :length], -math.inf).softmax(-1))
        return self.out((weights @ v).transpose(1, 2).reshape(batch, length, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH), nn.Dropout(0.1))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


torch.manual_seed(6)
text = (torch.arange(600) * 7 % 11 + torch.randint(0, 3, (600,))) % VOCABULARY
model = GPT()
for name, param in model.named_parameters():
    if name.endswith("out.weight") or name.endswith("mlp.2.weight"):
        nn.init.normal_(param, std=0.02 / math.sqrt(4))
report("initial", model.state_dict())
decayed = [param for param in model.parameters() if param.dim() > 1]
rest = [param for param in model.parameters() if param.dim() <= 1]
groups = [{"params": decayed, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
optimizer = optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95))
warmup = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=10)
cosine = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS - 10, eta_min=3e-4)
scheduler = optim.lr_scheduler.SequentialLR(optimizer, [warmup, cosine], [10])

for step in range(STEPS):
    optimizer.zero_grad()
    total = 0.0
    for _ in range(2):
        starts = torch.randint(0, len(text) - CONTEXT, (4, 1))
        window = text[starts + torch.arange(CONTEXT + 1)]
        logits = model(window[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten()) / 2
        loss.backward()
        total += loss.item()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    report(f"step.{step}", [total, norm.item(), scheduler.get_last_lr()[0]])
report("trained", model.state_dict())
report("optimizer", optimizer.state_dict()["state"])

model.eval()
tokens = text[:4].unsqueeze(0)
with torch.no_grad():
    for _ in range(20):
        chances = model(tokens[:, -CONTEXT:])[:, -1].softmax(-1)
        tokens = torch.cat([tokens, torch.multinomial(chances, 1)], 1)
report("sample", tokens)
report("rng", torch.get_rng_state())
