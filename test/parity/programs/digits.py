"""A small convolutional network learns the digits for four epochs."""

import gzip
import os

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

data = os.path.join(os.path.dirname(__file__), "..", "..", "..", "examples", "data", "digits.csv.gz")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.dropout = nn.Dropout(0.25)
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        return self.fc(self.dropout(self.features(x).flatten(1)))


with gzip.open(data, "rt") as file:
    table = torch.tensor([[int(value) for value in line.split(",")] for line in file])
x = table[:, :64].float().div(16).view(-1, 1, 8, 8)
y = table[:, 64]
report("x", x)
report("y", y)

torch.manual_seed(7)
model = Net()
report("initial", model.state_dict())
biases = [param for name, param in model.named_parameters() if name.endswith("bias")]
weights = [param for name, param in model.named_parameters() if name.endswith("weight")]
optimizer = optim.AdamW([{"params": weights}, {"params": biases, "weight_decay": 0.0}], lr=2e-3, weight_decay=0.05)
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)

for epoch in range(4):
    for step, batch in enumerate(torch.randperm(len(x)).split(64)):
        optimizer.zero_grad()
        loss = criterion(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        report(f"loss.{epoch}.{step}", loss.item())

report("grad", {name: param.grad for name, param in model.named_parameters()})
report("trained", model.state_dict())
state = optimizer.state_dict()
report("optimizer", {str(index): state["state"][index] for index in sorted(state["state"])})
model.eval()
with torch.no_grad():
    logits = model(x)
report("logits", logits)
report("accuracy", (logits.argmax(1) == y).float().mean())
report("rng", torch.get_rng_state())
