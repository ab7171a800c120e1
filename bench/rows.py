"""The twins of rows.js."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

rows = {}


def group(name, made):
    for row, make in made.items():
        rows[f"{name}/{row}"] = make


a, b = torch.ones(2, 3), torch.ones(2, 3)
square, weight, bias = torch.ones(3, 3), torch.ones(4, 3), torch.ones(4)
image, kernel = torch.ones(1, 3, 8, 8), torch.ones(4, 3, 3, 3)
mask, index, tensors = a > 0, torch.tensor([0, 1]), [a, b, a]
leaf = torch.ones(2, 3, requires_grad=True)
one = torch.ones(())

operators = {
    "neg": lambda: lambda: a.neg(),
    "exp": lambda: lambda: a.exp(),
    "relu": lambda: lambda: a.relu(),
    "sigmoid": lambda: lambda: a.sigmoid(),
    "add": lambda: lambda: a.add(b),
    "mul": lambda: lambda: a.mul(b),
    "div": lambda: lambda: a.div(b),
    "gt": lambda: lambda: a.gt(b),
    "where": lambda: lambda: torch.where(mask, a, b),
    "mm": lambda: lambda: a.mm(square),
    "matmul": lambda: lambda: a.matmul(square),
    "linear": lambda: lambda: F.linear(a, weight, bias),
    "conv2d": lambda: lambda: F.conv2d(image, kernel),
    "layerNorm": lambda: lambda: F.layer_norm(a, (3,)),
    "add scalar": lambda: lambda: a.add(1),
    "mul scalar": lambda: lambda: a.mul(2.5),
    "pow scalar": lambda: lambda: a.pow(2),
    "add with keyword": lambda: lambda: a.add(b, alpha=2),
    "add in place": lambda: lambda: a.add_(0),
    "mul in place": lambda: lambda: a.mul_(1),
    "sum": lambda: lambda: a.sum(),
    "mean": lambda: lambda: a.mean(),
    "sum of a dimension": lambda: lambda: a.sum(1),
    "sum with keywords": lambda: lambda: a.sum(dim=1, keepdim=True),
    "max of a dimension": lambda: lambda: a.max(1),
    "argmax": lambda: lambda: a.argmax(),
    "softmax": lambda: lambda: F.softmax(a, dim=1),
    "view": lambda: lambda: a.view(3, 2),
    "reshape": lambda: lambda: a.reshape((6,)),
    "t": lambda: lambda: a.t(),
    "permute": lambda: lambda: a.permute((1, 0)),
    "unsqueeze": lambda: lambda: a.unsqueeze(0),
    "select": lambda: lambda: a.select(0, 1),
    "index a row": lambda: lambda: a[1],
    "index a range": lambda: lambda: a[None, 1:],
    "indexSelect": lambda: lambda: a.index_select(0, index),
    "cat of a list": lambda: lambda: torch.cat(tensors),
    "stack": lambda: lambda: torch.stack(tensors),
    "clone": lambda: lambda: a.clone(),
    "to": lambda: lambda: a.to(torch.float64),
    "zeros": lambda: lambda: torch.zeros((2, 3)),
    "add with grad": lambda: lambda: leaf.add(b),
    "linear with grad": lambda: lambda: F.linear(leaf, weight, bias),
    "mul, sum, backward": lambda: lambda: leaf.mul(b).sum().backward(),
    "shape": lambda: lambda: a.shape,
    "item": lambda: lambda: one.item(),
}
group("operators", operators)


def hundred(f):
    def body():
        for _ in range(100):
            f()

    return body


for name in ["neg", "add", "mul scalar", "mm", "linear", "sum", "view", "cat of a list", "conv2d"]:
    rows[f"operators, 100 in a tidy/{name}"] = lambda name=name: hundred(operators[name]())


def linear():
    layer = nn.Linear(3, 4)
    return lambda: layer(a)


def hooked():
    layer = nn.Linear(3, 4)
    layer.register_forward_hook(lambda module, args, output: None)
    return lambda: layer(a)


def sequential():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 3), nn.Tanh())
    return lambda: net(a)


group("modules", {"Linear": linear, "Linear with a hook": hooked, "Sequential of 4": sequential})


def numbers():
    values = [i + 0.5 for i in range(100)]
    return lambda: torch.tensor(values)


def typed():
    import numpy as np

    values = np.zeros(10_000, dtype=np.float32)
    return lambda: torch.tensor(values)


def listed():
    x = torch.ones(100)
    return lambda: x.tolist()


def to_numpy():
    x = torch.ones(10_000)
    return lambda: x.numpy().copy()


group(
    "data",
    {
        "tensor of 100 numbers": numbers,
        "tensor of a typed array of 10,000": typed,
        "list of 100 numbers": listed,
        "typed array of 10,000": to_numpy,
    },
)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 32)
        self.lstm = nn.LSTM(32, 64, batch_first=True)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.lstm(self.embed(x))[0])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(64)
        self.qkv = nn.Linear(64, 192)
        self.out = nn.Linear(64, 64)
        self.norm2 = nn.LayerNorm(64)
        self.up = nn.Linear(64, 256)
        self.down = nn.Linear(256, 64)

    def forward(self, x):
        batch, time = x.shape[0], x.shape[1]
        q, k, v = [p.view(batch, time, 4, 16).transpose(1, 2) for p in self.qkv(self.norm1(x)).chunk(3, 2)]
        mixed = F.scaled_dot_product_attention(q, k, v, None, 0, True)
        y = x + self.out(mixed.transpose(1, 2).reshape(batch, time, 64))
        return y + self.down(F.gelu(self.up(self.norm2(y))))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 64)
        self.blocks = nn.Sequential(Block(), Block())
        self.head = nn.Linear(64, 100)

    def forward(self, x):
        return self.head(self.blocks(self.embed(x)))


def mlp():
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 10),
    )


models = {
    "MLP": (mlp, lambda n: (torch.randn(n, 64), torch.randint(0, 10, (n,))), (8, 512)),
    "CNN": (cnn, lambda n: (torch.randn(n, 3, 16, 16), torch.randint(0, 10, (n,))), (4, 128)),
    "LSTM": (Tagger, lambda n: (torch.randint(0, 100, (n, 16)), torch.randint(0, 10, (n * 16,))), (4, 64)),
    "transformer": (Transformer, lambda n: (torch.randint(0, 100, (n, 32)), torch.randint(0, 100, (n * 32,))), (2, 32)),
}


def training(make, data, size):
    model = make()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    x, y = data(size)

    def step():
        out = model(x)
        loss = F.cross_entropy(out.reshape(-1, out.shape[-1]), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def inference(make, data, size):
    model = make().eval()
    x, _ = data(size)

    def predict():
        with torch.inference_mode():
            model(x)

    return predict


for name, (make, data, sizes) in models.items():
    for size in sizes:
        row = f"/{name}, batch {size}"
        # Python's plain step stands beside the captured one, too.
        for kind in "", ", captured":
            rows[f"training step{kind}{row}"] = lambda make=make, data=data, size=size: training(make, data, size)
        for kind in "", ", captured":
            rows[f"inference{kind}{row}"] = lambda make=make, data=data, size=size: inference(make, data, size)


def result(size):
    x = torch.ones(size)
    return lambda: x.add(1)


for name, size in {"4 kB": 4e3, "40 kB": 4e4, "400 kB": 4e5, "4 MB": 4e6, "40 MB": 4e7, "400 MB": 4e8}.items():
    for group in "results", "results in a tidy":
        rows[f"{group}/{name}"] = lambda size=size: result(int(size / 4))


def epoch(size):
    dataset = TensorDataset(torch.ones(10000, 32), torch.ones(10000))
    loader = DataLoader(dataset, batch_size=size, shuffle=True)

    def run():
        for _ in loader:
            pass

    return run


for size in (1, 64, 1024):
    rows[f"epoch of a TensorDataset/10,000 rows of 32, batch {size}"] = lambda size=size: epoch(size)


class WeightOnly(nn.Module):
    """What torchao's Int8WeightOnlyConfig computes, and with bfloat16 libtorch's kernel over int8."""

    def __init__(self, linear, in_bfloat16):
        super().__init__()
        weight = linear.weight.detach()
        scale = weight.abs().amax(1) / 127.5
        self.numbers = (weight / scale[:, None]).round().clamp(-128, 127).to(torch.int8)
        self.scale = scale.bfloat16() if in_bfloat16 else scale
        self.bias = linear.bias
        self.in_bfloat16 = in_bfloat16

    def forward(self, x):
        if self.in_bfloat16:
            return torch._weight_int8pack_mm(x.bfloat16(), self.numbers, self.scale).float() + self.bias
        return torch.mm(x, self.numbers.t().to(x.dtype)) * self.scale + self.bias


class DynamicActivation(nn.Module):
    """What torchao's Int8DynamicActivationInt8WeightConfig computes: the weight and each row of the input in int8."""

    def __init__(self, linear):
        super().__init__()
        self.numbers, self.scale = self.quantize(linear.weight.detach())
        self.bias = linear.bias

    @staticmethod
    def quantize(rows):
        largest = torch.maximum(rows.amax(1).clamp(min=0), -rows.amin(1).clamp(max=0))
        scale = (largest / 127.5).clamp(min=torch.finfo(torch.float32).eps)
        return (rows * scale.reciprocal()[:, None]).round().clamp(-128, 127).to(torch.int8), scale

    def forward(self, x):
        numbers, scale = self.quantize(x)
        return torch._int_mm(numbers, self.numbers.t()).float() * scale[:, None] * self.scale + self.bias


def layer(make, data, size, kind):
    model = nn.Sequential(make()).eval()
    if kind == "int8":
        model = torch.ao.quantization.quantize_dynamic(model)
    elif kind.startswith("rows"):
        model = DynamicActivation(model[0])
    elif kind.startswith("weight"):
        model = WeightOnly(model[0], kind.endswith("bfloat16"))
    x = data(size)

    def predict():
        with torch.inference_mode():
            model(x)

    return predict


for name, (make, data) in {
    "Linear of 2,048": (lambda: nn.Linear(2048, 2048), lambda n: torch.randn(n, 2048)),
    "LSTM of 512, 16 steps": (lambda: nn.LSTM(512, 512), lambda n: torch.randn(16, n, 512)),
}.items():
    for size in (1, 32):
        for kind in "float32", "int8", "rows in int8", "weight alone", "weight alone, bfloat16":
            if kind.startswith(("rows", "weight")) and not name.startswith("Linear"):
                continue
            rows[f"int8/{name}, batch {size}, {kind}"] = lambda make=make, data=data, size=size, kind=kind: layer(
                make, data, size, kind
            )
