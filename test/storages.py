"""What Python's untyped storages say and do: writes storages.json.

    npm run fixtures -- test/storages.py
"""

import base64
import io
import json
import os
import pathlib
import tempfile
import zipfile

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


BYTES = bytes(range(1, 9))
folder = tempfile.mkdtemp()
file = os.path.join(folder, "bytes")
pathlib.Path(file).write_bytes(bytes(range(10)))


def mapped(*args):
    """A storage of the file, what it says of itself, and the file after it is written to."""
    try:
        storage = Storage.from_file(file, *args)
    except RuntimeError as error:
        return str(error).replace(folder, "FOLDER")
    before = storage.tolist()
    named = storage.filename == file
    storage.fill_(7)
    return [before, named, storage.is_shared(), storage.resizable(), list(pathlib.Path(file).read_bytes())]


def swapped(dtype):
    storage = Storage(list(range(1, 9)))
    storage.byteswap(dtype)
    return storage.tolist()


def taken(*args, dtype=torch.float32, **keywords):
    """What a tensor is that takes the memory of x."""
    try:
        tensor = torch.empty(0, dtype=dtype).set_(*args, **keywords)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return [list(tensor.shape), list(tensor.stride()), tensor.storage_offset(), tensor.tolist()]


def saved(value):
    """The bytes of the file, and what comes back."""
    buffer = io.BytesIO()
    try:
        torch.save(value, buffer)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    pickled = zipfile.ZipFile(buffer).read("archive/data.pkl")
    return base64.b64encode(pickled).decode()


small = torch.arange(4, dtype=torch.uint8)
results = {
    "set_": [
        taken(s),
        taken(s, 1, (2,)),
        taken(s, 1, (2,), (1,)),
        taken(s, 0, (2, 2)),
        taken(s, 0, (2, 2), (1, 2)),
        taken(s, 0, (2, 2), (1,)),
        taken(s, -1, (1,)),
        taken(s, 4, (0,)),
        taken(s, 0, ()),
        taken(source=s),
        taken(source=s, storage_offset=1, size=(2,)),
        taken(source=s, storage_offset=0, size=(2,), stride=(2,)),
        taken(s, dtype=torch.int16),
        taken(s, 2, (2,), dtype=torch.uint8),
        taken(Storage(7)[:0]),
        taken(meta),
    ],
    "buffer": [
        said(lambda: Storage.from_buffer(BYTES, dtype=torch.uint8)),
        said(lambda: Storage.from_buffer(BYTES, "native", dtype=torch.int32)),
        said(lambda: Storage.from_buffer(BYTES, "little", dtype=torch.int32)),
        said(lambda: Storage.from_buffer(BYTES, "big", dtype=torch.int32)),
        said(lambda: Storage.from_buffer(BYTES, "big", 1, 2, torch.int16)),
        said(lambda: Storage.from_buffer(BYTES, "big", dtype=torch.complex64)),
        said(lambda: Storage.from_buffer(BYTES, "big", dtype=torch.bfloat16, offset=4)),
        said(lambda: Storage.from_buffer(BYTES, "big", dtype=torch.float8_e5m2)),
        said(lambda: Storage.from_buffer(b"\1\2\0", "little", dtype=torch.bool)),
        said(lambda: Storage.from_buffer(b"", "little", dtype=torch.float32)),
        said(lambda: Storage.from_buffer(BYTES, "little", dtype=torch.float32, count=0)),
        said(lambda: Storage.from_buffer(BYTES, "little", dtype=torch.float32, offset=3)),
        said(lambda: Storage.from_buffer(BYTES, "little", dtype=torch.float32, offset=9)),
        said(lambda: Storage.from_buffer(BYTES, "little", dtype=torch.float32, count=2, offset=4)),
        said(lambda: Storage.from_buffer(BYTES, "little", dtype=torch.complex32)),
        said(lambda: Storage.from_buffer(BYTES, "little", dtype=torch.uint16)),
        said(lambda: Storage.from_buffer(BYTES, "little", dtype=torch.qint8)),
        said(lambda: Storage.from_buffer(BYTES)),
    ],
    "buffer that cannot be": [
        said(lambda: Storage.from_buffer(BYTES, "odd", dtype=torch.float32)),
        said(lambda: Storage.from_buffer(BYTES, dtype=torch.float32)),
    ],
    "swapped": [
        swapped(dtype)
        for dtype in (torch.float32, torch.int16, torch.complex64, torch.float64, torch.uint8, torch.complex32)
    ]
    + [said(lambda: Storage(7).byteswap(torch.float32))],
    "file": [mapped(), mapped(False, 4), mapped(False, 20), mapped(True, 4), mapped(True, 12)],
    "saved": [
        saved(value)
        for value in (
            s,
            {"a": s, "b": s},
            [small, small.untyped_storage()],
            [small.untyped_storage(), small],
            {"x": x, "s": s},
            Storage(),
            meta,
        )
    ],
    "other names": [s.is_sparse_csr, s.filename],
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
