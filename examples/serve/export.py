"""Trains a small network on handwritten digits and exports it: python export.py makes digits.pt2."""

import gzip
import pathlib

import torch
import torch.nn.functional as F
from model import Net
from torch.export import Dim, export, save

here = pathlib.Path(__file__).parent
with gzip.open(here / "../data/digits.csv.gz", "rt") as file:
    table = torch.tensor([[int(v) for v in line.split(",")] for line in file])
pixels, labels = table[:, :64].float().div(16).view(-1, 1, 8, 8), table[:, 64]

torch.manual_seed(0)
model = Net()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for start in range(0, 1408, 64):
    optimizer.zero_grad()
    F.cross_entropy(model(pixels[start : start + 64]), labels[start : start + 64]).backward()
    optimizer.step()

# A batch of any size from 1 to 64. Exported for training, so that Node can train it on.
program = export(model, (pixels[:8],), dynamic_shapes={"images": {0: Dim("batch", min=1, max=64)}})
save(program, here / "digits.pt2")
print("accuracy", (model(pixels[1408:]).argmax(1) == labels[1408:]).float().mean().item())
