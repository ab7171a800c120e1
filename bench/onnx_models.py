"""Writes the models of onnx.js into a folder, each as a .pt2 and as an .onnx file.

    python onnx_models.py FOLDER
"""

import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


class Cnn(nn.Module):
    def __init__(self, channels=64, blocks=6):
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(blocks)))
        self.head = nn.Linear(channels, 10)

    def forward(self, x):
        return self.head(self.blocks(F.relu(self.norm(self.stem(x)))).mean((2, 3)))


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        n, tokens, width = x.shape
        heads = (n, tokens, self.heads, width // self.heads)
        q, k, v = (part.view(heads).transpose(1, 2) for part in self.qkv(self.norm1(x)).chunk(3, 2))
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, width)
        x = x + self.out(y)
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, width=256, heads=8, layers=4):
        super().__init__()
        self.layers = nn.Sequential(*(Layer(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.norm(self.layers(x)).mean(1))


class Mlp(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))


def conv(inside, out, size, stride=1, groups=1):
    layer = nn.Conv2d(inside, out, size, stride, padding=size // 2, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(out))


class Bottleneck(nn.Module):
    def __init__(self, inside, width, stride):
        super().__init__()
        self.conv1 = conv(inside, width, 1)
        self.conv2 = conv(width, width, 3, stride)
        self.conv3 = conv(width, 4 * width, 1)
        self.down = conv(inside, 4 * width, 1, stride) if stride != 1 or inside != 4 * width else nn.Identity()

    def forward(self, x):
        y = F.relu(self.conv2(F.relu(self.conv1(x))))
        return F.relu(self.conv3(y) + self.down(x))


class ResNet(nn.Module):
    """The stages of ResNet-50 with two blocks each."""

    def __init__(self):
        super().__init__()
        self.stem = conv(3, 64, 7, 2)
        blocks, inside = [], 64
        for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            blocks += [Bottleneck(inside, width, stride), Bottleneck(4 * width, width, 1)]
            inside = 4 * width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(inside, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2, 1)
        return self.head(self.blocks(x).mean((2, 3)))


class Inverted(nn.Module):
    def __init__(self, inside, out, stride, grow):
        super().__init__()
        width = inside * grow
        self.up = conv(inside, width, 1) if grow != 1 else None
        self.depthwise = conv(width, width, 3, stride, width)
        self.down = conv(width, out, 1)
        self.adds = stride == 1 and inside == out

    def forward(self, x):
        y = F.relu6(self.up(x)) if self.up is not None else x
        y = self.down(F.relu6(self.depthwise(y)))
        return x + y if self.adds else y


class MobileNet(nn.Module):
    """MobileNetV2."""

    def __init__(self):
        super().__init__()
        self.stem = conv(3, 32, 3, 2)
        blocks, inside = [], 32
        for grow, out, count, stride in (
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 3, 2),
            (6, 320, 1, 1),
        ):
            for i in range(count):
                blocks.append(Inverted(inside, out, stride if i == 0 else 1, grow))
                inside = out
        self.blocks = nn.Sequential(*blocks)
        self.last = conv(inside, 1280, 1)
        self.head = nn.Linear(1280, 10)

    def forward(self, x):
        x = self.blocks(F.relu6(self.stem(x)))
        return self.head(F.relu6(self.last(x)).mean((2, 3)))


models = {
    "MLP": (Mlp, (8, 64)),
    "CNN": (Cnn, (1, 3, 128, 128)),
    "transformer": (Transformer, (1, 64, 256)),
    "ResNet": (ResNet, (1, 3, 128, 128)),
    "MobileNet": (MobileNet, (1, 3, 128, 128)),
}


def main(folder):
    torch.manual_seed(0)
    for name, (make, shape) in models.items():
        model = make().eval()
        for norm in model.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.running_mean.uniform_(-0.2, 0.2)
                norm.running_var.uniform_(0.5, 1.5)
        x = torch.randn(shape)
        torch.export.save(torch.export.export(model, (x,)), folder / f"{name}.pt2")
        torch.onnx.export(model, (x,), folder / f"{name}.onnx", dynamo=True, external_data=False, verbose=False)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
