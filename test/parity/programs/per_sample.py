"""Gradients of each sample by torch.func, clipped and made noisy one by one (DP-SGD), and a trained ensemble."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim
from torch.func import functional_call, grad, grad_and_value, hessian, stack_module_state, vmap


def build():
    return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.LayerNorm(16), nn.Linear(16, 3))


torch.manual_seed(11)
x = torch.randn(120, 6)
y = (x[:, :3] + x[:, 3:].square()).argmax(1)
model = build()
report("initial", model.state_dict())
params = dict(model.named_parameters())


def loss_of(params, sample, target):
    logits = functional_call(model, params, (sample.unsqueeze(0),))
    return F.cross_entropy(logits, target.unsqueeze(0))


each = vmap(grad_and_value(loss_of), in_dims=(None, 0, 0))
optimizer = optim.Adamax(model.parameters(), lr=1e-2)
for step in range(100):
    batch = torch.randint(0, 120, (12,))
    grads, losses = each({name: param.detach() for name, param in params.items()}, x[batch], y[batch])
    norms = torch.stack([grad.flatten(1).norm(2, 1) for grad in grads.values()], 1).norm(2, 1)
    factors = (0.5 / (norms + 1e-6)).clamp(max=1.0)
    for name, param in params.items():
        param.grad = torch.einsum("i,i...->...", factors, grads[name]) / 12 + 0.01 * torch.randn_like(param)
    optimizer.step()
    report(f"step.{step}", [losses.mean().item(), norms.max().item()])
report("gradients", grads)
report("trained", model.state_dict())
report("optimizer", optimizer.state_dict()["state"])

models = [build() for _ in range(3)]
weights, buffers = stack_module_state(models)
report("ensemble.initial", weights)


def ensemble_loss(weights, batch, target):
    logits = functional_call(models[0], (weights, buffers), (batch,))
    return (logits.logsumexp(1) - logits.gather(1, target.unsqueeze(1)).squeeze(1)).mean()


train = vmap(grad_and_value(ensemble_loss), in_dims=(0, 0, 0))
weights = {name: weight.detach() for name, weight in weights.items()}
for step in range(100):
    batch = torch.randint(0, 120, (3, 20))
    grads, losses = train(weights, x[batch], y[batch])
    weights = {name: weight - 0.1 * grads[name] for name, weight in weights.items()}
    report(f"ensemble.{step}", losses)
report("ensemble.trained", weights)


def dropped(bias, sample, target):
    return F.cross_entropy(F.dropout(sample, 0.3) @ params["0.weight"].detach()[:3].t() + bias, target)


bias = torch.randn(3)
report("random", vmap(grad(dropped), in_dims=(None, 0, 0), randomness="different")(bias, x, y))
report("hessian", hessian(lambda bias: (x[:, :3] + bias).square().logsumexp(1).mean())(bias))
report("rng", torch.get_rng_state())
