"""A variational autoencoder whose decoder is made of transposed convolutions."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim


class VAE(nn.Module):
    def __init__(self, latent=3):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.GELU(), nn.Flatten())
        self.mu = nn.Linear(8 * 16, latent)
        self.log_var = nn.Linear(8 * 16, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, 8 * 16),
            nn.Unflatten(1, (8, 4, 4)),
            nn.GELU(),
            nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1),
        )

    def encode(self, x):
        hidden = self.encoder(x)
        return self.mu(hidden), self.log_var(hidden)

    def forward(self, x):
        mu, log_var = self.encode(x)
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        return {"logits": self.decoder(z), "mu": mu, "log_var": log_var}


torch.manual_seed(4)
squares = torch.zeros(32, 1, 8, 8)
for i in range(32):
    squares[i, 0, i % 4 : i % 4 + 4, (i // 4) % 4 : (i // 4) % 4 + 4] = 1
model = VAE()
optimizer = optim.RMSprop(model.parameters(), lr=2e-3, alpha=0.9)
for epoch in range(15):
    out = model(squares)
    error = F.binary_cross_entropy_with_logits(out["logits"], squares, reduction="sum") / 32
    kl = -0.5 * (1 + out["log_var"] - out["mu"] ** 2 - out["log_var"].exp()).sum(1).mean()
    loss = error + kl
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    report(f"epoch.{epoch}", {"error": error.item(), "kl": kl.item()})

model.eval()
with torch.inference_mode():
    mu, _ = model.encode(squares[:2])
    steps = torch.linspace(0, 1, 5)[:, None]
    between = model.decoder((1 - steps) * mu[0] + steps * mu[1]).sigmoid()
report("between", between)
print("lit:", *between.gt(0.5).flatten(1).sum(1).tolist())
