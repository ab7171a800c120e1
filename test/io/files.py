"""Makes test/io/files and test/io/numpy.json: numpy's files, tables and images, for test/io/*.test.ts.

    python test/io/files.py        # with numpy, pyarrow and pillow
"""

import io
import json
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from PIL import Image

here = pathlib.Path(__file__).parent
files = here / "files"
files.mkdir(exist_ok=True)


def saved(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue().hex()


BASE = np.arange(1, 7).reshape(2, 3)
DTYPES = ["?", "u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8", "<c8", "<c16"]
arrays = {
    **{dtype: BASE.astype(dtype) for dtype in DTYPES},
    **{f">{dtype[1:]}": BASE.astype(f">{dtype[1:]}") for dtype in DTYPES if dtype[0] == "<"},
    "fortran": np.asfortranarray(BASE.astype("<f4")),
    "fortran of three": np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)),
    "0-d": np.array(2.5, dtype="<f4"),
    "empty": np.zeros((0, 3), dtype="<f8"),
    "one": np.arange(5, dtype="<i8"),
    "many": np.arange(1000, dtype="<i2"),
}
refused = {
    "text": np.array(["a", "bc"]),
    "bytes": np.array([b"a", b"bc"]),
    "objects": np.array([None, 1], dtype=object),
    "records": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
}
versions = {}
for version in ((1, 0), (2, 0), (3, 0)):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, BASE.astype("<f4"), version=version)
    versions["{}.{}".format(*version)] = buffer.getvalue().hex()
zips = {}
for name, save in {"stored": np.savez, "packed": np.savez_compressed}.items():
    buffer = io.BytesIO()
    save(buffer, x=BASE.astype("<f4"), y=np.arange(3), z=np.zeros(5000, dtype="u1"))
    zips[name] = buffer.getvalue().hex()
text = json.dumps(
    {
        "arrays": {
            name: {"file": saved(array), "values": [str(v) for v in array.reshape(-1).tolist()], "shape": list(array.shape)}
            for name, array in arrays.items()
        },
        "refused": {name: saved(array) for name, array in refused.items()},
        "versions": versions,
        "zips": zips,
    },
    indent=0,
)
(here / "numpy.json").write_text(text + "\n")

rows = 7
table = pa.table(
    {
        "f32": pa.array(np.arange(rows, dtype="f4") / 2),
        "f64": pa.array([0.5, None, 1.5, 2.5, None, 3.5, 4.5], pa.float64()),
        "i32": pa.array(np.arange(rows, dtype="i4")),
        "i64": pa.array([2**53 + 1, *range(1, rows)], pa.int64()),
        "holes": pa.array([1, None, 3, 4, 5, 6, 7], pa.int32()),
        "flag": pa.array([i % 2 == 0 for i in range(rows)]),
        "text": pa.array(["a", "bc", "a", None, "ü", "", "f"]),
    }
)
pa.parquet.write_table(table, files / "table.parquet", row_group_size=4)
pa.parquet.write_table(table.select(["f32"]), files / "zstd.parquet", compression="zstd")
vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(2 * rows, dtype="f4")), 2)
halves = pa.array(np.arange(rows, dtype="f2"))
wide = table.append_column("vectors", vectors).append_column("halves", halves)
with pa.ipc.new_file(files / "table.arrow", wide.schema) as writer:
    writer.write_table(wide, max_chunksize=4)
with pa.ipc.new_stream(files / "stream.arrow", wide.schema) as writer:
    writer.write_table(wide)

pixels = np.arange(4 * 6 * 3, dtype="u1").reshape(4, 6, 3) * 3
Image.fromarray(pixels).save(files / "rgb.png")
Image.fromarray(pixels[:, :, 0]).save(files / "gray.png")
Image.fromarray(np.dstack([pixels, 255 - pixels[:, :, :1]])).save(files / "rgba.png")
exif = Image.Exif()
exif[0x0112] = 6  # turned by a quarter
Image.fromarray(pixels).save(files / "turned.png", exif=exif)
