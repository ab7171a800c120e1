"""Python's side of state_files.ts, which starts it: a command a line on stdin, milliseconds on stdout."""

import os, sys, time

import torch
from safetensors.torch import load_file, save_file


def sync(path):
    for each, flags in ((path, os.O_RDWR), (os.path.dirname(path), os.O_RDONLY)):
        fd = os.open(each, flags)
        os.fsync(fd)
        os.close(fd)


def save_pt(path):
    torch.save(state, path)


def save_safetensors(path):
    save_file(state, path)


runs = {
    "pt load": lambda path: torch.load(path),
    "pt mmap load": lambda path: torch.load(path, mmap=True),
    "pt save": save_pt,
    "pt save, synced": lambda path: (save_pt(path), sync(path)),
    "pt save over a file": save_pt,
    "safetensors load": lambda path: load_file(path, backend="pread"),
    "safetensors mmap load": lambda path: load_file(path),
    "safetensors save": save_safetensors,
    "safetensors save, synced": lambda path: (save_safetensors(path), sync(path)),
    "safetensors save over": save_safetensors,
}
rows, columns, count = map(int, sys.argv[1:4])
state = {f"layers.{i}.weight": torch.rand(rows, columns) for i in range(count)}
for line in sys.stdin:
    name, path = line.rstrip("\n").split("\t")
    started = time.perf_counter()
    result = runs[name](path)
    passed = time.perf_counter() - started
    del result
    print(passed * 1000, flush=True)
