"""Python's half of the parity check of programs that TypeScript exported: loads and trains them, and compares bits.

    python test/parity/written.py DIR [compiled]

Run by test/parity/run.js after written.ts and programs with what they have trained; with `compiled` those alone are compiled. Exits with 1 where a program differs.
"""
import pathlib
import sys
import warnings

import torch
from torch.utils import _pytree as pytree

warnings.simplefilter("ignore")
torch.set_num_threads(1)
SEED = 2613
folder = pathlib.Path(sys.argv[1])


def tupled(tree):
    return tuple(tupled(v) for v in tree) if isinstance(tree, (list, tuple)) else tree


def same(found, expected):
    if not isinstance(expected, torch.Tensor) or not isinstance(found, torch.Tensor):
        return type(found) is type(expected) and found == expected
    if found.dtype != expected.dtype or found.shape != expected.shape:
        return False
    found, expected = (t.to_dense() if t.is_sparse else t for t in (found, expected))
    return torch.equal(found.nan_to_num(nan=7), expected.nan_to_num(nan=7)) if found.is_floating_point() else torch.equal(found, expected)


def copied(leaves, wants):
    return [t.detach().clone().requires_grad_(want) if isinstance(t, torch.Tensor) else t for t, want in zip(leaves, wants)]


def run(index, case):
    """What differs."""
    program = torch.export.load(folder / f"{index}.pt2")
    args, kwargs = program.example_inputs
    module = program.module()
    wants = [isinstance(t, torch.Tensor) and t.requires_grad for t in pytree.tree_leaves(args)]
    leaves, spec = pytree.tree_flatten(tupled(case["inputs"]))
    given = copied(leaves, wants)
    torch.manual_seed(SEED + 1)
    outputs = pytree.tree_leaves(module(*pytree.tree_unflatten(given, spec), **kwargs))
    losses = [(o * o).mean() for o in outputs if isinstance(o, torch.Tensor) and o.requires_grad]
    if losses:
        torch.autograd.backward(losses)
    grads = {key: param.grad for key, param in module.named_parameters()}
    pairs = {f"output {i}": pair for i, pair in enumerate(zip(outputs, case["outputs"], strict=True))}
    given_grads = [getattr(t, "grad", None) for t in given]
    pairs |= {f"gradient of input {i}": pair for i, pair in enumerate(zip(given_grads, case["inputGrads"], strict=True))}
    pairs |= {f"gradient of {key}": (grads[key], grad) for key, grad in case["grads"].items() if key in grads}
    state = module.state_dict()
    pairs |= {key: (state.get(key), value) for key, value in case["state"].items()}
    return [key for key, pair in pairs.items() if not same(*pair)]


def trained(name):
    """What differs of what a program of test/parity/programs has trained, at each of its sizes."""
    program = torch.export.load(folder / f"{name}.pt2")
    module = program.module()
    saved = torch.load(folder / f"{name}.trained.pt")
    wrong = []
    for i, (args, expected) in enumerate(zip(saved["inputs"], saved["outputs"])):
        with torch.no_grad():
            found = [o for o in pytree.tree_leaves(module(*args)) if o is not None]
        if not all(map(same, found, expected)):
            wrong.append(f"call {i}")
    decomposed = program.run_decompositions().module()
    with torch.no_grad():
        decomposed(*saved["inputs"][0 if name == "lstm" else -1])  # an LSTM is decomposed into the steps of one length
    return wrong


def compiled(name):
    """What torch.compile and AOTInductor give beyond rounding."""
    program = torch.export.load(folder / f"{name}.pt2")
    saved = torch.load(folder / f"{name}.trained.pt")
    package = torch._inductor.aoti_compile_and_package(program, package_path=str(folder / f"{name}.aoti.pt2"))
    modules = {"torch.compile": torch.compile(program.module()), "AOTInductor": torch._inductor.aoti_load_package(package)}
    wrong = []
    for way, module in modules.items():
        for i, (args, expected) in enumerate(zip(saved["inputs"], saved["outputs"])):
            with torch.no_grad():
                # AOTInductor does not look at strides: views are taken for what was exported, without an error.
                found = pytree.tree_leaves(module(*(arg.contiguous() for arg in args)))
            if not all(torch.allclose(a, b, rtol=1e-4, atol=1e-4) for a, b in zip(found, expected)):
                wrong.append(f"{way}, call {i}")
    return wrong


