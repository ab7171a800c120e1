"""Every optimizer with all combinations of its options, in each form and dtype: six steps each."""

import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "fixtures"))
from optim_run import CASES, all_options, each_option, run

warnings.simplefilter("ignore")


def line(title, name, options, form, dtype, tensor_lr):
    digests, _ = run(name, options, form, dtype, tensor_lr, 6)
    print(f"{name} {form} {dtype} {title}: {' '.join(digests)}")


for name, table in CASES.items():
    first = table["dtypes"][0]
    for form in table["forms"]:
        for index, options in enumerate(all_options(name)):
            line(index, name, options, form, first, False)
        for dtype in table["dtypes"]:
            for index, options in enumerate(each_option(name)):
                line(f"option {index}", name, options, form, dtype, False)
                if "lr" not in options:
                    line(f"tensor lr {index}", name, options, form, dtype, True)
