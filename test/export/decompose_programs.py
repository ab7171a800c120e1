"""Makes decompose_programs.json: what Python's run_decompositions leaves of the programs of programs.py, and what these give.

    npm run fixtures -- test/export/decompose_programs.py
"""
import hashlib
import json
import pathlib
import sys
import warnings

import torch
from torch.utils import _pytree as pytree

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here))
import models as m

warnings.simplefilter("ignore")
torch.set_num_threads(1)
torch.serialization.add_safe_globals([m.Point])
results = torch.load(here / "programs.pt", weights_only=False)


def digest(value):
    """The bits of a tensor, in short."""
    if not isinstance(value, torch.Tensor):
        return value
    data = bytes(torch.empty(value.shape, dtype=value.dtype).copy_(value.detach()).reshape(-1).view(torch.uint8).tolist())
    return f"{str(value.dtype)[6:]} {list(value.shape)} {hashlib.sha256(data).hexdigest()[:16]}"


def targets_of(module):
    """Of the graph and of those within it."""
    for graph in module.modules():
        yield from (str(n.target) for n in graph.graph.nodes if n.op == "call_function")


def decomposed(name, table):
    program = torch.export.load(here / "programs" / f"{name}.pt2")
    leaves = pytree.tree_leaves((results[name]["args"], results[name]["kwargs"]))
    leaves = [leaf.clone() if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]  # some are written to
    args, kwargs = pytree.tree_unflatten(leaves, program.call_spec.in_spec)
    if table != "none":
        try:
            program = program.run_decompositions(table)
        except Exception as error:
            return {"failure": type(error).__name__}
    targets = sorted({target for target in targets_of(program.graph_module) if target.startswith("aten")})
    torch.manual_seed(0)
    with torch.no_grad():
        outputs = program.module()(*args, **kwargs)
    return {"operators": targets, "outputs": [digest(leaf) for leaf in pytree.tree_leaves(outputs)]}


found = {}
for path in sorted((here / "programs").glob("*.pt2")):
    kinds = {"before": "none", "inference": {}, "core": None}
    found[path.stem] = {kind: decomposed(path.stem, table) for kind, table in kinds.items()}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")
