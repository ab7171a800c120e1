"""Models that programs.py exports."""

import collections

import torch
import torch.nn.functional as F
from torch import nn
from torch._higher_order_ops.associative_scan import associative_scan_op
from torch._higher_order_ops.foreach_map import foreach_map
from torch._higher_order_ops.hints_wrap import hints_wrapper
from torch._higher_order_ops.map import map as map_
from torch._higher_order_ops.out_dtype import out_dtype
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop
from torch.utils import _pytree as pytree


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.last = nn.Linear(16, 4)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)))


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.out = nn.Linear(4 * 16, 5)

    def forward(self, x):
        return self.out(self.layers(x).flatten(1))


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.layer = kind(4, 6, batch_first=True)
        self.out = nn.Linear(6, 2)

    def forward(self, x, *, scale=1.0):
        y, state = self.layer(x)
        return {"y": self.out(y[:, -1]) * scale, "state": state}


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(20, 16)
        self.places = nn.Embedding(12, 16)
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 20)
        self.head.weight = self.tokens.weight
        self.register_buffer("ids", torch.arange(12), persistent=False)

    def forward(self, ids, mask=None):
        x = self.tokens(ids) + self.places(self.ids[: ids.shape[1]])
        return self.head(self.encoder(x, src_key_padding_mask=mask))


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.places = nn.Parameter(torch.randn(1, 5, 16))
        self.norm = nn.LayerNorm(16)
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return self.head((x + self.mlp(x))[:, 0])


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(2, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.SiLU())
        self.middle = nn.Conv2d(8, 8, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.out = nn.Conv2d(16, 2, 1)

    def forward(self, x):
        skip = self.down(x)
        y = self.up(F.silu(self.middle(skip)))
        y = F.interpolate(F.avg_pool2d(y, 2), scale_factor=2.0, mode="nearest")
        return self.out(torch.cat([skip, y], 1))


class Cond(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: (self.layer(x), x + 1), lambda x: (x.sin(), x - 1), (x,))


class SizeCond(nn.Module):
    def forward(self, x):
        return torch.cond(x.shape[0] > 4, lambda x: x.cos(), lambda x: x.sin(), (x,))


class Map(nn.Module):
    def forward(self, xs, y):
        return map_(lambda x, y: x * y + 1, xs, y)


class While(nn.Module):
    def forward(self, i, x):
        return while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, x * 2), (i, x))


class Scan(nn.Module):
    def forward(self, init, xs):
        return scan(lambda c, x: (c + x, (c * x).clone()), init, xs)


class Hints(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        y = self.layer(x)
        return hints_wrapper(lambda x, y: (x.sin() + y,), (x, y), {}, hints={"speed": 1, "name": "a"})[0], y


class OutDtype(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 2, 3, 3))

    def forward(self, a, b, x):
        aten = torch.ops.aten
        y = out_dtype(aten.conv2d.default, torch.float64, x, self.weight, None, [2, 2])
        return (
            out_dtype(aten.mm.default, torch.int32, a, b),
            out_dtype(aten.mul.Scalar, torch.bfloat16, x, 2.5),
            out_dtype(aten.mul.Tensor, torch.float64, a, x.sum()),
            y,
            self.weight.sum(),
        )


class AssociativeScan(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, a, b):
        # As in a linear recurrence.
        return associative_scan_op(
            lambda a, b, c, d: [a * c, b * c + d],
            [a * self.scale, b * self.scale],
            (),
        )


class ForeachMap(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, x, y):
        return foreach_map(torch.mul, [x * self.scale, y * self.scale], [y, x])


class Vmap(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x, y):
        def one(a, b):
            return torch.tanh(self.layer(a)) * b, (a.sum() * a).softmax(0)

        return *torch.vmap(one, (0, None))(x, y), torch.vmap(lambda a: a.sin(), 1, 1)(x)


class VmapNested(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 2))

    def forward(self, x):
        inner = torch.vmap(lambda a: torch.tanh(a @ self.weight))
        return torch.vmap(lambda a: inner(a).cumsum(0))(x)


