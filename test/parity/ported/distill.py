"""Distillation: what hooks see of a teacher, a student that follows it, and metrics of both."""

import torch
import torch.nn.functional as F
from collections import OrderedDict
from report import report
from torch import nn, optim


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, x):
        return x + self.inner(x)


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict([("stem", nn.Linear(4, width)), ("block1", Residual(width)), ("block2", Residual(width))])
        )
        self.heads = nn.ModuleDict({"coarse": nn.Linear(width, 2), "fine": nn.Linear(width, 5)})

    def forward(self, x, head="fine"):
        return {"logits": self.heads[head](self.features(x))}


torch.manual_seed(2)
teacher, student = Net(16), Net(8)
x = torch.randn(96, 4)
labels = (x[:, 0] > 0).long() + 2 * (x[:, 1] > 0).long()


def fit(model, loss_of):
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    for epoch in range(3):
        for index in torch.randperm(96).split(32):
            optimizer.zero_grad()
            loss = loss_of(x[index], labels[index])
            loss.backward()
            optimizer.step()
        report(f"loss.{epoch}", loss)


fit(teacher, lambda batch, target: F.cross_entropy(teacher(batch)["logits"], target, label_smoothing=0.1))
teacher.eval().requires_grad_(False)
seen = []
handle = teacher.features.block2.register_forward_hook(lambda module, args, output: seen.append(output.norm()))


def distilled(batch, target):
    soft = F.kl_div(
        F.log_softmax(student(batch)["logits"] / 2, -1),
        F.log_softmax(teacher(batch)["logits"] / 2, -1),
        reduction="batchmean",
        log_target=True,
    )
    return 4 * soft + F.cross_entropy(student(batch)["logits"], target)


fit(student, distilled)
handle.remove()
report("seen", torch.stack(seen))
student.eval()
with torch.no_grad():
    guess = student(x)["logits"].argmax(1)
    confusion = torch.bincount(labels * 5 + guess, minlength=25).view(5, 5)
    coarse = student(x, head="coarse")["logits"]
print("accuracy:", (guess == labels).sum().item())
print("confusion:", *[sum(row) for row in confusion.tolist()])
report("coarse", coarse)
report("state", student.state_dict())
