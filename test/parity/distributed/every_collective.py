"""One rank of Python's for every collective; every_collective.ts is its twin."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "distributed"))

import torch
import torch.distributed as dist
from collectives import DTYPES, cases, plain

torch.set_num_threads(1)
dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()


def whole(values):
    """As JavaScript writes them."""
    return [int(value) if value == int(value) else value for value in values]


for dtype in DTYPES:
    for name, call in cases(rank, world, dtype):
        try:
            value = [whole(plain(tensor)) for tensor in call()]
        except Exception:
            value = None
        print(name, dtype, json.dumps(value, separators=(",", ":")))
dist.barrier()
dist.destroy_process_group()
# Not through the interpreter's end: gloo's threads may still be in it, which then ends the process by an abort.
sys.stdout.flush()
os._exit(0)
