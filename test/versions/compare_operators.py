"""Which operators are new, gone, or have another signature or default in one version of torch than in another: read from
the table that torch's wheels bring for its own code generator. Nothing is imported.

    python3 test/versions/compare_operators.py SITE_PACKAGES OTHER_SITE_PACKAGES
"""

import os
import re
import sys

TABLE = "torchgen/packaged/ATen/native/native_functions.yaml"


def schemas(site):
    with open(os.path.join(site, TABLE), encoding="utf-8") as file:
        return dict(re.findall(r"^- func: ([\w.]+)(\(.*)$", file.read(), re.MULTILINE))


def public(names):
    """Without the variants that the generator derives, and what is not for users."""
    return [name for name in sorted(names) if not name.startswith("_")]


def main(old_site, new_site):
    old, new = schemas(old_site), schemas(new_site)
    print(f"{len(old)} and {len(new)} in the table")
    for word, names in [("new", new.keys() - old.keys()), ("gone", old.keys() - new.keys())]:
        for name in public(names):
            print(f"{word:8}{name}{(new if word == 'new' else old)[name]}")
        print(f"{word:8}{len(names) - len(public(names))} that begin with _")
    changed = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    for name in public(changed):
        print(f"changed {name}{old[name]}\n     to {name}{new[name]}")
    print(f"changed {len(changed) - len(public(changed))} that begin with _")


if __name__ == "__main__":
    main(*sys.argv[1:])
