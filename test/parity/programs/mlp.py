"""A multi-layer perceptron fits random numbers: layers, losses and optimizers, step by step."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim


def build():
    return nn.Sequential(
        nn.Linear(20, 64),
        nn.GELU(),
        nn.LayerNorm(64),
        nn.Dropout(0.1),
        nn.Linear(64, 32),
        nn.BatchNorm1d(32),
        nn.GELU(approximate="tanh"),
        nn.Linear(32, 5),
    )


optimizers = {
    "sgd": lambda params: optim.SGD(params, lr=0.05),
    "nesterov": lambda params: optim.SGD(params, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "adam": lambda params: optim.Adam(params, lr=1e-2, betas=(0.8, 0.99), amsgrad=True),
    "adamw": lambda params: optim.AdamW(params, lr=1e-2),
}

for name, make in optimizers.items():
    torch.manual_seed(1)
    x = torch.randn(256, 20)
    y = torch.sin(x[:, :5]).mul(2).add(0.1 * torch.rand(256, 5))
    model = build()
    report(f"{name}.initial", model.state_dict())
    optimizer = make(model.parameters())
    for step in range(100):
        batch = torch.randint(0, 256, (48,))
        optimizer.zero_grad()
        loss = F.mse_loss(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        report(f"{name}.loss.{step}", loss.item())
    report(f"{name}.grad", {key: param.grad for key, param in model.named_parameters()})
    report(f"{name}.trained", model.state_dict())
    report(f"{name}.softmax", F.softmax(model.eval()(x), dim=1))
    report(f"{name}.rng", torch.get_rng_state())
