"""Saves a ResNet-18 with weights of a seed, and prints what it says of two images: resnet18.ts reads the file.

Needs `pip install torch safetensors`, torch of the version that package.json names:

    python examples/resnet18.py [--seed 18] [--out examples/out]
"""

import argparse
import hashlib
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn


class BasicBlock(nn.Module):
    def __init__(self, inside, outside, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.downsample = None
        if stride != 1 or inside != outside:
            shortcut = nn.Conv2d(inside, outside, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outside))

    def forward(self, x):  # (N, inside, H, W)
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))  # (N, outside, H / stride, W / stride)
        return F.relu(y + (self.downsample(x) if self.downsample is not None else x))


def layer(inside, outside, stride):
    return nn.Sequential(BasicBlock(inside, outside, stride), BasicBlock(outside, outside))


class ResNet18(nn.Module):
    def __init__(self, classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = layer(width, width, 1)
        self.layer2 = layer(width, 2 * width, 2)
        self.layer3 = layer(2 * width, 4 * width, 2)
        self.layer4 = layer(4 * width, 8 * width, 2)
        self.fc = nn.Linear(8 * width, classes)

    def forward(self, x):  # (N, 3, 224, 224)
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))  # (N, 64, 56, 56)
        x = self.layer2(self.layer1(x))  # (N, 128, 28, 28)
        x = self.layer4(self.layer3(x))  # (N, 512, 7, 7)
        return self.fc(x.mean((2, 3)))  # (N, 1000)


def images(size=224):
    torch.manual_seed(224)
    return torch.randn(2, 3, size, size)


def made(seed, **sizes):
    """Weights of a seed; the batch norms have seen some batches."""
    torch.manual_seed(seed)
    model = ResNet18(**sizes)
    with torch.no_grad():
        for _ in range(10):
            model(torch.randn(4, 3, 64, 64))
    return model.eval()


def report(name, logits):
    digest = hashlib.sha256(logits.numpy().tobytes()).hexdigest()
    print(f"{name}: {list(logits.shape)} sha256 {digest}")
    for row in logits:
        top, classes = row.topk(3)
        print("  " + "  ".join(f"{c}: {v:.6f}" for v, c in zip(top.tolist(), classes.tolist())))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "out"))
    options = parser.parse_args()

    model = made(options.seed)
    os.makedirs(options.out, exist_ok=True)
    save_file(model.state_dict(), os.path.join(options.out, "resnet18.safetensors"))
    with torch.inference_mode():
        report("logits", model(images()))
