"""Makes programs/*.pt, which Python scripted and traced, and what Python does with them: programs.pt and programs.json.

    npm run fixtures -- test/jit/programs.py
"""
import json
import pathlib
import sys
import warnings
import zipfile

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import models as m

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent
folder = here / "programs"
folder.mkdir(exist_ok=True)
torch.set_num_threads(1)
# What runs here by default: Python's executor would optimize from the second call on.
torch._C._jit_set_profiling_mode(False)


def plain(tree):
    if isinstance(tree, dict):
        return {k: plain(v) for k, v in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [plain(v) for v in tree]
    return tree.detach() if isinstance(tree, torch.Tensor) else tree


def without_paths(path):
    """Where the source was on the machine that scripted it is in records of their own."""
    with zipfile.ZipFile(path) as archive:
        records = {r: archive.read(r) for r in archive.namelist() if not r.endswith(".debug_pkl")}
    with zipfile.ZipFile(path, "w") as archive:
        for record, data in records.items():
            archive.writestr(zipfile.ZipInfo(record), data)


def sum_of(tree):
    if isinstance(tree, torch.Tensor):
        return tree.sum() if tree.is_floating_point() else 0
    return sum(sum_of(v) for v in (tree.values() if isinstance(tree, dict) else tree))


randn = torch.randn
cases = {
    "mlp": lambda: (torch.jit.script(m.Mlp()), [(randn(2, 4),), (randn(2, 4), 3)]),
    "mlp_traced": lambda: (torch.jit.trace(m.Mlp(), randn(2, 4)), [(randn(2, 4),), (randn(5, 4),)]),
    "cnn": lambda: (torch.jit.script(m.Cnn()), [(randn(2, 3, 8, 8),)]),
    "cnn_traced": lambda: (torch.jit.trace(m.Cnn().eval(), randn(2, 3, 8, 8)), [(randn(2, 3, 8, 8),)]),
    "recurrent": lambda: (
        torch.jit.script(m.Recurrent()),
        [(torch.tensor([[1, 2, 3]]),), (torch.tensor([[4]]), (randn(1, 1, 5), randn(1, 1, 5)))],
    ),
    "control": lambda: (torch.jit.script(m.Control()), [(torch.ones(2, 2), 3.0), (torch.ones(3), 0.5)]),
    "tied": lambda: (torch.jit.script(m.Tied()), [(randn(2, 3),)]),
    "affine": lambda: (torch.jit.script(m.Affine()), [(randn(3, 4),)]),
    "traced": lambda: (
        torch.jit.trace(m.Traced(), (randn(2, 4), randn(2, 2)), strict=False),
        [(randn(2, 4), randn(2, 2))],
    ),
    "values": lambda: (torch.jit.script(m.Values()), [(randn(2),)]),
}

results, texts = {}, {}
for name, make in cases.items():
    torch.manual_seed(0)
    module, calls = make()
    path = folder / f"{name}.pt"
    extra = {"note.txt": name.encode(), "empty": b""}
    torch.jit.save(module, str(path), _extra_files=extra)
    without_paths(path)
    loaded = torch.jit.load(str(path))
    texts[name] = {
        "repr": str(loaded),
        "graph": str(loaded.graph),
        "inlined_graph": str(loaded.inlined_graph),
        "code": loaded.code,
        "schema": str(loaded.forward.schema),
        "parameters": [n for n, _ in loaded.named_parameters()],
        "buffers": [n for n, _ in loaded.named_buffers()],
        "modules": [n for n, _ in loaded.named_modules()],
        "keys": list(loaded.state_dict()),
        "training": loaded.training,
    }
    result = {"calls": [], "train": None}
    for args in calls:
        torch.manual_seed(1)
        out = plain(loaded.eval()(*args))
        result["calls"].append({"args": plain(args), "out": out})
    # Three steps in training mode.
    loaded.train()
    parameters = list(loaded.parameters())
    if parameters:
        optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
        torch.manual_seed(2)
        for _ in range(3):
            optimizer.zero_grad()
            sum_of(loaded(*calls[0])).backward()
            optimizer.step()
        result["train"] = {
            "grads": {n: p.grad for n, p in loaded.named_parameters()},
            "state": {n: t.detach() for n, t in loaded.state_dict().items()},
        }
    results[name] = result

loaded = torch.jit.load(str(folder / "mlp.pt"))
errors = {}
for name, call in {
    "missing": lambda: loaded(),
    "wrong type": lambda: loaded(3),
    "too many": lambda: loaded(torch.ones(1, 4), 1, 2),
    "unknown keyword": lambda: loaded(torch.ones(1, 4), nothing=1),
    "wrong keyword": lambda: loaded(torch.ones(1, 4), times="a"),
    "inside": lambda: loaded(torch.ones(1, 3)),
    "raised": lambda: torch.jit.load(str(folder / "control.pt"))(torch.zeros(1, 1, 1), 0.0),
    "no method": lambda: loaded.nothing,
    "attribute": lambda: setattr(loaded, "scale", "a"),
    "freeze in training": lambda: torch.jit.freeze(loaded.train()),
}.items():
    try:
        call()
        raise SystemExit(f"no error: {name}")
    except Exception as error:
        errors[name] = [type(error).__name__, str(error)]
texts["errors"] = errors

torch.save(results, here / "programs.pt")
(here / "programs.json").write_text(json.dumps(texts, indent=1) + "\n")
