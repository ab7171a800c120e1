"""What examples/modules-and-functionals.ts must print, by PyTorch 2.13.0 (seed 0).

    npm run -s fixtures -- test/examples/modules_and_functionals.py > test/examples/modules_and_functionals.txt
"""

import torch
import torch.nn.functional as F
from torch import nn


def show(label, value):
    print(f"{label:28} [{', '.join(map(str, value.shape))}]")


torch.manual_seed(0)

print("A linear layer: y = x Wᵀ + b")
x = torch.randn(1, 3)
fc = nn.Linear(3, 2)
show("nn.Linear", fc(x))
weight = torch.randn(2, 3)
bias = torch.zeros(2)
show("F.linear", F.linear(x, weight, bias))
print(f"equal with equal weights: {str(fc(x).equal(F.linear(x, fc.weight, fc.bias))).lower()}")

print("\nA convolution")
image = torch.randn(1, 3, 32, 32)
conv = nn.Conv2d(3, 16, 3)
show("nn.Conv2d", conv(image))
kernels = torch.randn(16, 3, 3, 3)
show("F.conv2d", F.conv2d(image, kernels))
show("F.conv2d, padding 1", F.conv2d(image, kernels, padding=1))
blur = torch.full((3, 1, 3, 3), 1 / 9)
show("F.conv2d, groups 3", F.conv2d(image, blur, groups=3))

print("\nA custom activation")


class DropoutReLU(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        return F.dropout(F.relu(x), self.p, training=self.training)

    def extra_repr(self):
        return f"p={self.p}"


activation = DropoutReLU(0.5)
values = torch.tensor([-2.0, -1, 1, 2, 3, 4, 5, 6])
print(activation)
activation.train()
print(f"train: {activation(values)}")
activation.eval()
print(f"eval:  {activation(values)}")

print("\nTogether: state, and what has none")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.bn = nn.BatchNorm2d(8)
        self.activation = DropoutReLU(0.25)
        self.fc = nn.Linear(8 * 15 * 15, 2)

    def forward(self, x):
        x = self.activation(self.bn(self.conv(x)))
        return self.fc(F.max_pool2d(x, 2).flatten(1))


net = Net()
print(net)
for name, tensor in net.state_dict().items():
    show(name, tensor)


def moved():
    return "zero" if net.bn.running_mean.abs().sum().item() == 0 else "moved"


batch = torch.randn(4, 3, 32, 32)
print(f"running mean at first: {moved()}")
net.eval()(batch)
print(f"after a call in eval mode: {moved()}")
net.train()(batch)
print(f"after a call in training mode: {moved()}")
print(f"batches seen: {net.bn.num_batches_tracked.item()}")
