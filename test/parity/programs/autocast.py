"""Layers under bfloat16 autocast, with a loss scaler and the fused AdamW, next to layers in full precision."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

DEVICE = torch.get_default_device().type

torch.manual_seed(9)
model = nn.Sequential(
    nn.Linear(12, 32), nn.LayerNorm(32), nn.GELU(), nn.Dropout(0.1), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 3)
)
x = torch.randn(240, 12)
y = (x[:, :3] * 2 + x[:, 3:6].sin()).argmax(1)
report("initial", model.state_dict())
optimizer = optim.AdamW(model.parameters(), lr=1e-2, fused=True)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=110)
scaler = torch.amp.GradScaler(DEVICE, init_scale=1024.0, growth_interval=30)
for step in range(110):
    batch = torch.randint(0, 240, (24,))
    optimizer.zero_grad()
    with torch.autocast(DEVICE, dtype=torch.bfloat16):
        logits = model(x[batch])
        with torch.autocast(DEVICE, enabled=False):
            loss = F.cross_entropy(logits.float(), y[batch])
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    scheduler.step()
    report(f"step.{step}", [loss.item(), scaler.get_scale(), scheduler.get_last_lr()[0]])
report("logits", logits)
report("trained", model.state_dict())
report("optimizer", optimizer.state_dict()["state"])
report("rng", torch.get_rng_state())
