"""The overloads that Python's argument parser tries for each name, in order: writes overload_order.json, for
overload_order.test.ts.

Run by hand after a change of the pinned version; torchgen, which makes Python's bindings and comes with torch,
needs PyYAML beside it:
    npm run fixtures -- test/native/overload_order.py
A line is a name of ATen's and what is tried for it: OVERLOAD, or OVERLOAD/OUT where `out` may be given, which
then calls the overload OUT.
"""
import json
import pathlib
import sys

import torch
import torchgen

PACKAGED = pathlib.Path(torchgen.__file__).parent / "packaged"
sys.path.insert(0, str(PACKAGED))

from autograd import gen_python_functions as bindings  # noqa: E402
from torchgen.gen import parse_native_yaml  # noqa: E402

MODULES = [
    bindings.is_py_torch_function,
    bindings.is_py_nn_function,
    bindings.is_py_fft_function,
    bindings.is_py_linalg_function,
    bindings.is_py_nested_function,
    bindings.is_py_sparse_function,
    bindings.is_py_special_function,
]


def tried(functions, predicate, method):
    """Of each name, the pairs (overload, overload with out) in Python's order, without deprecated spellings."""
    pairs = bindings.load_signatures(functions, str(PACKAGED / "autograd" / "deprecated.yaml"), method=method)
    found = {}
    for name, overloads in bindings.group_filter_overloads(pairs, predicate).items():
        groups = bindings.group_overloads(overloads)
        found[str(name)] = [
            (overload(group.base), overload(group.outplace)) for group in groups if not group.signature.deprecated
        ]
    return found


def overload(function):
    return None if function is None else function.func.name.overload_name or "default"


def main() -> None:
    native = parse_native_yaml(
        str(PACKAGED / "ATen" / "native" / "native_functions.yaml"), str(PACKAGED / "ATen" / "native" / "tags.yaml")
    )
    shown = [function for function in native.native_functions if bindings.should_generate_py_binding(function)]
    names = {}
    for module in MODULES:
        for name, groups in tried(shown, module, method=False).items():
            assert name not in names
            names[name] = groups
    for name, groups in tried(shown, bindings.is_py_variable_method, method=True).items():
        # A method knows no `out`; what it tries, it tries in the function's order.
        bases = [base for base, _ in groups]
        function = [base for base, _ in names.setdefault(name, [(base, None) for base in bases])]
        assert [base for base in function if base in bases] == bases, name
    path = pathlib.Path(__file__).with_suffix(".json")
    lines = ",\n".join(
        json.dumps(name) + ": " + json.dumps(" ".join("/".join(filter(None, pair)) for pair in groups))
        for name, groups in sorted(names.items())
    )
    path.write_text(f'{{"torch": "{torch.__version__}", "names": {{\n{lines}\n}}}}\n')


main()
