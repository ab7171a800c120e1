"""One rank that torchrun has started, of one of two machines; launched.ts is its twin."""

import os
import sys

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank, local = dist.get_rank(), dist.get_node_local_rank()
x = torch.tensor([10.0**rank])
dist.all_reduce(x)
print(f"rank {rank}, here {local}, of {dist.get_world_size()}: {int(x.item())}", flush=True)
dist.barrier()
dist.destroy_process_group()
# Not through the interpreter's end: gloo's threads may still be in it, which then ends the process by an abort.
sys.stdout.flush()
os._exit(0)
