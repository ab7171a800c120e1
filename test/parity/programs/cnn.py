"""A convolutional network with batch norm, dropout and augmentation by random tensors; SGD, one cycle."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

STEPS = 120


def augment(x):
    flip = torch.rand(len(x), 1, 1, 1) < 0.5
    x = torch.where(flip, x.flip(3), x)
    x = torch.roll(x, (int(torch.randint(-1, 2, (1,))), int(torch.randint(-1, 2, (1,)))), (2, 3))
    return x * (0.8 + 0.4 * torch.rand(len(x), 1, 1, 1)) + 0.05 * torch.randn_like(x)


class Block(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.shortcut = nn.Conv2d(channels, out, 1)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


torch.manual_seed(2)
patterns = torch.randn(5, 2, 10, 10)
labels = torch.randint(0, 5, (200,))
images = patterns[labels] + torch.randn(200, 2, 10, 10)
model = nn.Sequential(
    Block(2, 8), nn.MaxPool2d(2), nn.Dropout2d(0.1), Block(8, 16), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    nn.Dropout(0.2), nn.Linear(16, 5),
)
report("initial", model.state_dict())
optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4)
scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=STEPS)
for step in range(STEPS):
    batch = torch.randint(0, 200, (20,))
    optimizer.zero_grad()
    loss = F.cross_entropy(model(augment(images[batch])), labels[batch], label_smoothing=0.1)
    loss.backward()
    optimizer.step()
    scheduler.step()
    report(f"step.{step}", [loss.item(), scheduler.get_last_lr()[0], optimizer.param_groups[0]["momentum"]])
report("trained", model.state_dict())
report("optimizer", optimizer.state_dict()["state"])
report("output", model.eval()(images))
report("rng", torch.get_rng_state())
