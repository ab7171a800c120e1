"""The rank of mismatch_child.ts that has more, in Python. Waits for nothing but the meetings."""

import os
import sys
import threading

import torch
import torch.distributed as dist
from torch import nn

SMALL = int(os.environ["SMALL"])
BIG = 1 - SMALL
CALLS = {
    "allReduce": lambda x, group: dist.all_reduce(x, group=group, async_op=True),
    "reduce": lambda x, group: dist.reduce(x, SMALL, group=group, async_op=True),
    "broadcast": lambda x, group: dist.broadcast(x, BIG, group=group, async_op=True),
    "allGather": lambda x, group: dist.all_gather([x, x.clone()], x.clone(), group=group, async_op=True),
    "gather": lambda x, group: dist.gather(x, None, SMALL, group=group, async_op=True),
    "scatter": lambda x, group: dist.scatter(x, [x.clone(), x.clone()], BIG, group=group, async_op=True),
    "allToAll": lambda x, group: dist.all_to_all([x.clone(), x.clone()], [x, x], group=group, async_op=True),
    "transfer": lambda x, group: dist.isend(x, SMALL, group=group),
}

dist.init_process_group("gloo")
works = []
for name, call in CALLS.items():
    for differs in ("size", "dtype"):
        for _ in range(2):
            group = dist.new_group()
            x = torch.ones(6) if differs == "size" else torch.ones(4, dtype=torch.float64)
            works.append((call(x, group), x))
            dist.barrier()
for _ in range(2):
    model = nn.parallel.DistributedDataParallel(nn.Linear(8, 8), process_group=dist.new_group())
    loss = model(torch.ones(1, 8)).sum()
    threading.Thread(target=loss.backward, daemon=True).start()
    works.append(model)
    dist.barrier()
sys.stdout.flush()
os._exit(0)
