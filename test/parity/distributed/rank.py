"""One rank of Python's: what rank.ts is in TypeScript. `npm run test:parity -- ddp` runs both in all mixtures."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import torch
import torch.distributed as dist
import torch.nn.functional as F
from report import report
from torch import nn, optim
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import bf16_compress_hook
from torch.nn.parallel import DistributedDataParallel as DDP

torch.set_num_threads(1)


class Gpt(nn.Module):
    """The head shares the embedding's weight."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(23, 16)
        self.position = nn.Parameter(torch.randn(12, 16) * 0.1)
        self.block = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 23, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        mask = nn.Transformer.generate_square_subsequent_mask(12)
        x = self.block(self.embedding(tokens) + self.position, src_mask=mask, is_causal=True)
        return self.head(self.norm(x))


class Branches(nn.Module):
    """Each step uses one of two branches, and one output that the loss does not use."""

    def __init__(self):
        super().__init__()
        self.left = nn.Linear(6, 5)
        self.right = nn.Linear(6, 5)
        self.never = nn.Linear(6, 2)

    def forward(self, x, goes_left):
        return (self.left if goes_left else self.right)(x), self.never(x)


def mlp():
    return nn.Sequential(
        nn.Linear(20, 64), nn.GELU(), nn.LayerNorm(64), nn.Dropout(0.1), nn.Linear(64, 32), nn.BatchNorm1d(32),
        nn.ReLU(), nn.Linear(32, 5),
    )  # fmt: skip


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(12 * 4, 10),
    )  # fmt: skip


def vector_loss(model, step):
    return F.mse_loss(model(torch.randn(8, 20)), torch.rand(8, 5))


def image_loss(model, step):
    return F.cross_entropy(model(torch.randn(4, 1, 8, 8)), torch.randint(0, 10, (4,)))


def text_loss(model, step):
    tokens = torch.randint(0, 23, (3, 13))
    return F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())


def branch_loss(model, step):
    return model(torch.randn(4, 6), step % 2 == 0)[0].pow(2).mean()


def sgd(params):
    return optim.SGD(params, lr=0.05, momentum=0.9)


def adamw(params):
    return optim.AdamW(params, lr=1e-2)


def train(name, make, loss_of, make_optimizer, hook=None, accumulates=False, delays=False, **options):
    torch.manual_seed(10 + rank)  # other weights on each rank, which the first rank's replace
    module = make()
    if delays:
        last = [(key, param) for key, param in module.named_parameters() if key.startswith("7.")]
        options = {"delay_all_reduce_named_params": last, "param_to_hook_all_reduce": module[0].weight}
    model = DDP(module, **options)
    if hook:
        if isinstance(hook, dist.BuiltinCommHookType):
            model._register_builtin_comm_hook(hook)
        else:
            dist._register_comm_hook(model.reducer, None, hook)  # the public method wants a GPU for bf16
    optimizer = make_optimizer(model.parameters())
    for step in range(6):
        optimizer.zero_grad()
        if accumulates:
            with model.no_sync():
                loss_of(model, step).backward()
        loss = loss_of(model, step)
        loss.backward()
        if delays:
            dist.barrier()  # on the CPU nothing else waits for what was delayed
        optimizer.step()
        report(f"{name}.loss.{step}", loss.item())
    state = {key: param.grad for key, param in model.module.named_parameters() if param.grad is not None}
    report(f"{name}.grad", state)
    report(f"{name}.state", model.state_dict())
    for key, entry in sorted(optimizer.state_dict()["state"].items()):
        report(f"{name}.optimizer.{key}", {k: v for k, v in sorted(entry.items()) if isinstance(v, torch.Tensor)})


