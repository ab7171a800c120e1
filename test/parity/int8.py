"""Python's half of the parity check of int8 models: writes state_dicts, and reads those that int8.ts has written in DIR.

    python test/parity/int8.py write DIR | read DIR

Run by test/parity/run.js. Where torchao is installed, too (pip install torchao==0.18.0), its weights are part of it.
"""

import pathlib
import sys
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)
task, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def dynamic(make, dtype):
    return lambda: torch.ao.quantization.quantize_dynamic(nn.Sequential(make()), None if dtype == torch.qint8 else {type(make())}, dtype)


sequence, batch = (4, 3, 6), (5, 6)
cases = {}
for dtype in (torch.qint8, torch.float16):
    kind = "" if dtype == torch.qint8 else "_float16"
    cases[f"linear{kind}"] = dynamic(lambda: nn.Linear(6, 7), dtype), batch
    cases[f"lstm{kind}"] = dynamic(lambda: nn.LSTM(6, 8, 2, bidirectional=True), dtype), sequence
    cases[f"gru{kind}"] = dynamic(lambda: nn.GRU(6, 8), dtype), sequence
    cases[f"lstm_cell{kind}"] = dynamic(lambda: nn.LSTMCell(6, 8), dtype), batch
    cases[f"gru_cell{kind}"] = dynamic(lambda: nn.GRUCell(6, 8), dtype), batch
    cases[f"rnn_cell{kind}"] = dynamic(lambda: nn.RNNCell(6, 8, nonlinearity="relu"), dtype), batch
try:
    from torchao.quantization import Int8WeightOnlyConfig, PerGroup, PerRow, PerTensor, quantize_

    def weight_only(granularity):
        model = nn.Sequential(nn.Linear(6, 7))
        quantize_(model, Int8WeightOnlyConfig(granularity=granularity))
        return model

    for name, granularity in {"row": PerRow(), "tensor": PerTensor(), "group": PerGroup(3)}.items():
        cases[f"torchao_{name}"] = (lambda granularity=granularity: weight_only(granularity)), batch
except ImportError:
    print("parity: int8: torchao is not installed: its files are left out")


def flat(value):
    return [value] if isinstance(value, torch.Tensor) else [x for one in value for x in flat(one)]


def outputs(model, shape):
    torch.manual_seed(7)
    return flat(model(torch.randn(shape)))


if task == "write":
    expected = {}
    for i, (name, (make, shape)) in enumerate(cases.items()):
        torch.manual_seed(i)
        model = make()
        torch.save(model.state_dict(), folder / f"{name}.pt")
        expected[name] = outputs(model, shape)
    torch.save(expected, folder / "expected.pt")
else:
    wrong = []
    expected = torch.load(folder / "expected.pt")
    for name, (make, shape) in cases.items():
        torch.manual_seed(100)
        model = make()
        state = torch.load(folder / f"{name}_again.pt", weights_only=name.startswith(("linear", "torchao")))
        model.load_state_dict(state)
        if not all(map(torch.equal, outputs(model, shape), expected[name])):
            wrong.append(name)
    print(f"parity: int8: {len(cases)} states that are saved here, in Python: {'DIFFERENT' if wrong else 'equal'}")
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)