def round_trip(name):
    """What differs of Python's program that was trained in TypeScript, and trained here."""
    here = torch.export.load(pathlib.Path("test/export/programs") / f"{name}.pt2").module()
    there = torch.export.load(folder / f"{name}.round.pt2").module()
    case = torch.load("test/export/programs.pt", weights_only=False)[name]
    optimizer = torch.optim.AdamW(here.parameters(), lr=0.01)
    torch.manual_seed(SEED)
    for _ in range(3):
        outputs = pytree.tree_leaves(here(*case["args"], **case["kwargs"]))
        optimizer.zero_grad()
        torch.autograd.backward([(o * o).mean() for o in outputs if isinstance(o, torch.Tensor) and o.requires_grad])
        optimizer.step()
    found, expected = there.state_dict(), here.state_dict()
    wrong = [key for key in expected if not same(found.get(key), expected[key])]
    torch.manual_seed(SEED)
    outputs = pytree.tree_leaves(there(*case["args"], **case["kwargs"]))
    torch.manual_seed(SEED)
    pairs = zip(outputs, pytree.tree_leaves(here(*case["args"], **case["kwargs"])), strict=True)
    return wrong + [f"output {i}" for i, pair in enumerate(pairs) if not same(*pair)]


def unflattened(name):
    """What is wrong with the modules of torch.export.unflatten, which are called with the signatures that were kept."""
    program = torch.export.load(folder / f"{name}.pt2")
    module = torch.export.unflatten(program)
    saved = torch.load(folder / f"{name}.pt")
    calls = {}
    for path in ("sub", "twice", "attention"):
        hook = lambda _, args, kwargs, path=path: calls.setdefault(path, []).append((len(args), list(kwargs)))  # noqa: E731
        module.get_submodule(path).register_forward_pre_hook(hook, with_kwargs=True)
    with torch.no_grad():
        wrong = [] if same(module(saved["x"]), saved["y"]) else ["output"]
    expected = {"sub": [(3, [])], "twice": [(1, [])] * 2, "attention": [(3, ["need_weights"])]}
    return wrong + [f"{path} is called with {calls.get(path)}" for path in expected if calls.get(path) != expected[path]]


def attempted(check, *args):
    try:
        return check(*args)
    except Exception as error:  # noqa: BLE001
        return [f"{type(error).__name__}: {error}"[:300]]


def checked(title, check, named):
    wrong = [f"{name}: {', '.join(found)}" for name, *args in named if (found := attempted(check, *args))]
    print(f"parity: written: {len(named)} {title}: {'DIFFERENT' if wrong else 'equal'}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return not wrong


names = sorted(path.name.removesuffix(".trained.pt") for path in folder.glob("*.trained.pt"))
rounds = sorted(path.name.removesuffix(".round.pt2") for path in folder.glob("*.round.pt2"))
if len(sys.argv) > 2:
    fits = [checked("trained programs that Inductor compiles", compiled, [(name, name) for name in names])]
else:
    cases = torch.load(folder / "cases.pt")
    fits = [
        checked("programs that are exported here", run, [(f"{case['name']} ({i})", i, case) for i, case in enumerate(cases)]),
        checked("trained programs at several sizes", trained, [(name, name) for name in names]),
        checked("programs with signatures of their modules", unflattened, [("kept", "kept")]),
        checked("programs of Python that are trained here", round_trip, [(name, name) for name in rounds]),
    ]
sys.exit(0 if all(fits) else 1)
