"""Which functions of torch's Python layer changed between two versions, of those that lib/ does anew in TypeScript:
functionals, modules, initial values, optimizers, schedulers and so on. Names are compared by their syntax trees without
doc strings and annotations, so that what is printed changed what it does, or may have. Nothing is imported.

    python3 test/versions/compare_sources.py [--diff] SITE_PACKAGES OTHER_SITE_PACKAGES
"""

import ast
import difflib
import glob
import os
import sys

# What lib/ has a twin of, relative to torch/.
TWINS = [
    "functional.py", "_tensor.py", "_tensor_str.py", "storage.py", "serialization.py", "_utils.py", "_weights_only_unpickler.py",
    "_lowrank.py", "_lobpcg.py", "_linalg_utils.py", "_jit_internal.py", "random.py", "types.py", "hub.py",
    "nn/functional.py", "nn/init.py", "nn/parameter.py", "nn/grad.py", "nn/modules/*.py", "nn/utils/*.py",
    "nn/attention/*.py", "optim/*.py", "autograd/*.py", "amp/*.py", "_functorch/apis.py", "_functorch/eager_transforms.py",
    "_functorch/functional_call.py", "_functorch/vmap.py", "utils/checkpoint.py", "utils/data/*.py", "utils/data/_utils/*.py",
    "utils/_pytree.py", "masked/*.py", "signal/windows/*.py", "sparse/__init__.py", "testing/_comparison.py",
    "testing/_creation.py", "special/__init__.py", "fft/__init__.py", "linalg/__init__.py",
]  # fmt: skip


class Bare(ast.NodeTransformer):
    """Drops what a call does not notice."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        return self.without_doc(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        return self.without_doc(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Assert(self, node):
        return None

    def visit_Assign(self, node):
        self.generic_visit(node)
        return None if getattr(node.targets[0], "attr", None) == "__doc__" else node

    def visit_Call(self, node):
        self.generic_visit(node)
        name = getattr(node.func, "id", None)
        if name == "cast":
            return node.args[1]
        return node.args[0] if name == "_add_docstr" else node

    def without_doc(self, node):
        if node.body and is_text(node.body[0]):
            node.body = node.body[1:]
        if not node.body:
            node.body = [ast.Pass()]
        return node


def is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def functions(path):
    """Text of each function and method by its qualified name, and of the rest of each class and of the module."""
    found = {}

    def walk(node, prefix):
        rest = []
        for one in node.body:
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if any(getattr(mark, "id", None) == "overload" for mark in one.decorator_list):
                    continue
                name = prefix + one.name
                while name in found:  # the setter of a property
                    name += "'"
                found[name] = ast.unparse(ast.fix_missing_locations(one))
            elif isinstance(one, ast.ClassDef):
                walk(one, f"{prefix}{one.name}.")
            elif not isinstance(one, (ast.Import, ast.ImportFrom)) and not is_text(one):
                rest.append(ast.unparse(ast.fix_missing_locations(one)))
        if rest:
            found[prefix + "(fields)" if prefix else "(module)"] = "\n".join(rest)

    with open(path, encoding="utf-8") as file:
        walk(Bare().visit(ast.parse(file.read())), "")
    return found


def files(site):
    torch = os.path.join(site, "torch")
    return {os.path.relpath(one, torch): one for twin in TWINS for one in glob.glob(os.path.join(torch, twin))}


def main(arguments):
    show = "--diff" in arguments
    old, new = (files(site) for site in arguments if site != "--diff")
    for name in sorted(old.keys() | new.keys()):
        before, after = (functions(of[name]) if name in of else {} for of in (old, new))
        for one in sorted(before.keys() | after.keys()):
            if before.get(one) == after.get(one):
                continue
            word = "gone" if one not in after else "new" if one not in before else "changed"
            print(f"{word:8}{name} {one}")
            if show and word == "changed":
                lines = (text.splitlines() for text in (before[one], after[one]))
                print("\n".join(f"    {line}" for line in list(difflib.unified_diff(*lines, lineterm="", n=1))[2:]))


if __name__ == "__main__":
    main(sys.argv[1:])
