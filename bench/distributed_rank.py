"""A rank for distributed.js; distributed_rank.js is its twin."""

import json
import os
import time

import torch
import torch.distributed as dist
from torch import nn

SIZES = {"1 kB": 256, "1 MB": 262_144, "64 MB": 16_777_216}


def timed(count, work):
    for _ in range(5 * count):
        work()
    dist.barrier()
    times = []
    before = time.process_time()
    for _ in range(count):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)[count >> 1], (time.process_time() - before) / count * 1e6


def main():
    dist.init_process_group("gloo")
    found = {}
    for name, count in SIZES.items():
        x = torch.ones(count)
        times = 8 if count > 1e6 else 200
        # Python has one way to wait.
        for how in ("awaited", "waited for"):
            found[f"allReduce {name}, {how}"] = timed(times, lambda: dist.all_reduce(x))
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(256, 1024), nn.ReLU(), nn.Linear(1024, 256))
    model = nn.parallel.DistributedDataParallel(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x = torch.randn(64, 256)

    def step():
        optimizer.zero_grad()
        model(x).pow(2).mean().backward()
        optimizer.step()

    found["step of DDP, MLP of 525,000"] = timed(50, step)
    if dist.get_rank() == 0:
        print(json.dumps(found), flush=True)
    dist.destroy_process_group()
    # Not through the interpreter's end: gloo's threads may still be in it, which then ends the process by an abort.
    os._exit(0)


main()
