"""A recurrent classifier that stops, saves everything in one file, and goes on in a new program's objects."""

import os
import tempfile

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(9, 6, padding_idx=0)
        self.rnn = nn.LSTM(6, 8, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(16, 2)
        self.seen = 0

    def forward(self, ids, lengths):
        if self.training:
            self.seen += len(ids)
        packed = nn.utils.rnn.pack_padded_sequence(self.embed(ids), lengths, batch_first=True, enforce_sorted=False)
        output, (hidden, _) = self.rnn(packed)
        return self.head(self.dropout(torch.cat([hidden[0], hidden[1]], 1)))

    def get_extra_state(self):
        return {"seen": self.seen}

    def set_extra_state(self, state):
        self.seen = state["seen"]


def made():
    model = Tagger()
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    return model, optimizer, optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)


torch.manual_seed(9)
lengths = torch.randint(2, 6, (12,))
ids = torch.randint(1, 9, (12, 5))
ids[torch.arange(5) >= lengths[:, None]] = 0
labels = (ids == 3).any(1).long()


def train(model, optimizer, scheduler, steps):
    for _ in range(steps):
        logits = model(ids, lengths)
        loss = F.cross_entropy(logits, labels)
        (slope,) = torch.autograd.grad(loss, model.head.weight, create_graph=True)
        loss = loss + 0.1 * slope.norm() ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        report("loss", loss.item())


model, optimizer, scheduler = made()
train(model, optimizer, scheduler, 4)
with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "checkpoint.pt")
    torch.save(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "rng": torch.get_rng_state(),
            "step": 4,
        },
        file,
    )
    model, optimizer, scheduler = made()
    saved = torch.load(file)
print(model.load_state_dict(saved["model"]))
optimizer.load_state_dict(saved["optimizer"])
scheduler.load_state_dict(saved["scheduler"])
torch.set_rng_state(saved["rng"])
print("step:", saved["step"], "seen:", model.seen, "states:", len(optimizer.state_dict()["state"]))
train(model, optimizer, scheduler, 4)
report("rates", scheduler.get_last_lr())
report("state", {key: value for key, value in model.state_dict().items() if isinstance(value, torch.Tensor)})
for index, state in optimizer.state_dict()["state"].items():
    report(f"optimizer.{index}", state["exp_avg"])
