"""Results of every collective of torch.distributed over gloo: writes collectives.json.

    npm run fixtures -- test/distributed/collectives.py

For each world size, dtype and collective: what each rank's tensors are afterwards, or that it was refused.
collectives.test.ts does the same.
"""

import json
import multiprocessing
import pathlib
import tempfile

import torch
import torch.distributed as dist

DTYPES = ["float32", "float64", "float16", "bfloat16", "int8", "uint8", "int32", "int64", "bool", "complex64"]
OPS = ["SUM", "AVG", "PRODUCT", "MIN", "MAX", "BAND", "BOR", "BXOR"]


def make(rank, dtype, count=4, start=0):
    values = (torch.arange(count) * 3 + rank * 5 + start + 1) % 7
    return values.to(getattr(torch, dtype))


def plain(tensor):
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    return tensor.to(torch.float64).flatten().tolist()


def cases(rank, world, dtype):
    """Name and call of each case; a call returns the tensors that count on this rank."""

    def empty(count=4):
        return torch.zeros(count, dtype=getattr(torch, dtype))

    def many(count=4):
        return [empty(count) for _ in range(world)]

    def run(call, *tensors):
        call()
        return list(tensors)

    def reduced(op, call):
        return lambda: call(make(rank, dtype), getattr(dist.ReduceOp, op))

    def all_reduce(x, op):
        return run(lambda: dist.all_reduce(x, op), x)

    def reduce(x, op):
        dist.reduce(x, world - 1, op)
        return [x] if rank == world - 1 else []

    def reduce_scatter(x, op):
        out = empty()
        return run(lambda: dist.reduce_scatter(out, [make(rank, dtype, 4, i) for i in range(world)], op), out)

    def reduce_scatter_tensor(x, op):
        out = empty()
        return run(lambda: dist.reduce_scatter_tensor(out, make(rank, dtype, 4 * world), op), out)

    def all_reduce_coalesced(x, op):
        y = make(rank, dtype, 2, 3)
        return run(lambda: dist.all_reduce_coalesced([x, y], op), x, y)

    for op in OPS:
        yield f"allReduce {op}", reduced(op, all_reduce)
        yield f"reduce {op}", reduced(op, reduce)
        yield f"reduceScatter {op}", reduced(op, reduce_scatter)
        yield f"reduceScatterTensor {op}", reduced(op, reduce_scatter_tensor)
    yield "allReduceCoalesced SUM", reduced("SUM", all_reduce_coalesced)

    def broadcast():
        x = make(rank, dtype)
        return run(lambda: dist.broadcast(x, world - 1), x)

    def all_gather():
        out = many()
        return run(lambda: dist.all_gather(out, make(rank, dtype)), *out)

    def all_gather_into_tensor():
        out = empty(4 * world)
        return run(lambda: dist.all_gather_into_tensor(out, make(rank, dtype)), out)

    def all_gather_coalesced():
        lists = [[empty(), empty(2)] for _ in range(world)]
        inputs = [make(rank, dtype), make(rank, dtype, 2, 3)]
        return run(lambda: dist.all_gather_coalesced(lists, inputs), *[t for one in lists for t in one])

    def gather():
        out = many() if rank == 0 else None
        return run(lambda: dist.gather(make(rank, dtype), out, 0), *(out or []))

    def scatter():
        out = empty()
        parts = [make(rank, dtype, 4, i) for i in range(world)] if rank == 1 else None
        return run(lambda: dist.scatter(out, parts, 1), out)

    def all_to_all_single():
        out = empty(2 * world)
        return run(lambda: dist.all_to_all_single(out, make(rank, dtype, 2 * world)), out)

    def all_to_all_uneven():
        sizes = [i + 1 for i in range(world)]  # to rank i go i + 1 numbers
        out = empty((rank + 1) * world)
        x = make(rank, dtype, sum(sizes))
        return run(lambda: dist.all_to_all_single(out, x, [rank + 1] * world, sizes), out)

    def all_to_all():
        out = many()
        return run(lambda: dist.all_to_all(out, [make(rank, dtype, 4, i) for i in range(world)]), *out)

    def send():
        x = make(rank, dtype)
        if rank == 0:
            dist.send(x, 1, tag=7)
        elif rank == 1:
            dist.recv(x, 0, tag=7)
        return [x]

    for call in (
        broadcast,
        all_gather,
        all_gather_into_tensor,
        all_gather_coalesced,
        gather,
        scatter,
        all_to_all_single,
        all_to_all_uneven,
        all_to_all,
        send,
    ):
        yield call.__name__, call


def rank_main(rank, world, path, queue):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{path}", rank=rank, world_size=world)
    found = {}
    for dtype in DTYPES:
        for name, call in cases(rank, world, dtype):
            try:
                value = [plain(tensor) for tensor in call()]
            except Exception:
                value = None
            found[f"{name} {dtype}"] = value
    dist.barrier()
    queue.put((rank, found))
    dist.destroy_process_group()


def main():
    context = multiprocessing.get_context("fork")
    results = {}
    for world in (2, 3, 4):
        with tempfile.TemporaryDirectory() as folder:
            queue = context.Queue()
            ranks = [
                context.Process(target=rank_main, args=(rank, world, f"{folder}/store", queue)) for rank in range(world)
            ]
            for one in ranks:
                one.start()
            found = dict(queue.get() for _ in ranks)
            for one in ranks:
                one.join()
        results[world] = {name: [found[rank][name] for rank in range(world)] for name in found[0]}
    out = {"torch": torch.__version__, "results": results}
    text = json.dumps(out, separators=(",", ":")).replace('},"', '},\n"')
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
