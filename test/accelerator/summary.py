# Python's torch.cuda.memory_summary for numbers of our own: summary.json,
# by npm run fixtures -- test/accelerator/summary.py
import json
import os
import unittest.mock as mock

import torch
from torch.cuda import memory

names = ["allocated_bytes", "active_bytes", "requested_bytes", "reserved_bytes", "inactive_split_bytes"]
counts = ["allocation", "active", "segment", "inactive_split"]
stats = {"num_ooms": 3, "num_alloc_retries": 12}
value = 5
for i, name in enumerate(names + counts):
    for pool in ["all", "large_pool", "small_pool"]:
        for field in ["current", "peak", "allocated", "freed"]:
            value = value * 7 % 1000003
            stats[f"{name}.{pool}.{field}"] = value * 11 ** (i % 7)
for name in ["oversize_allocations", "oversize_segments"]:
    for j, field in enumerate(["current", "peak", "allocated", "freed"]):
        stats[f"{name}.{field}"] = 123457 * 10**j

with mock.patch.object(memory, "memory_stats", lambda device=None: stats):
    texts = [memory.memory_summary(1, abbreviated) for abbreviated in (False, True)]
with open(os.path.join(os.path.dirname(__file__), "summary.json"), "w") as file:
    json.dump({"torch": torch.__version__, "stats": stats, "texts": texts}, file)
    file.write("\n")
