"""The Python side of pt.ts: writes .pt files and says what files hold.

pt.py write FOLDER | describe FILE ... | train whole|first|second FILE
"""

import json
import pathlib
import sys

import torch
from report import report

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "fixtures" / "pt"))


def describe(file):
    from describe import Describer

    describer = Describer()
    # numpy's values, defaultdict and frozenset are what torch.load takes only when it is told to.
    safe = not pathlib.Path(file).name.startswith(("others", "protocol5"))
    loads = [torch.load(file, weights_only=safe), torch.load(file, weights_only=safe, mmap=True)]
    first, second = ({str(k): describe_(v) for k, v in values.items()} for values, describe_ in zip(loads, (describer, Describer())))
    assert first == second
    return first


def train(part, file):
    """20 steps; the second part goes on where the first has saved."""
    torch.manual_seed(5)
    model = torch.nn.Sequential(
        torch.nn.Linear(6, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(0.4), torch.nn.Linear(8, 1)
    )
    optimizers = [
        torch.optim.AdamW(model[:2].parameters(), lr=0.02, amsgrad=True),
        torch.optim.SGD(model[4].parameters(), lr=0.05, momentum=0.9, weight_decay=1.0),
    ]
    schedulers = [
        torch.optim.lr_scheduler.StepLR(optimizers[0], 3, gamma=0.7),
        torch.optim.lr_scheduler.MultiStepLR(optimizers[1], [4, 12, 12], gamma=0.5),
    ]
    if part == "second":
        checkpoint = torch.load(file, weights_only=True)
        model.load_state_dict(checkpoint["model"])
        for optimizer, state in zip(optimizers, checkpoint["optimizers"]):
            optimizer.load_state_dict(state)
        for scheduler, state in zip(schedulers, checkpoint["schedulers"]):
            scheduler.load_state_dict(state)
        torch.set_rng_state(checkpoint["rng"])
        assert checkpoint["epoch"] == 10
    for _ in range(20 if part == "whole" else 10):
        x = torch.randn(16, 6)
        for optimizer in optimizers:
            optimizer.zero_grad()
        ((model(x) - x.sum(1, keepdim=True)) ** 2).mean().backward()
        for each in optimizers + schedulers:
            each.step()
    state = {
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "schedulers": [scheduler.state_dict() for scheduler in schedulers],
        "rng": torch.get_rng_state(),
        "epoch": 10,
    }
    if part == "first":
        torch.save(state, file)
    report("model", state["model"])
    for i, optimizer in enumerate(state["optimizers"]):
        report(f"optimizer {i}", optimizer["state"])
        report(f"lr {i}", schedulers[i].get_last_lr())
    report("rng", state["rng"])


match sys.argv[1:]:
    case ["write", folder]:
        from contents import write

        print(json.dumps(write(pathlib.Path(folder))))
    case ["describe", *files]:
        print(json.dumps([describe(file) for file in files]))
    case ["train", part, file]:
        train(part, file)
