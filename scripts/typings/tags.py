"""Writes scripts/typings/tags.json: which operators work element by element, and which draw random numbers, as
PyTorch's own tags say. The addon does not know the tags. Run by hand after a change of libtorch's version:
`npm run fixtures -- scripts/typings/tags.py`."""

import json
import pathlib

import torch

wanted = {"pointwise": torch.Tag.pointwise, "random": torch.Tag.nondeterministic_seeded}
names = {kind: set() for kind in wanted}
for name in dir(torch.ops.aten):
    packet = getattr(torch.ops.aten, name)
    if not hasattr(packet, "overloads"):
        continue
    tags = set().union(*(getattr(packet, overload).tags for overload in packet.overloads()))
    for kind, tag in wanted.items():
        if tag in tags:
            names[kind].add(name)

target = pathlib.Path(__file__).with_suffix(".json")
target.write_text(json.dumps({kind: sorted(found) for kind, found in names.items()}, indent=2) + "\n")
