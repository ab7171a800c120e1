# The rows of `npm run gpu:check` in Python's half: see program.js.
import json
import time as clock

import torch
from device import device, prepare, synchronize as wait
from torch import nn, optim
from torch.nn import functional as F

is_cuda = device == "cuda"
prepare()


def show(row, **what):
    print(json.dumps({"row": row, **what}), flush=True)


def run(row):
    def now(body):
        try:
            show(row, values=body())
        except Exception as error:
            show(row, error=f"{type(error).__name__}: {error}")

    return now


def flat(x):
    return x.detach().double().cpu().flatten().tolist()


def network(kind):
    torch.manual_seed(7)
    if kind == "mlp":
        return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 10)
    )


def data(kind):
    torch.manual_seed(8)
    x = torch.randn(32, 64) if kind == "mlp" else torch.randn(32, 3, 16, 16)
    return x.to(device), torch.randint(0, 10, [32]).to(device)


def train(kind, amp=None, make=lambda p: optim.SGD(p, lr=0.05, momentum=0.9)):
    model = network(kind).to(device)
    x, y = data(kind)
    optimizer = make(model.parameters())
    scaler = torch.amp.GradScaler(device=device, enabled=amp == torch.float16, init_scale=1024)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        if amp:
            with autocast(amp):
                loss = F.cross_entropy(model(x), y)
        else:
            loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.float().item())
    return losses


def autocast(dtype):
    return torch.autocast(device, dtype=dtype)


run("device")(lambda: [torch.accelerator.device_count(), torch.accelerator.current_device_index()])
if is_cuda:

    @run("properties")
    def _():
        major, minor = torch.cuda.get_device_capability()
        properties = torch.cuda.get_device_properties()
        return [major, minor, properties.total_memory, properties.multi_processor_count, int(torch.cuda.is_bf16_supported())]

    run("memory names")(lambda: [" ".join(torch.cuda.memory_stats())])


@run("random")
def _():
    torch.manual_seed(3)
    return flat(torch.cat([torch.rand(8, device=device), torch.randn(8, device=device)]))


@run("matmul")
def _():
    torch.manual_seed(4)
    a, b = torch.randn(64, 64), torch.randn(64, 64)
    return flat(a.to(device).matmul(b.to(device)).sum(0))


run("mlp")(lambda: train("mlp"))
run("cnn")(lambda: train("cnn"))
run("mlp, AdamW")(lambda: train("mlp", make=optim.AdamW))
run("mlp, fused AdamW")(lambda: train("mlp", make=lambda p: optim.AdamW(p, fused=True)))
run("mlp, bfloat16")(lambda: train("mlp", amp=torch.bfloat16))
run("mlp, float16 with a scaler")(lambda: train("mlp", amp=torch.float16))
run("cnn, bfloat16")(lambda: train("cnn", amp=torch.bfloat16))


@run("graph")
def _():
    model = network("mlp").to(device).eval()
    x, _ = data("mlp")
    with torch.no_grad():
        side = torch.Stream(device)
        with side:
            model(x)
        side.synchronize()
        graph = torch.accelerator.Graph()
        with side, graph:
            y = model(x)
        x.mul_(2)
        graph.replay()
        wait()
        return flat(y.sum(0))


@run("streams")
def _():
    host = torch.ones(1 << 20).pin_memory()
    stream, event = torch.Stream(device), torch.Event(device)
    with stream:
        x = host.to(device, non_blocking=True).mul(2)
        event.record()
    event.synchronize()
    return [x.sum().item()]


@run("hooks")
def _():
    x = torch.ones(4, device=device, requires_grad=True)
    x.register_hook(lambda grad: grad.mul(10))
    x.mul(3).sum().backward()
    return flat(x.grad)


@run("out of memory")
def _():
    try:
        torch.empty(2**46, device=device, dtype=torch.uint8)
    except torch.OutOfMemoryError as error:
        return [type(error).__name__, *flat(torch.ones(2, device=device))]
    return []


def time(row, count, body):
    for _ in range(3):
        body()
    wait()
    rounds = []
    for _ in range(5):
        start = clock.perf_counter()
        for _ in range(count):
            body()
        wait()
        rounds.append((clock.perf_counter() - start) * 1000 / count)
    show(row, ms=sorted(rounds)[2])


few = 200 if is_cuda else 5
small = torch.ones(1, device=device)
time("add, 1 element", few * 5, lambda: small.add(1))
large = torch.ones(1 << 22, device=device)
time("add, 4M elements", few, lambda: large.add(1))
square = torch.ones((2048, 2048) if is_cuda else (128, 128), device=device)
time("matmul, large", few, lambda: square.matmul(square))
for kind in ["mlp", "cnn"]:
    model = network(kind).to(device)
    x, y = data(kind)
    optimizer = optim.AdamW(model.parameters(), fused=True)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    time(f"{kind}, a step", few, step)
