"""A vision transformer: patches, a token for the class, groups with and without decay, rates changed by hand."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim


class ViT(nn.Module):
    def __init__(self, width=16, depth=2):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, stride=4)
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.empty(1, 5, width))
        layer = nn.TransformerEncoderLayer(
            width, 2, dim_feedforward=32, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 3)
        nn.init.trunc_normal_(self.positions, std=0.02)
        nn.init.zeros_(self.head.weight)

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.positions
        return self.head(self.norm(self.encoder(x))[:, 0])


torch.manual_seed(8)
labels = torch.cat([torch.full((8,), i) for i in range(3)])
images = torch.randn(24, 3, 8, 8)
images[torch.arange(24), labels] += 1
model = ViT()
decayed = [p for name, p in model.named_parameters() if p.ndim > 1 and "cls" not in name and "positions" not in name]
ids = {id(p) for p in decayed}
rest = [p for p in model.parameters() if id(p) not in ids]
optimizer = optim.AdamW([{"params": decayed}, {"params": rest, "weight_decay": 0.0}], lr=3e-3, weight_decay=0.1)
for epoch in range(6):
    for group in optimizer.param_groups:
        group["lr"] *= 0.9
    if epoch == 3:
        optimizer.param_groups[0]["weight_decay"] = 0.01
    with torch.no_grad():
        mixed, shuffled = torch.rand(()).item(), torch.randperm(24)
    logits = model(mixed * images + (1 - mixed) * images[shuffled])
    loss = mixed * F.cross_entropy(logits, labels) + (1 - mixed) * F.cross_entropy(logits, labels[shuffled])
    optimizer.zero_grad()
    loss.backward()
    total = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    report(f"epoch.{epoch}", [loss.item(), total.item(), optimizer.param_groups[0]["lr"]])
model.eval()
with torch.inference_mode():
    chances = model(images).softmax(-1)
    top = chances.topk(2)
report("top", top.values)
print("classes:", *top.indices[:, 0].tolist())
report("state", model.state_dict())
