"""Makes functionalized/*.pt2, programs with operators that write to their arguments, and what Python computes with them.

The operators are those of test/native/support/custom_library.cc.

    npm run fixtures -- test/export/functionalized.py
"""

import pathlib
import sys

import torch
from torch.export import export

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from archive import packed

here = pathlib.Path(__file__).parent
torch.manual_seed(0)
torch.set_num_threads(1)
library = torch.library.Library("nodetorch_test", "DEF")
results = {}


def operator(schema, call, tags=()):
    name = schema.split("(")[0]
    library.define(schema, tags=tags)
    library.impl(name, call, "CompositeExplicitAutograd")


def shift_(x, y, by=1.0):
    x.add_(y, alpha=by)


def share_(xs, y, z=None):
    for x in xs:
        x.mul_(y)
    if z is not None:
        z.add_(1)
    return y + 1


def twice_out(x, out):
    return out.copy_(x * 2)


operator("shift_(Tensor(a!) x, Tensor y, float by=1.0) -> ()", shift_)
operator("share_(Tensor(a!)[] xs, Tensor y, *, Tensor(b!)? z=None) -> Tensor", share_)
operator("twice.out(Tensor x, *, Tensor(a!) out) -> Tensor(a!)", twice_out, (torch.Tag.out,))
operator("negate_(Tensor(a!) self) -> Tensor(a!)", lambda x: x.neg_(), (torch.Tag.inplace,))
for name in ("share_",):
    torch.library.register_fake(f"nodetorch_test::{name}", lambda xs, y, z=None: torch.empty_like(y))
for name in ("twice.out", "negate_"):
    torch.library.register_fake(f"nodetorch_test::{name}", lambda x, out=None: x if out is None else out)
ops = torch.ops.nodetorch_test


class Base(torch.nn.Module):
    """Written to: an input's copy, a slice of it, a view with other strides, and the input itself."""

    def forward(self, x, y):
        z = x.clone()
        ops.shift_(z, y)
        ops.shift_(z[1:], y[1:], 0.5)
        ops.shift_(z.t(), y.t(), by=2.0)
        ops.shift_(z.view(z.shape), y)
        ops.shift_(x, y)
        return z, x.sum()


class Lists(torch.nn.Module):
    def forward(self, x, y):
        a, b = x.clone(), x + 1
        given = ops.share_([a, b[:, 1:]], y[:, :1])
        again = ops.share_([a, a], y[0, 0], z=b)
        return given, again, a, b


class Buffer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("sum", torch.zeros(3, 4))

    def forward(self, x, y):
        ops.shift_(self.sum, x)
        return self.sum * y


class Others(torch.nn.Module):
    def forward(self, x, y):
        out = torch.empty_like(x)
        ops.twice.out(x, out=out)
        z = y + 1
        negated = ops.negate_(z)
        return out, negated, z


def program(name, model, is_new=True):
    torch._export.config.enable_auto_functionalized_v2_for_export = is_new
    args = (torch.randn(3, 4), torch.randn(3, 4))
    exported = export(model, args).run_decompositions({})
    targets = {str(node.target) for node in exported.graph.nodes}
    assert ("auto_functionalized_v2" if is_new else "auto_functionalized") in targets, targets
    packed(here / "functionalized", name, exported)
    module = exported.module()
    given = [a.clone() for a in args]
    out = module(*given)
    results[name] = {"args": args, "out": list(out), "given": given, "state": dict(module.state_dict())}
    print(name, flush=True)


for name, model in {"base": Base, "lists": Lists, "buffer": Buffer}.items():
    program(name, model())
    program(f"{name}_old", model(), False)
program("others", Others())
torch.save(results, here / "functionalized.pt")
