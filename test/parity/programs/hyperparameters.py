"""Learning rates, betas and weight decay that are tensors, and the gradients that reach them through a step."""

import os
import sys
import warnings

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "fixtures"))
from optim_run import differentiated, digest_of, keywords, make_optimizer, make_params, state_of, step

warnings.simplefilter("ignore")


def run(name, form, given):
    params = make_params(name, "float32")
    given = keywords({}, form, False) | given
    try:
        if "differentiable" in form:
            return differentiated(name, params, given)[0]
        optimizer = make_optimizer(name, params, given)
        for _ in range(100):
            step(optimizer, params, "float32")
        return digest_of(params, state_of(optimizer))
    except TypeError:
        return "TypeError"  # of an operator's arguments, which TypeScript says in other words
    except Exception as error:  # both sides must fail alike
        return str(error).splitlines()[0]


def betas(requires_grad=False):
    return tuple(torch.tensor(value, requires_grad=requires_grad) for value in [0.8, 0.95])


for form in ["", "foreach", "fused", "capturable", "capturable foreach", "differentiable"]:
    print(f"betas {form}: {run('Adam', form, {'betas': betas()})}")
    print(f"amsgrad {form}: {run('Adam', form, {'betas': betas(), 'amsgrad': True, 'weight_decay': 0.1})}")
    print(f"one element {form}: {run('Adam', form, {'lr': torch.tensor([0.02])})}")
given = betas(True)
print(f"betas: {run('Adam', 'differentiable', {'betas': given})} {digest_of([beta.grad for beta in given])}")
for name, option, value, form in [
    ("Adam", "lr", 0.02, ""),
    ("SGD", "lr", 0.02, ""),
    ("SGD", "weight_decay", 0.1, ""),
    ("SGD", "lr", 0.02, " foreach"),
    ("SGD", "weight_decay", 0.1, " foreach"),
    ("Adam", "weight_decay", 0.1, ""),
]:
    given = torch.tensor(value, requires_grad=True)
    moved = run(name, f"differentiable{form}", {option: given})
    print(f"{name} {option}{form}: {moved} {digest_of([given.grad])}")