class VmapOthers(nn.Module):
    """Random numbers, chunks, an output that is not of the batch, losses."""

    def forward(self, x):
        return (
            torch.vmap(lambda a: a + torch.rand_like(a), randomness="different")(x),
            torch.vmap(lambda a: F.dropout(a, 0.5), randomness="same")(x),
            torch.vmap(lambda a: a * 2, chunk_size=2)(x),
            torch.vmap(lambda a: torch.ones(2))(x),
            torch.vmap(lambda a: F.mse_loss(a, a * 2))(x),
        )


class Jvp(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, x, t):
        value, tangent = torch.func.jvp(torch.sin, (x,), (t,))
        second = torch.func.jvp(lambda z: torch.func.jvp(torch.sin, (z,), (t,))[1], (x,), (t,))[1]
        mapped = torch.func.jvp(torch.vmap(torch.exp), (x,), (t,))[1]
        return value * self.scale, tangent, second, mapped


class NoGrad(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(3, 3)
        self.two = nn.Linear(3, 3)

    def forward(self, x):
        y = self.one(x)
        with torch.no_grad():
            z = self.two(y)
        return y + z


class Autocast(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = self.layer(x)
        return y.float() + x


Point = collections.namedtuple("Point", ["u", "v"])
pytree._register_namedtuple(Point, serialized_type_name="models.Point")


class Trees(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(2))
        self.register_buffer("scale", torch.ones(2), persistent=False)
        self.offset = torch.tensor([3.0, 4.0])

    def forward(self, pairs, by_name, point, flag=True, name="q", rate=0.5):
        self.count.add_(1)
        (p, q), r = pairs
        x = p + q * r + by_name["m"]["z"] * rate
        return {
            "x": x,
            "list": [self.count + 1, None, 3],
            "point": Point(point.u + self.offset, point.v * self.scale),
        }


class Symbols(nn.Module):
    def forward(self, x, y):
        n = x.shape[0] * 2 + y.shape[1] // 2
        return torch.full((n,), x.shape[0] / 3.0), x.reshape(-1, x.shape[0]), n, y.split(2, 1)[0]


class Items(nn.Module):
    def forward(self, x, n):
        k = n.item()
        torch._check(k >= 0)
        torch._check(k <= 10)
        return x.new_zeros(k) + 1, torch.nonzero(x)


class Dtypes(nn.Module):
    """Weights of all kinds, strided, shared, empty."""

    def __init__(self):
        super().__init__()
        names = "float64 bfloat16 float16 int64 int32 int16 int8 uint8 bool complex64 float8_e4m3fn float8_e5m2"
        for name in names.split():
            values = torch.arange(-3, 3)
            if name in ("uint8", "bool"):
                values = values.abs()
            self.register_buffer(f"as_{name}", values.to(getattr(torch, name)))
        whole = torch.arange(12.0).view(3, 4)
        self.register_buffer("whole", whole)
        self.register_buffer("column", whole[:, 1])
        self.register_buffer("turned", whole.t())
        self.register_buffer("empty", torch.zeros(0, 3))
        self.weight = nn.Parameter(torch.randn(4, 3).t())

    def forward(self, x):
        y = x.double() * self.as_float64 + self.as_bfloat16.float() + self.as_int64 + self.as_int8 + self.as_uint8 * self.as_bool
        z = self.whole.sum() + self.column.sum() + (self.turned @ self.weight).sum() + self.empty.sum()
        z = z + self.as_float16.float().sum() + self.as_int32.sum() + self.as_int16.sum()
        w = self.as_float8_e4m3fn.float() + self.as_float8_e5m2.float()
        return y + z, self.as_complex64 * 2, w


class Arguments(nn.Module):
    """Operators with arguments of other kinds than tensors and ints."""

    def forward(self, x):
        y = x.to(torch.float64, memory_format=torch.channels_last).contiguous()
        parts = torch.split(y, [1, 2], 1)
        index = y[:, torch.tensor([0, 2]), None, torch.tensor([1, 0])]
        filled = torch.full_like(y, float("inf")).clamp(max=1.5)
        spread = torch.einsum("bchw,bdhw->bcd", y, y)
        padded = F.pad(y, (1, 1), "constant", -0.5)
        best = torch.topk(y.flatten(), 3)
        z = torch.complex(y, y) * (1 + 2j)
        return parts, index, filled, spread, padded, best.values, best.indices, z, torch.arange(0, 3, dtype=torch.int32)
