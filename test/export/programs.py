"""Makes programs/*.pt2, which Python exported, and what Python does with them: programs.pt and programs.json.

    npm run fixtures -- test/export/programs.py
"""

import importlib
import io
import json
import os
import pathlib
import pkgutil
import sys
import warnings

import torch

torch.manual_seed(0)  # some examples make their weights when they are imported
import torch._export.db.examples as db
from torch import nn
from torch.export import Dim, export
from torch.utils import _pytree as pytree

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import models as m
from archive import before_2_8, of_2_8, packed, pickled

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent
folder = here / "programs"
folder.mkdir(exist_ok=True)
randn = torch.randn
torch.serialization.add_safe_globals([m.Point])
torch.manual_seed(0)
torch.set_num_threads(1)  # sums of two threads differ in the last bit
results, texts = {}, {}
PARTIAL = bool(os.environ.get("NODETORCH_PARTIAL_FIXTURES"))


def plain(tree):
    """Named tuples as tuples: a file of torch.save() would need their class."""
    if isinstance(tree, dict):
        return {k: plain(v) for k, v in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(plain(v) for v in tree) if type(tree) in (list, tuple) else tuple(plain(v) for v in tree)
    return tree.detach().clone() if isinstance(tree, torch.Tensor) else tree


def trained(path, args, kwargs):
    """Output, gradients of the first step and state after three, of a program that was read again."""
    module = torch.export.load(io.BytesIO(path.read_bytes())).module()
    parameters = list(module.parameters())
    optimizer = torch.optim.SGD(parameters, 0.1) if parameters else None
    out, grads, failure = None, {}, None
    for step in range(3):
        torch.manual_seed(step)
        given = pytree.tree_map(lambda v: v.clone() if isinstance(v, torch.Tensor) else v, (args, kwargs))
        leaves = pytree.tree_leaves(module(*given[0], **given[1]))
        if step == 0:
            out = plain(leaves)
            mutated = plain(given)
        losses = [v.float().square().mean() for v in leaves if isinstance(v, torch.Tensor) and v.requires_grad]
        if not losses:
            continue
        optimizer.zero_grad()
        try:
            sum(losses).backward()
        except RuntimeError as error:  # of a graph that writes to what its gradients need
            failure = str(error)
            break
        if step == 0:
            grads = {k: None if p.grad is None else p.grad.clone() for k, p in module.named_parameters()}
        optimizer.step()
    return {"out": out, "given": mutated, "grads": grads, "failure": failure, "state": {k: v.clone() for k, v in module.state_dict().items()}}


def refusal(module, args, kwargs):
    try:
        module(*args, **kwargs)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return None


def program(name, *args, **options):
    """One program. Another version's Python leaves out what it cannot export (npm run test:versions)."""
    try:
        make_program(name, *args, **options)
    except Exception as error:
        if not PARTIAL:
            raise
        print(f"left out: program {name}: {error}", file=sys.stderr)
        (folder / f"{name}.pt2").unlink(missing_ok=True)
        results.pop(name, None)


def make_program(name, model, args, kwargs=None, shapes=None, decompose=False, bad=(), others=(), written=packed, **options):
    torch.manual_seed(0)
    kwargs = kwargs or {}
    exported = export(model, args, kwargs, dynamic_shapes=shapes, **options)
    if decompose:
        exported = exported.run_decompositions()
    path = written(folder, name, exported)
    read = torch.export.load(io.BytesIO(path.read_bytes()))
    module = read.module()
    results[name] = {
        "args": plain(args),
        "kwargs": plain(kwargs),
        **trained(path, args, kwargs),
        "others": [{"args": plain(a), "out": plain(pytree.tree_leaves(read.module()(*a)))} for a in others],
        "bad": [plain(a) for a in bad],
    }
    texts[name] = {
        "program": str(read),
        "code": read.graph_module.code,
        "graph": str(read.graph),
        "signature": str(read.graph_signature),
        "keys": list(module.state_dict()),
        "ranges": str(read.range_constraints),
        "in_spec": str(read.call_spec.in_spec),
        "out_spec": str(read.call_spec.out_spec),
        "bad": [refusal(module, a, {}) for a in bad],
    }
    print(name, flush=True)


def own():
    batch = Dim("batch", min=1, max=64)
    program("mlp", m.MLP(), (randn(4, 8),), bad=[(randn(3, 8),), (randn(4, 9),), (randn(8),), (1.5,), (), (randn(4, 8), randn(1)), ([randn(4, 8)],)])
    program("mlp_dynamic", m.MLP(), (randn(4, 8),), shapes={"x": {0: batch}}, others=[(randn(1, 8),), (randn(64, 8),)], bad=[(randn(65, 8),), (randn(4, 7),)])
    program("mlp_decomposed", m.MLP(), (randn(4, 8),), decompose=True)
    program("cnn", m.CNN(), (randn(4, 3, 8, 8),), bad=[(randn(5, 3, 8, 8),)])
    program("cnn_decomposed", m.CNN(), (randn(4, 3, 8, 8),), decompose=True)
    program("cnn_eval", m.CNN().eval(), (randn(4, 3, 8, 8),), shapes={"x": {0: Dim.AUTO}}, others=[(randn(7, 3, 8, 8),)])
    program("lstm", m.Recurrent(nn.LSTM), (randn(2, 5, 4),), {"scale": 2.0})
    program("gru", m.Recurrent(nn.GRU), (randn(2, 5, 4),), shapes={"x": {0: batch, 1: Dim.AUTO}, "scale": None}, kwargs={"scale": 0.5})
    ids, mask = torch.randint(0, 20, (2, 7)), torch.zeros(2, 7, dtype=torch.bool)
    mask[0, 5:] = True
    program("bert", m.Bert(), (ids, mask))
    program("bert_dynamic", m.Bert(), (ids,), shapes={"ids": {0: batch, 1: Dim("length", min=2, max=12)}}, others=[(torch.randint(0, 20, (3, 12)),)], bad=[(torch.randint(0, 20, (3, 13)),)])
    program("vit", m.ViT(), (randn(2, 3, 8, 8),))
    program("vit_dynamic", m.ViT(), (randn(2, 3, 8, 8),), shapes={"x": {0: batch}}, others=[(randn(5, 3, 8, 8),)], decompose=True)
    program("unet", m.UNet(), (randn(2, 2, 8, 8),))
    program("unet_dynamic", m.UNet(), (randn(2, 2, 8, 8),), shapes={"x": {0: batch}}, others=[(randn(3, 2, 8, 8),)])
    program("dropout", nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.5)), (randn(3, 6),))
    program("cond", m.Cond(), (randn(4, 3) + 2,), others=[(randn(4, 3) - 2,)])
    program("cond_size", m.SizeCond(), (randn(4, 3),), shapes={"x": {0: batch}}, others=[(randn(5, 3),)])
    program("map", m.Map(), (randn(4, 3), randn(3)))
    program("while", m.While(), (torch.tensor(0), randn(3)), others=[(torch.tensor(5), randn(3))])
    program("scan", m.Scan(), (randn(3), randn(4, 3)))
    program("no_grad", m.NoGrad(), (randn(4, 3),))
    program("autocast", m.Autocast(), (randn(4, 3),))
    pairs = ((randn(2), randn(2)), randn(2))
    trees = (pairs, {"m": {"z": randn(2)}}, m.Point(randn(2), randn(2)), True, "q", 0.5)
    refused = [trees[:3] + (False, "q", 0.5), trees[:4] + ("r", 0.5), trees[:5] + (0.25,), trees[:1] + ({"m": {"y": randn(2)}},) + trees[2:]]
    program("trees", m.Trees(), trees, bad=refused)
    program("trees_decomposed", m.Trees(), trees, decompose=True)
    program("symbols", m.Symbols(), (randn(3, 6), randn(2, 8)), shapes={"x": {0: Dim.AUTO}, "y": {1: Dim.AUTO}}, bad=[(randn(6, 6), randn(2, 8)), (randn(12, 6), randn(2, 8)), (randn(5, 6), randn(2, 2))])
    half = Dim("half", min=2, max=20)
    program("derived", m.MLP(), (randn(8, 8),), shapes={"x": {0: 2 * half}}, others=[(randn(6, 8),)], bad=[(randn(42, 8),)])
    program("items", m.Items(), (randn(3), torch.tensor(4)), others=[(randn(3), torch.tensor(0))], bad=[(randn(3), torch.tensor(11))])
    program("dtypes", m.Dtypes(), (randn(6),))
    program("arguments", m.Arguments(), (randn(2, 3, 4, 4),))


