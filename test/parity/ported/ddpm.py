"""Denoising diffusion in two dimensions, with an averaged copy of the model that samples."""

import copy
import math

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

STEPS = 20


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(8, 16), nn.SiLU())
        self.layers = nn.ModuleList([nn.Linear(2, 16), nn.Linear(16, 16)])
        self.out = nn.Linear(16, 2)

    def embed(self, t):
        angles = t[:, None].float() * torch.exp(-math.log(100.0) * torch.arange(4) / 4)
        return torch.cat([angles.sin(), angles.cos()], dim=1)

    def forward(self, x, t):
        time = self.time(self.embed(t))
        for layer in self.layers:
            x = F.silu(layer(x) + time)
        return self.out(x)


torch.manual_seed(5)
betas = torch.linspace(1e-3, 0.2, STEPS)
alphas = 1 - betas
products = alphas.cumprod(0)
model = Denoiser()
average = copy.deepcopy(model).requires_grad_(False)
optimizer = optim.Adam(model.parameters(), lr=1e-2)
for step in range(40):
    angle = torch.rand(64) * 2 * math.pi
    x = torch.stack([angle.cos(), angle.sin()], 1)
    t = torch.randint(STEPS, (64,))
    noise = torch.randn_like(x)
    product = products[t][:, None]
    noisy = product.sqrt() * x + (1 - product).sqrt() * noise
    loss = F.mse_loss(model(noisy, t), noise)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for mean, parameter in zip(average.parameters(), model.parameters()):
            mean.lerp_(parameter, 0.1)
    if step % 10 == 0:
        report(f"loss.{step}", loss.item())

generator = torch.Generator().manual_seed(11)
x = torch.randn(16, 2, generator=generator)
with torch.no_grad():
    for step in reversed(range(STEPS)):
        predicted = average(x, torch.full((16,), step))
        x = (x - betas[step] / (1 - products[step]).sqrt() * predicted) / alphas[step].sqrt()
        if step > 0:
            x = x + betas[step].sqrt() * torch.randn(16, 2, generator=generator)
report("samples", x)
report("radius", x.norm(dim=1).mean().item())
report("average", average.state_dict())
