"""Loads the weights that finetune.ts saved: python load.py"""

import gzip
import pathlib

import torch
from model import Net

here = pathlib.Path(__file__).parent
with gzip.open(here / "../data/digits.csv.gz", "rt") as file:
    table = torch.tensor([[int(v) for v in line.split(",")] for line in file][1408:])

model = Net()
model.load_state_dict(torch.load(here / "digits.pt"))
found = model(table[:, :64].float().div(16).view(-1, 1, 8, 8)).argmax(1)
print("accuracy", (found == table[:, 64]).float().mean().item())
