"""Every optimizer with all combinations of its options, in each form and dtype: four steps each, and a hundred with the
defaults and with all options.

On a device, for `npm run gpu:check`, with the defaults and with all options, two steps each: all combinations cost minutes."""

import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "fixtures"))
from optim_run import CASES, all_options, device, each_option, run

warnings.simplefilter("ignore")


def line(title, name, options, form, dtype, tensor_lr, steps=2 if device else 4):
    # libtorch's fused kernel for halves reads momentum that it has not written: no two runs are equal.
    if name == "SGD" and form == "fused" and dtype == "bfloat16" and "momentum" in options:
        return
    digests, _ = run(name, options, form, dtype, tensor_lr, steps)
    print(f"{name} {form} {dtype} {title}: " + " ".join(digests[-4:]).split("\n")[0])


for name, table in CASES.items():
    first = table["dtypes"][0]
    for form in table["forms"]:
        for index, options in enumerate(() if device else all_options(name)):
            line(index, name, options, form, first, False)
        for dtype in table["dtypes"]:
            rows = list(each_option(name))
            for index, options in enumerate(rows):
                is_end = index in (0, len(rows) - 1)
                if device and not is_end:
                    continue
                line(f"option {index}", name, options, form, dtype, False)
                if is_end and not device and dtype == first:
                    line(f"long {index}", name, options, form, dtype, False, 100)
                if "lr" not in options and (dtype == first or (is_end and not device)):
                    line(f"tensor lr {index}", name, options, form, dtype, True)
