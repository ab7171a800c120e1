"""Python's half of the parity check of exported modules: every row of test/fixtures/nn as a program.

Run by test/parity/run.js with a Python that has torch; exported.ts runs what this leaves in DIR: programs as N.pt2,
their inputs as N.pt, and cases.jsonl, a program a line: what Python computed with it, or why there is none.

    python test/parity/exported.py DIR SHARE [SEED]

One row in SHARE is taken; SEED says which.
"""

import json
import pathlib
import runpy
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "fixtures" / "nn"))

import rows  # noqa: E402
import torch  # noqa: E402
from torch.export import Dim, export, load, save  # noqa: E402
from torch.utils import _pytree as pytree  # noqa: E402
from variants import RATE, SEED, STEPS, attempted, batch_of, calls_of, copied, differentiable, digest, inputs_of, leaves, mapped  # noqa: E402

torch.set_num_threads(1)


def collected():
    """The rows of modules that are called: name, what makes it, its inputs, and how it is called."""
    found = []

    class Collector(rows.Family):
        def module(self, name, make, *inputs, call=calls_of, skip=None):
            if inputs:
                found.append((name, make, inputs, call))

        def functional(self, *args, **kwargs):
            pass

        error = add = write = functional

    rows.Family = Collector
    for script in sorted(pathlib.Path(rows.__file__).parent.glob("*.py")):
        if script.stem not in ("all", "rows", "variants"):
            runpy.run_path(str(script))
    return found


class Called(torch.nn.Module):
    """A module that is called in a way of its own."""

    def __init__(self, module, call):
        super().__init__()
        self.module = module
        self.call = call

    def forward(self, *inputs):
        return self.call(self.module, *inputs)


def batched(inputs):
    """Dynamic shapes: the first dimension, where it is as long as the first input's."""
    batch = batch_of(inputs)

    def shape(value):
        if isinstance(value, (list, tuple)):
            return type(value)(shape(item) for item in value)
        return {0: Dim.AUTO} if isinstance(value, torch.Tensor) and value.dim() and value.shape[0] == batch else None

    return tuple(shape(value) for value in inputs)


def another_batch(inputs):
    """The inputs with a batch of one more: its first element once more."""
    batch = batch_of(inputs)

    def longer(t):
        more = t.detach()
        more = torch.cat([more, more[:1]]) if t.dim() and t.shape[0] == batch else more.clone()
        return more.requires_grad_(t.requires_grad)

    return mapped(longer, inputs)


def trained(module, inputs, steps):
    """Outputs and gradients of the first step, state after all of them, as digests."""
    result = {}
    for step in range(steps):
        torch.manual_seed(SEED + step)
        given = copied(inputs)
        module.zero_grad()
        outputs = pytree.tree_leaves(module(*given))
        losses = [(o * o).mean() for o in differentiable(outputs)]
        if losses:
            torch.autograd.backward(losses)
        if step == 0:
            result["outputs"] = [digest(o) for o in outputs]
            result["inputGrads"] = [digest(getattr(t, "grad", None)) for t in leaves(given)]
            result["grads"] = {name: digest(p.grad) for name, p in module.named_parameters()}
        with torch.no_grad():
            for param in module.parameters():
                if param.grad is not None:
                    param.add_(param.grad, alpha=-RATE)
    result["state"] = {name: digest(value) for name, value in module.state_dict().items()}
    return result


class Writer:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.cases = (folder / "cases.jsonl").open("w")

    def line(self, case):
        self.cases.write(json.dumps(case) + "\n")

    def program(self, name, program, runs):
        """Saves it, and runs what is read again: guards are in another order then."""
        self.count += 1
        path = self.folder / f"{self.count}.pt2"
        save(program, path)
        torch.save(runs, self.folder / f"{self.count}.pt")
        module = load(path).module()
        steps = [STEPS] + [1] * (len(runs) - 1)
        results = [attempted(lambda: trained(module, inputs, n)) for inputs, n in zip(runs, steps)]
        self.line({"name": name, "file": self.count, "runs": results})


def write(writer, name, make, spec, call):
    def exported(is_training=True, is_dynamic=False, decompositions=False):
        torch.manual_seed(SEED)
        module = make()
        module = module if call is calls_of else Called(module, call)
        module.train(is_training)
        args = tuple(copied(inputs))
        shapes = None
        if is_dynamic:
            shapes = batched(inputs)
            shapes = shapes if call is calls_of else (shapes,)
        program = export(module, args, dynamic_shapes=shapes)
        return program if decompositions is False else program.run_decompositions(decompositions)

    kinds = {
        "static": {},
        "dynamic": {"is_dynamic": True},
        "eval": {"is_training": False},
        "inference IR": {"decompositions": {}},
        "core ATen": {"decompositions": None},
    }
    torch.manual_seed(SEED + 1)
    inputs = inputs_of(spec)
    seen = set()
    for kind, options in kinds.items():
        try:
            program = exported(**options)
            text = program.graph_module.code + str(program.graph_signature) + str(program.range_constraints)
            if text in seen:
                continue
            if "rrelu_with_noise_functional" in text:
                raise ValueError("the gradient of this operator reads memory that nothing has written")
            seen.add(text)
            runs = [inputs] + ([another_batch(inputs)] if kind == "dynamic" else [])
            writer.program(f"{name}, {kind}", program, runs)
        except Exception as error:  # noqa: BLE001
            reason = f"{type(error).__name__}: {error}".strip().split("\n")[0][:150]
            writer.line({"name": f"{name}, {kind}", "refused": reason})
            if kind == "static":  # the others are made of the same module
                return


def main():
    folder, share, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), "".join(sys.argv[3:])
    writer = Writer(folder)
    for name, *row in collected():
        if zlib.crc32(f"{seed} {name}".encode()) % share == 0:
            write(writer, name, *row)


if __name__ == "__main__":
    main()
