"""Programs that hold objects of a class: writes custom_objects.pt2 and custom_objects.json, for
test/native/load_library.process.test.ts, which has the library.

Run by hand after a change of the pinned version:
    npm run fixtures -- test/export/custom_objects.py
Builds the library of that test, with Python's libtorch. Python cannot export libtorch's own classes, packed weights:
they lack `__obj_flatten__`.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from archive import packed

HERE = pathlib.Path(__file__).parent
SOURCE = HERE.parent / "native" / "support" / "custom_library.cc"


def build(folder: str) -> str:
    library = os.path.join(folder, "custom_library.so")
    root = pathlib.Path(torch.__file__).parent
    include = [f"-I{root / 'include'}", f"-I{root / 'include/torch/csrc/api/include'}"]
    link = [f"-L{root / 'lib'}", "-ltorch_cpu", "-lc10"]
    options = ["-std=c++20", "-shared", "-fPIC", "-w"]
    subprocess.run(["c++", *options, *include, str(SOURCE), "-o", library, *link], check=True)
    return library


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.tally = torch.classes.nodetorch_test.Tally("tally", 3)
        self.weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, x):
        y = torch.ops.nodetorch_test.times_total(x, self.tally)
        return y * self.weight, x + self.tally.add_to_total(0)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        torch.classes.load_library(build(folder))

    @torch._library.register_fake_class("nodetorch_test::Tally")
    class FakeTally:
        def __init__(self, label, total):
            self.label = label
            self.total = total

        @classmethod
        def __obj_unflatten__(cls, flat):
            return cls(**dict(flat))

        def add_to_total(self, by):
            return self.total

    @torch.library.register_fake("nodetorch_test::times_total")
    def _(self, tally):
        return torch.empty_like(self)

    model = Model()
    x = torch.tensor([0.5, -1.0])
    program = torch.export.export(model, (x,), strict=False)
    packed(HERE, "custom_objects", program)
    result = {
        "torch": torch.__version__,
        "input": x.tolist(),
        "output": [one.tolist() for one in model(x)],
        # Of the program itself: Python cannot read its own file, where two nodes get the name of a method's call.
        "graph": str(program.graph),
        "code": program.graph_module.code,
    }
    (HERE / "custom_objects.json").write_text(json.dumps(result, indent=2) + "\n")


main()
