"""What Python's untyped storages say and do: writes storages.json.

    npm run fixtures -- test/storages.py
"""

import json
import pathlib

import torch

Storage = torch.UntypedStorage
x = torch.arange(4, dtype=torch.float32)
s = x.untyped_storage()
meta = Storage(2, device="meta")
mine = Storage([1, 2, 3, 4])


def said(call):
    try:
        value = call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return value.tolist() if isinstance(value, Storage) else value


def put(index, value):
    mine[index] = value


results = {
    "sizes": [said(s.nbytes), said(s.size), said(s.size), said(s.element_size), said(s.resizable), said(s.is_shared)],
    "identity": [
        s is x[1:].untyped_storage(),
        s.data_ptr() == x.data_ptr(),
        s is x.clone().untyped_storage(),
        s.untyped() is s,
        s.cpu() is s,
        s.to(device="cpu") is s,
        s.copy_(s) is s,
        torch.is_storage(s),
        torch.is_storage(x),
    ],
    "bytes": said(s.tolist),
    "indices": [said(lambda: s[i]) for i in (-1, 6, 16, -17)],
    "slices": [said(lambda: s[2:6]), said(lambda: s[-2:]), said(lambda: s[14:99]), said(lambda: s[5:3])],
    "set": [said(lambda: put(0, value)) for value in (300, -1, 7)] + [said(lambda: mine), said(lambda: put(4, 1))],
    "fill": [said(lambda: mine.fill_(value)) for value in (300, -1, 3, 1.5)],
    "made": [said(lambda: Storage([1, 2, 300])), said(lambda: Storage(0)), said(lambda: Storage())],
    "copy": [
        said(lambda: mine.copy_(Storage([5, 6, 7, 8]))),
        said(lambda: s.copy_(Storage(4))),
        said(lambda: s.copy_(Storage([9]))),
    ],
    "clone": [said(mine.clone), mine.clone().data_ptr() == mine.data_ptr(), said(lambda: mine.new())],
    "resize": [
        said(lambda: mine.resize_(2)),
        said(lambda: mine.resize_(5).nbytes()),
        said(lambda: mine.resize_(0)),
        said(lambda: mine.resize_(2.5)),
        said(lambda: meta.resize_(7).nbytes()),
        said(lambda: Storage([1, 2]).share_memory_().resizable()),
        said(lambda: Storage([1, 2]).share_memory_().is_shared()),
        said(lambda: Storage([1, 2]).share_memory_()),
        said(lambda: s[2:6].resizable()),
        said(lambda: s[2:6].resize_(3)),
    ],
    "meta": [said(lambda: meta[0]), said(meta.tolist), said(meta.data_ptr), said(meta.cpu), said(meta.is_shared)],
    "none": [
        said(torch.eye(2).to_sparse().untyped_storage),
        said(torch.eye(2).to_sparse_csr().untyped_storage),
        said(torch.eye(2).to_mkldnn().untyped_storage),
    ],
    "text": [str(Storage([1, 2])), str(Storage(0)), str(Storage(2, device="meta"))],
}
here = pathlib.Path(__file__).parent
(here / "storages.json").write_text(json.dumps({"torch": torch.__version__, "results": results}, indent=1) + "\n")
