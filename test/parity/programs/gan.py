"""Two networks against each other, with an optimizer each: RMSprop and Adam with amsgrad."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

torch.manual_seed(4)
generator = nn.Sequential(nn.Linear(6, 24), nn.BatchNorm1d(24), nn.LeakyReLU(0.2), nn.Linear(24, 8), nn.Tanh())
critic = nn.Sequential(nn.Linear(8, 32), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(32, 1))
for module in [generator, critic]:
    for param in module.parameters():
        if param.dim() > 1:
            nn.init.xavier_normal_(param)
report("initial", [generator.state_dict(), critic.state_dict()])
optimizers = {
    "generator": optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.999), amsgrad=True),
    "critic": optim.RMSprop(critic.parameters(), lr=1e-3, momentum=0.5, centered=True),
}
mixing = torch.randn(3, 8)


def judge(samples, real):
    target = torch.full((len(samples), 1), 0.9 if real else 0.0)
    return F.binary_cross_entropy_with_logits(critic(samples), target)


for step in range(120):
    real = torch.tanh(torch.randn(32, 3) @ mixing)
    fake = generator(torch.randn(32, 6))
    optimizers["critic"].zero_grad()
    critic_loss = judge(real, True) + judge(fake.detach(), False)
    critic_loss.backward()
    optimizers["critic"].step()
    optimizers["generator"].zero_grad()
    generator_loss = judge(fake, True)
    generator_loss.backward()
    optimizers["generator"].step()
    report(f"step.{step}", [critic_loss.item(), generator_loss.item()])
report("generator", generator.state_dict())
report("critic", critic.state_dict())
for name, optimizer in optimizers.items():
    report(f"optimizer.{name}", optimizer.state_dict()["state"])
report("rng", torch.get_rng_state())
