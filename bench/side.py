"""The other side of side.js."""

import contextlib
import json
import math
import os
import re
import sys
import time

try:
    import resource
except ImportError:  # Windows
    resource = None

import torch

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "test", "gpu"))
from device import device, prepare, synchronize  # noqa: E402

prepare()
there = contextlib.nullcontext() if device is None else torch.device(device)
with there:
    from image_rows import rows  # noqa: E402


def wait():
    if device is not None:
        synchronize()


LINUX = sys.platform == "linux"


def peak():
    with open("/proc/self/status") as file:
        return 1024 * int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])


def forget_peak():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def cpu_time():
    """Seconds of the processor's time, of all threads and of processes that have ended."""
    if resource is None:
        return time.process_time()
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(run, seconds):
    count = 1
    while True:
        wait()
        cpu = cpu_time()
        started = time.perf_counter()
        for _ in range(count):
            run()
        wait()
        took = time.perf_counter() - started
        if took >= seconds or count >= 1e8:
            return {"us": took / count * 1e6, "cpu": (cpu_time() - cpu) / count * 1e6}
        count = math.ceil(count * min(10, max(1.5, 1.2 * seconds / max(took, 1e-6))))


name, run = "", None
print(json.dumps(list(rows)), flush=True)
for line in sys.stdin:
    task = json.loads(line)
    try:
        torch.set_num_threads(task["threads"])
        if task["name"] != name:
            name, run = task["name"], None  # frees the inputs of the row before
            with there:
                run = rows[name]()
        if LINUX:
            forget_peak()
        times = timed(run, task["seconds"])
        print(json.dumps({**times, "peak": peak() if LINUX else None}), flush=True)
    except Exception as error:  # noqa: BLE001
        print(json.dumps({"error": repr(error)}), flush=True)
