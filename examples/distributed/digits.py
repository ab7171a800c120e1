"""digits.ts in Python: one rank that trains on handwritten digits with others, of either language."""

import gzip
import os
import pathlib

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn, optim

EPOCHS = int(os.environ.get("EPOCHS", 3))
BATCH = 32  # of each rank


def load_digits():
    file = pathlib.Path(__file__).parents[1] / "data" / "digits.csv.gz"
    lines = gzip.decompress(file.read_bytes()).decode().strip().split("\n")
    table = torch.tensor([[int(value) for value in line.split(",")] for line in lines])  # (1797, 65)
    return table[:, :64].float().div(16).view(-1, 1, 8, 8), table[:, 64]


torch.set_num_threads(1)
dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
torch.manual_seed(42)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(16 * 4 * 4, 10),
)
model = nn.parallel.DistributedDataParallel(net)
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
pixels, labels = load_digits()
count = len(labels) // world
for epoch in range(1, EPOCHS + 1):
    order = torch.randperm(len(labels))[rank * count : (rank + 1) * count]  # the same seed on all ranks
    total = torch.zeros(1)
    for batch in order.split(BATCH):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(pixels[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        total += loss.detach()
    dist.all_reduce(total)
    if rank == 0:
        print(f"epoch {epoch}: loss {total.item()}")
net.eval()
with torch.no_grad():
    right = net(pixels).argmax(1).eq(labels).float().mean().item()
if rank == 0:
    print(f"right: {right:.4f}")
if rank == 0 and "OUT" in os.environ:
    torch.save(net.state_dict(), os.environ["OUT"])
dist.destroy_process_group()
