"""A rank of details_child.ts, in Python."""

import json
import os
from datetime import timedelta

import torch
import torch.distributed as dist

OTHER = int(os.environ["OTHER"])
dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
is_other = rank == OTHER


def x(count=4, other=None, dtype=None):
    """Of `count` elements; of the other rank `other` or `dtype` differs."""
    return torch.ones(other if is_other and other else count, dtype=dtype if is_other else None)


def several(tensor):
    return [tensor.clone() for _ in range(world)]


def scatter(tensor):
    dist.scatter(tensor, several(tensor) if is_other else None, OTHER)


CASES = {
    "broadcast, fewer": lambda: dist.broadcast(x(4, 3), OTHER),
    "broadcast, more": lambda: dist.broadcast(x(4, 5), OTHER),
    "broadcast, dtype of one size": lambda: dist.broadcast(x(dtype=torch.int32), OTHER),
    "allReduce, more": lambda: dist.all_reduce(x(4, 6)),
    "allReduce, dtype of one size": lambda: dist.all_reduce(x(dtype=torch.int32)),
    "allReduce, dtype of another size": lambda: dist.all_reduce(x(dtype=torch.float64)),
    "reduce, fewer": lambda: dist.reduce(x(4, 2), 0),
    "scatter, fewer": lambda: scatter(x(4, 2)),
    "allGather, fewer": lambda: dist.all_gather(several(x(4, 2)), x(4, 2)),
    "allGatherIntoTensor, dtype": lambda: dist.all_gather_into_tensor(
        x(4 * world, dtype=torch.int32), x(dtype=torch.int32)
    ),
    "gather, more": lambda: dist.gather(x(4, 6), several(x(4, 6)) if rank == 0 else None, 0),
    "reduceScatterTensor, more": lambda: dist.reduce_scatter_tensor(x(4, 6), x(4 * world, 6 * world)),
    "allReduce and allToAllSingle": lambda: (
        dist.all_to_all_single(x(world), x(world)) if is_other else dist.all_reduce(x())
    ),
    "allReduce and broadcast": lambda: dist.broadcast(x(), OTHER) if is_other else dist.all_reduce(x()),
    "allReduce and barrier": lambda: dist.barrier() if is_other else dist.all_reduce(x()),
}

hasty = dist.new_group(timeout=timedelta(seconds=1))
CASES["allReduce, which one does not call"] = lambda: is_other or dist.all_reduce(x(), group=hasty)

for what, call in CASES.items():
    try:
        call()
        print(json.dumps({"what": what, "done": True}))
    except RuntimeError as error:
        print(json.dumps({"what": what, "message": str(error)}))
dist.barrier()
# The group is as good as before.
tensor = torch.ones(2)
dist.all_reduce(tensor)
print(json.dumps({"what": "afterwards", "sum": tensor.tolist()}))
dist.barrier()
dist.destroy_process_group()
