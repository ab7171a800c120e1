"""One rank of Python's that trains, saves and goes on; states.ts is its twin.

WRITE is the file that rank 0 saves; READ, where it is given, one that all ranks go on from.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import torch
import torch.distributed as dist
import torch.nn.functional as F
from report import report
from torch import nn, optim
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present
from torch.nn.parallel import DistributedDataParallel as DDP

torch.set_num_threads(1)


def make():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16, 3))


def steps(model, optimizer, count):
    for step in range(count):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(torch.randn(5, 1, 6, 6)), torch.randint(0, 3, (5,)))
        loss.backward()
        optimizer.step()
        report(f"loss.{step}", loss.item())


dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(20 + rank)
model = DDP(make())
optimizer = optim.AdamW(model.parameters(), lr=1e-2)
if "WRITE" in os.environ:
    steps(model, optimizer, 3)
    if rank == 0:
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, os.environ["WRITE"])
if "READ" in os.environ:
    saved = torch.load(os.environ["READ"], weights_only=True)
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    consume_prefix_in_state_dict_if_present(saved["model"], "module.")
    alone = make()
    alone.load_state_dict(saved["model"])
    report("alone", alone.state_dict())
    torch.manual_seed(saved["epoch"] + rank)
    steps(model, optimizer, 2)
report("state", model.state_dict())
dist.destroy_process_group()
# Not through the interpreter's end: gloo's threads may still be in it, which then ends the process by an abort.
sys.stdout.flush()
os._exit(0)
