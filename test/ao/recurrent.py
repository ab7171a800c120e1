"""States of int8 layers with recurrence, as Python's quantize_dynamic has them: recurrent_*.pt.

npm run fixtures -- test/ao/recurrent.py
"""

import pathlib
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent
for name, make, dtype in [
    ("lstm", lambda: nn.LSTM(5, 8, 2, bidirectional=True), torch.qint8),
    ("lstm_float16", lambda: nn.LSTM(5, 8), torch.float16),
    ("gru", lambda: nn.GRU(5, 8, batch_first=True), torch.qint8),
    ("cell", lambda: nn.GRUCell(5, 8), torch.qint8),
    ("cell_float16", lambda: nn.LSTMCell(5, 8), torch.float16),
]:
    torch.manual_seed(5)
    model = nn.Sequential(make())
    quantized = torch.ao.quantization.quantize_dynamic(model, {type(model[0])}, dtype)
    torch.save(quantized.state_dict(), here / f"recurrent_{name}.pt")
