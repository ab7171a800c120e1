"""Every scheduler for 200 steps with each optimizer's kind of momentum, number and tensor learning rates, chained
and closed form, and resumed from a state_dict at several places.

On a device, for `npm run gpu:check`, with tensors alone and resumed once: the rest is nothing of the device's."""

import json
import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "fixtures"))
from scheduler_run import CASES, CLOSED, device, run

warnings.simplefilter("ignore")

for index, (name, args) in enumerate(CASES):
    for optimizer in ["SGD", "Adam"]:
        for tensor_lr in [True] if device else [False, True]:
            for epochs in [False, True] if name in CLOSED else [False]:
                for resume in [33] if device else [-1, 0, 33]:
                    try:
                        digests = run(name, args, optimizer, tensor_lr, epochs, resume)["digests"]
                    except Exception as error:
                        digests = str(error).splitlines()[0]
                    print(f"{index} {name} {optimizer} {json.dumps([tensor_lr, epochs])} {resume}: {digests}")
