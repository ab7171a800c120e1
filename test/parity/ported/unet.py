"""A small U-Net that finds squares in noise: batch norms, transposed convolutions, skips, a schedule by steps."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim


def double(inside, outside):
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
        nn.Conv2d(outside, outside, 3, padding="same", bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([double(1, 4), double(4, 8)])
        self.middle = double(8, 16)
        self.up = nn.ModuleList([nn.ConvTranspose2d(16, 8, 2, stride=2), nn.ConvTranspose2d(8, 4, 2, stride=2)])
        self.merge = nn.ModuleList([double(16, 8), double(8, 4)])
        self.out = nn.Conv2d(4, 1, 1)

    def forward(self, x):
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.middle(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips)):
            x = merge(torch.cat([up(x), skip], dim=1))
        return self.out(x)


def dice(logits, truth):
    chance = logits.sigmoid()
    overlap = (chance * truth).sum((1, 2, 3))
    return 1 - ((2 * overlap + 1) / (chance.sum((1, 2, 3)) + truth.sum((1, 2, 3)) + 1)).mean()


torch.manual_seed(7)
truth = torch.zeros(8, 1, 16, 16)
for i, (row, column) in enumerate(torch.randint(0, 10, (8, 2)).tolist()):
    truth[i, :, row : row + 6, column : column + 6] = 1
images = truth + 0.5 * torch.randn(8, 1, 16, 16)
model = UNet()
for module in model.modules():
    if isinstance(module, nn.BatchNorm2d):
        nn.init.constant_(module.weight, 0.9)
        nn.init.zeros_(module.bias)
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
scheduler = optim.lr_scheduler.MultiStepLR(optimizer, [4, 6], gamma=0.5)
for epoch in range(8):
    model.train()
    logits = model(images)
    loss = F.binary_cross_entropy_with_logits(logits, truth, pos_weight=torch.tensor([2.0])) + dice(logits, truth)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    report(f"epoch.{epoch}", {"loss": loss.item(), "lr": optimizer.param_groups[0]["lr"]})
model.eval()
with torch.no_grad():
    found = model(images) > 0
print("right:", (found == truth.bool()).sum().item())
report("state", model.state_dict())
