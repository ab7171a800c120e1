"""Every optimizer with all combinations of its options, in each form and dtype: four steps each.

On a device, for `npm run gpu:check`, with the defaults and with all options, two steps each: all combinations cost minutes."""

import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "fixtures"))
from optim_run import CASES, all_options, device, each_option, run

warnings.simplefilter("ignore")


def line(title, name, options, form, dtype, tensor_lr):
    # libtorch's fused kernel for halves reads momentum that it has not written: no two runs are equal.
    if name == "SGD" and form == "fused" and dtype == "bfloat16" and "momentum" in options:
        return
    digests, _ = run(name, options, form, dtype, tensor_lr, 2 if device else 4)
    print(f"{name} {form} {dtype} {title}: " + " ".join(digests).split("\n")[0])


for name, table in CASES.items():
    first = table["dtypes"][0]
    for form in table["forms"]:
        for index, options in enumerate(() if device else all_options(name)):
            line(index, name, options, form, first, False)
        for dtype in table["dtypes"]:
            rows = list(each_option(name))
            for index, options in enumerate(rows):
                if device and index not in (0, len(rows) - 1):
                    continue
                line(f"option {index}", name, options, form, dtype, False)
                if "lr" not in options and (dtype == first or (index in (0, len(rows) - 1) and not device)):
                    line(f"tensor lr {index}", name, options, form, dtype, True)