def examples():
    """The programs of torch/_export/db/examples, as far as they export."""
    for info in pkgutil.iter_modules(db.__path__):
        module = importlib.import_module(f"torch._export.db.examples.{info.name}")
        if getattr(module, "example_args", None) is None or not isinstance(getattr(module, "model", None), nn.Module):
            print("no example:", info.name)
            continue
        try:
            program(
                f"db_{info.name}",
                module.model,
                module.example_args,
                getattr(module, "example_kwargs", {}),
                getattr(module, "dynamic_shapes", None),
            )
        except Exception as error:
            print("does not export:", info.name, type(error).__name__, str(error)[:200])


def graphs():
    """Other operators whose arguments are graphs or operators."""
    x = randn(5, 3)
    program("hints", m.Hints(), (x,))
    program("out_dtype", m.OutDtype(), (torch.randint(-9, 9, (4, 3), dtype=torch.int8), torch.randint(-9, 9, (3, 2), dtype=torch.int8), randn(1, 2, 5, 5)))
    program("associative_scan", m.AssociativeScan(), (x, randn(5, 3)))
    program("associative_scan_even", m.AssociativeScan(), (randn(8), randn(8)))


def transforms():
    """torch.func in a graph for training: its levels are opened and closed by nodes. And one operator by operator."""
    torch.manual_seed(0)
    x = randn(4, 3)
    program("vmap", m.Vmap(), (x, randn(2)))
    program("vmap_dynamic", m.Vmap(), (x, randn(2)), shapes={"x": {0: Dim.AUTO}, "y": None}, others=[(randn(6, 3), randn(2))])
    program("vmap_nested", m.VmapNested(), (randn(2, 4, 3),))
    program("vmap_others", m.VmapOthers(), (x,))
    program("vmap_decomposed", m.Vmap(), (x, randn(2)), decompose=True)
    program("jvp", m.Jvp(), (x, randn(4, 3)))
    program("foreach_map", m.ForeachMap(), (x, randn(4, 3)), strict=True)


def older():
    """As older versions wrote them, and with pickled tensors."""
    trees = (((randn(2), randn(2)), randn(2)), {"m": {"z": randn(2)}}, m.Point(randn(2), randn(2)), True, "q", 0.5)
    for written in (before_2_8, of_2_8, pickled):
        name = written.__name__
        program(f"{name}_cnn", m.CNN(), (randn(4, 3, 8, 8),), shapes={"x": {0: Dim.AUTO}}, others=[(randn(7, 3, 8, 8),)], written=written)
        program(f"{name}_trees", m.Trees(), trees, written=written)
    program("before_2_8_symbols", m.Symbols(), (randn(3, 6), randn(2, 8)), shapes={"x": {0: Dim.AUTO}, "y": {1: Dim.AUTO}}, written=before_2_8)
    program("before_2_8_cond", m.Cond(), (randn(4, 3) + 2,), others=[(randn(4, 3) - 2,)], written=before_2_8)


for make in (own, examples, graphs, older, transforms):
    make()
torch.save(results, here / "programs.pt")
(here / "programs.json").write_text(json.dumps(texts, indent=1) + "\n")