def collectives():
    x = torch.arange(6.0) * (rank + 1)
    dist.all_reduce(x)
    report("allReduce", x)
    x = torch.arange(4) + 10 * rank
    dist.broadcast(x, 1)
    report("broadcast", x)
    out = [torch.zeros(3, dtype=torch.float64) for _ in range(world)]
    dist.all_gather(out, torch.full((3,), rank + 0.5, dtype=torch.float64))
    report("allGather", torch.stack(out))
    out = torch.zeros(2)
    dist.reduce_scatter_tensor(out, torch.arange(2.0 * world) * (rank + 2))
    report("reduceScatterTensor", out)
    out = torch.zeros(2 * world)
    dist.all_to_all_single(out, torch.arange(2.0 * world) + 100 * rank)
    report("allToAllSingle", out)
    x = torch.arange(3.0) + rank
    if rank == 0:
        dist.send(x, 1, tag=3)
        dist.recv(x, 1)
    else:
        y = torch.zeros(3)
        dist.recv(y, 0, tag=3)
        dist.send(y * 2, 0)
    report("send", x)
    pair = dist.new_group([0, 1])
    x = torch.ones(2) * (rank + 3)
    dist.all_reduce(x, op=dist.ReduceOp.MAX, group=pair)
    report("newGroup", x)
    alone, all_alone = dist.new_subgroups(1)
    x = torch.ones(2) * (rank + 3)
    dist.all_reduce(x, group=alone)
    report("newSubgroups", x)
    report("newSubgroups.ranks", [dist.get_group_rank(alone, rank), dist.get_global_rank(alone, 0), len(all_alone)])
    pair, pairs = dist.new_subgroups_by_enumeration([[0, 1]])
    dist.all_reduce(x, group=pair)
    report("newSubgroupsByEnumeration", x)
    report("newSubgroupsByEnumeration.ranks", dist.get_process_group_ranks(pairs[0]))
    dist.monitored_barrier()
    dist.barrier()


def scaled(_, bucket):
    """A hook that goes on when its collective has ended."""
    reduced = dist.all_reduce(bucket.buffer(), async_op=True).get_future()
    return reduced.then(lambda future: future.value()[0].div(4))


def partly():
    """The first parameter and all buffers are left to the ranks."""
    module = cnn()
    first = next(iter(module.named_parameters()))[0]
    DDP._set_params_and_buffers_to_ignore_for_model(module, [first, *dict(module.named_buffers())])
    return module


def join(name, **options):
    """Rank 1 has two batches more."""
    torch.manual_seed(10 + rank)
    model = DDP(mlp(), **options)
    optimizer = sgd(model.parameters())
    with model.join(divide_by_initial_world_size=name == "join.all"):
        for step in range(2 + 2 * rank):
            optimizer.zero_grad()
            loss = vector_loss(model, step)
            loss.backward()
            optimizer.step()
            report(f"{name}.loss.{step}", loss.item())
    report(f"{name}.state", model.state_dict())


dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
collectives()
train("mlp", mlp, vector_loss, sgd)
train("mlp.buckets", mlp, vector_loss, adamw, bucket_cap_mb=0.002, gradient_as_bucket_view=True)
train("mlp.batched", mlp, vector_loss, adamw, batched_grad_copy=True)
train("mlp.delayed", mlp, vector_loss, adamw, delays=True)
train("mlp.noSync", mlp, vector_loss, sgd, accumulates=True)
train("mlp.fp16", mlp, vector_loss, sgd, hook=dist.BuiltinCommHookType.FP16_COMPRESS)
train("mlp.bf16", mlp, vector_loss, sgd, hook=bf16_compress_hook)
train("mlp.hook", mlp, vector_loss, sgd, hook=scaled)
train("cnn", cnn, image_loss, sgd)
train("cnn.partly", partly, image_loss, sgd)
train("gpt", Gpt, text_loss, adamw)
train("gpt.static", Gpt, text_loss, adamw, static_graph=True)
train("unused", Branches, branch_loss, adamw, find_unused_parameters=True)
join("join.all")
join("join.left", bucket_cap_mb=0.002)
dist.destroy_process_group()
# Not through the interpreter's end: gloo's threads may still be in it, which then ends the process by an abort.
sys.stdout.flush()
os._exit(0)
