"""A variational autoencoder with an exponential average of its weights; Adam and a cosine with restarts."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(36, 32), nn.SiLU())
        self.mean = nn.Linear(32, 4)
        self.log_variance = nn.Linear(32, 4)
        self.decoder = nn.Sequential(nn.Linear(4, 32), nn.SiLU(), nn.Linear(32, 36))

    def forward(self, x):
        h = self.encoder(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return self.decoder(z), mean, log_variance


torch.manual_seed(3)
data = torch.bernoulli(torch.sigmoid(torch.randn(256, 3) @ torch.randn(3, 36) * 2))
model = VAE()
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.95))
report("initial", model.state_dict())
optimizer = optim.Adam(model.parameters(), lr=3e-3, betas=(0.9, 0.99))
scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=20, T_mult=2, eta_min=1e-4)
step = 0
for epoch in range(15):
    for batch in data[torch.randperm(256)].split(32):
        optimizer.zero_grad()
        logits, mean, log_variance = model(batch)
        likelihood = F.binary_cross_entropy_with_logits(logits, batch, reduction="sum") / len(batch)
        divergence = -0.5 * (log_variance + 1 - mean.square() - log_variance.exp()).sum(1).mean()
        loss = likelihood + divergence
        loss.backward()
        optimizer.step()
        scheduler.step()
        average.update_parameters(model)
        report(f"step.{step}", [loss.item(), divergence.item(), scheduler.get_last_lr()[0]])
        step += 1
report("trained", model.state_dict())
report("average", average.state_dict())
report("optimizer", optimizer.state_dict()["state"])
report("samples", torch.sigmoid(average.module.decoder(torch.randn(8, 4))))
report("rng", torch.get_rng_state())
