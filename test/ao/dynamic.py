"""Models that Python's quantize_dynamic made: test/ao/dynamic.json and the state_dicts beside it.

npm run fixtures -- test/ao/dynamic.py
"""

import hashlib
import json
import warnings
from pathlib import Path

import torch
from torch import nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)
HERE = Path(__file__).parent


def bits(x):
    return x.detach().contiguous().flatten().view(torch.uint8).tolist()


def digest(x):
    return hashlib.sha256(bytes(bits(x))).hexdigest()


def model():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(37, 24), nn.ReLU(), nn.Sequential(nn.Linear(24, 16, bias=False), nn.Tanh(), nn.Linear(16, 5)))


cases = {}
for name, spec, dtype in [
    ("qint8", None, torch.qint8),
    ("path", {"2"}, torch.qint8),
    ("float16", {nn.Linear}, torch.float16),
]:
    quantized = torch.ao.quantization.quantize_dynamic(model(), spec, dtype)
    torch.manual_seed(4)
    x = torch.randn(6, 37) * 3
    state = quantized.state_dict()
    torch.save(state, HERE / f"{name}.pt")
    cases[name] = {
        "repr": repr(quantized),
        "keys": list(state),
        "versions": {k: v["version"] for k, v in state._metadata.items()},
        "y": bits(quantized(x)),
        "one": bits(quantized(x[2:3])),
        "weights": {k: digest(v[0].int_repr() if v[0].is_quantized else v[0]) for k, v in state.items() if k.endswith("_packed_params._packed_params")},
        "scales": {k: v[0].q_scale() for k, v in state.items() if k.endswith("_packed_params._packed_params") and v[0].is_quantized},
    }


def flat(value):
    return [value] if isinstance(value, torch.Tensor) else [x for one in value for x in flat(one)]


# Layers with recurrence: what they give for a sequence, from zeros and from a state, and for packed sequences.
recurrent = {}
for name, make in {
    "LSTM": lambda: nn.LSTM(9, 16, 2, bidirectional=True),
    "LSTM batch first": lambda: nn.LSTM(9, 16, batch_first=True),
    "GRU": lambda: nn.GRU(9, 16, 2, dropout=0.25),
    "LSTMCell": lambda: nn.LSTMCell(9, 16),
    "GRUCell": lambda: nn.GRUCell(9, 16),
    "RNNCell": lambda: nn.RNNCell(9, 16),
    "RNNCell relu": lambda: nn.RNNCell(9, 16, nonlinearity="relu"),
}.items():
    for dtype in (torch.qint8, torch.float16):
        torch.manual_seed(5)
        layer = nn.Sequential(make())
        quantized = torch.ao.quantization.quantize_dynamic(layer, {type(layer[0])}, dtype)[0]
        torch.manual_seed(6)  # Python's layers draw weights that are replaced
        is_cell = "Cell" in name
        x = torch.randn(4, 9) if is_cell else torch.randn(4, 4, 9)
        rows = 1 if is_cell else layer[0].num_layers * (2 if layer[0].bidirectional else 1)
        state = [torch.randn(4, 16) if is_cell else torch.randn(rows, 4, 16) for _ in range(2 if "LSTM" in name else 1)]
        hx = tuple(state) if len(state) == 2 else state[0]
        results = [*flat(quantized(x)), *flat(quantized(x, hx))]
        if not is_cell:
            packed = nn.utils.rnn.pack_padded_sequence(x, [2, 4, 1, 3], batch_first=layer[0].batch_first, enforce_sorted=False)
            output, hidden = quantized(packed)
            results += [output.data, *flat(hidden)]
        recurrent[f"{name}, {dtype}"] = {
            "repr": repr(quantized),
            "keys": list(quantized.state_dict()),
            "results": [digest(one) for one in results],
        }
(HERE / "dynamic.json").write_text(json.dumps({"torch": torch.__version__, "cases": cases, "recurrent": recurrent}) + "\n")
