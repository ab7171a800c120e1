"""Makes loaders.json: in which order Python's samplers and loaders give items, and where the generators are afterwards.

    npm run fixtures -- test/utils/data/loaders.py
"""

import hashlib
import itertools
import json
import warnings
from pathlib import Path

import torch
from torch.utils import data as d

warnings.simplefilter("ignore")


def digest(generator):
    return hashlib.sha256(generator.get_state().numpy().tobytes()).hexdigest()[:16]


def generator(seed):
    return None if seed is None else torch.Generator().manual_seed(seed)


class Numbers(d.Dataset):
    """Items are their indices, or with a number that is drawn."""

    def __init__(self, length, draws=False):
        self.length, self.draws = length, draws

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return [index, torch.rand([], dtype=torch.float64)] if self.draws else index


class Stream(d.IterableDataset):
    """The whole range in each worker, or its share of it; with a number that is drawn."""

    def __init__(self, length, shared, draws):
        self.length, self.shared, self.draws = length, shared, draws

    def __len__(self):
        return self.length

    def __iter__(self):
        info = d.get_worker_info()
        start, step = (info.id, info.num_workers) if info and self.shared else (0, 1)
        for i in range(start, self.length, step):
            yield [i, torch.rand([], dtype=torch.float64)] if self.draws else i


def sampler_of(kind, dataset, own):
    n = len(dataset)
    if kind is None:
        return None
    name, *rest = kind
    return {
        "sequential": lambda: d.SequentialSampler(dataset),
        "random": lambda: d.RandomSampler(dataset, generator=own),
        "samples": lambda: d.RandomSampler(dataset, num_samples=rest[0], generator=own),
        "replacement": lambda: d.RandomSampler(dataset, True, rest[0], own),
        "subset": lambda: d.SubsetRandomSampler(rest[0], own),
        "weighted": lambda: d.WeightedRandomSampler([(i % 5) + 0.5 for i in range(n)], rest[0], rest[1], own),
        "distributed": lambda: d.DistributedSampler(dataset, *rest),
        "list": lambda: rest[0],
        "drawing": lambda: Drawing(n),
    }[name]()


class Drawing(d.Sampler):
    """Draws when it is begun, and again for each index."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        first = torch.randint(self.n, []).item()
        return iter(self.indices(first))

    def indices(self, first):
        yield first
        for _ in range(self.n - 1):
            yield torch.randint(self.n, []).item()

    def __len__(self):
        return self.n


def plain(batch):
    if isinstance(batch, torch.Tensor):
        return batch.tolist()
    return [plain(one) for one in batch] if isinstance(batch, list) else batch


def run(case):
    torch.manual_seed(case.get("seed", 0))
    own = generator(case.get("generator"))
    n = case["length"]
    dataset = Stream(n, case.get("shared", False), case.get("draws", False)) if case.get("stream") else Numbers(n, case.get("draws", False))
    sampler = sampler_of(case.get("sampler"), dataset, own)
    options = dict(case["options"])
    if case.get("batches"):
        options["batch_sampler"] = d.BatchSampler(sampler or d.SequentialSampler(dataset), *case["batches"])
    elif sampler is not None:
        options["sampler"] = sampler
    loader = d.DataLoader(dataset, generator=own, **options)
    epochs = []
    for number, stop in enumerate(case["epochs"]):
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(number)
        batches = []
        iterator = iter(loader)
        while stop is None or len(batches) < stop:
            try:
                batches.append(plain(next(iterator)))
            except StopIteration:
                break
        del iterator
        between = torch.rand([]).item() if case.get("between") else None
        epochs.append({"batches": batches, "between": between, "default": digest(torch.default_generator), "own": own and digest(own)})
    return {**case, "results": epochs, "size": len(loader)}


def cases():
    for length, size, drop, shuffle in itertools.product((1, 10, 33), (1, 4, 11), (False, True), (False, True)):
        yield {"length": length, "options": {"batch_size": size, "drop_last": drop, "shuffle": shuffle}, "epochs": [None, None]}
    for seed in (0, 7, 2**62):
        yield {"length": 100, "seed": seed, "options": {"batch_size": 32, "shuffle": True}, "epochs": [2, None, 1, None], "between": True}
    yield {"length": 50, "options": {"batch_size": None, "shuffle": True}, "epochs": [3, None]}
    kinds = [
        ["sequential"], ["random"], ["samples", 7], ["samples", 45], ["samples", 40], ["replacement", 5], ["replacement", 64], ["replacement", 70],
        ["subset", [3, 1, 4, 1, 5, 9]], ["weighted", 30, True], ["weighted", 9, False], ["list", [5, 3, 19]], ["drawing"],
        ["distributed", 3, 1], ["distributed", 3, 2, False], ["distributed", 3, 0, True, 5, True], ["distributed", 30, 29],
    ]
    for kind, own in itertools.product(kinds, (None, 3)):
        yield {"length": 20, "sampler": kind, "generator": own, "options": {"batch_size": 4}, "epochs": [None, 1, None]}
    for kind, own, drop in itertools.product((["random"], ["weighted", 30, True], ["drawing"]), (None, 3), (False, True)):
        yield {"length": 20, "sampler": kind, "generator": own, "batches": [6, drop], "options": {}, "epochs": [2, None]}
    for options, draws in itertools.product(({"batch_size": 4}, {"batch_size": 4, "drop_last": True}, {"batch_size": None}), (False, True)):
        yield {"length": 10, "stream": True, "draws": draws, "options": options, "epochs": [1, None]}
    # Workers, with numbers that each draws from its own seed. Few: each costs half a second to begin.
    for workers, prefetch, own, epochs in ((1, None, None, [None]), (2, None, None, [2, None]), (2, 1, 5, [None]), (3, 3, None, [1])):
        options = {"batch_size": 4, "shuffle": True, "num_workers": workers, "prefetch_factor": prefetch}
        yield {"length": 30, "draws": True, "generator": own, "options": options, "epochs": epochs, "between": True}
    options = {"batch_size": 4, "shuffle": True, "num_workers": 2, "persistent_workers": True}
    yield {"length": 30, "draws": True, "options": options, "epochs": [None, None, None], "between": True}
    yield {"length": 20, "sampler": ["drawing"], "options": {"batch_size": 4, "num_workers": 1}, "epochs": [1, None]}
    for shared, size, drop in ((False, 4, False), (True, 4, True), (True, None, False)):
        options = {"batch_size": size, "num_workers": 2, "drop_last": drop}
        yield {"length": 17, "stream": True, "shared": shared, "draws": True, "options": options, "epochs": [None]}
    options = {"batch_size": 4, "num_workers": 3, "persistent_workers": True}
    yield {"length": 17, "stream": True, "shared": True, "draws": True, "options": options, "epochs": [None, None]}


def splits():
    for seed, length, lengths in (
        (0, 10, [3, 7]), (1, 10, [0.5, 0.5]), (2, 11, [0.3, 0.3, 0.4]), (3, 107, [0.1] * 10), (4, 10, [0.7, 0.2, 0.1]), (5, 3, [0.9, 0.05, 0.05]), (6, 1, [1, 0]),
    ):
        parts = d.random_split(range(length), lengths, generator(seed))
        yield {"seed": seed, "length": length, "lengths": lengths, "indices": [part.indices for part in parts]}


result = {"torch": torch.__version__, "cases": [run(case) for case in cases()], "splits": list(splits())}
Path(__file__).with_suffix(".json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
