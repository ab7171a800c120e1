"""Python's half of the parity check of programs that TypeScript exported: loads and trains them, and compares bits.

    python test/parity/written.py DIR

Run by test/parity/run.js after written.ts. Exits with 1 where a program differs.
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


def attempted(index, case):
    try:
        return run(index, case)
    except Exception as error:  # noqa: BLE001
        return [f"{type(error).__name__}: {error}"[:300]]


cases = torch.load(folder / "cases.pt")
wrong = [f"{case['name']} ({i}): {', '.join(found)}" for i, case in enumerate(cases) if (found := attempted(i, case))]
print(f"parity: written: {len(cases)} programs that are exported here: {'DIFFERENT' if wrong else 'equal'}")
print("\n".join(wrong), end="\n" if wrong else "")
sys.exit(1 if wrong else 0)
