"""Makes assert_close.json: what torch.testing.assert_close says of pairs of values.

    npm run fixtures -- test/testing/assert_close.py

A number is a float, {"int": "1"} an int; {"tensor": values, "dtype": name, "do": [[method, *args], ...]} a tensor with
methods called on it; {"dict": {...}} a dict. assert_close.test.ts decodes the same.
"""

import json
import warnings
from pathlib import Path

import torch

warnings.simplefilter("ignore")


def number(value):
    if isinstance(value, list):
        return [number(one) for one in value]
    if isinstance(value, str):
        return float(value)
    if not isinstance(value, dict):
        return value
    return int(value["int"]) if "int" in value else complex(*value["complex"])


def decode(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, list):
        return [decode(one) for one in value]
    if "int" in value:
        return int(value["int"])
    if "float" in value:
        return float(value["float"])
    if "complex" in value:
        return complex(*value["complex"])
    if "dict" in value:
        return {key: decode(one) for key, one in value["dict"].items()}
    if "parameter" in value:
        return torch.nn.Parameter(decode(value["parameter"]))
    if "quantized" in value:
        values, scale, zero_point = value["quantized"]
        return torch.quantize_per_tensor(torch.tensor(values), scale, zero_point, torch.quint8)
    tensor = torch.tensor(number(value["tensor"]), dtype=getattr(torch, value.get("dtype", "float32")))
    for method, *args in value.get("do", []):
        tensor = getattr(tensor, method)(*args)
    return tensor


def t(values, dtype="float32", *do):
    return {"tensor": values, "dtype": dtype, "do": [list(one) for one in do]}


def d(**entries):
    return {"dict": entries}


def i(value):
    return {"int": str(value)}


A = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
B = [[1.0, 2.5, 3.0], [4.0, 5.0, -6.0]]
SPARSE = [[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]]
OTHER_VALUES = [[1.0, 0.0, 2.0], [0.0, 0.0, 3.5]]
OTHER_PLACES = [[0.0, 1.0, 2.0], [0.0, 0.0, 3.0]]
BLOCKS = [[1.0, 0.0], [0.0, 2.0]]
NAN = {"float": "nan"}
INF = {"float": "inf"}
FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTS = ["uint8", "int8", "int16", "int32", "int64"]

ROWS = [(t(A), t(A), {}), (t(A), t(B), {}), (t(A, "float64"), t(B, "float64"), {}), (t([]), t([]), {})]
# Tolerances of each dtype: within them, outside of them.
for dtype in [*FLOATS, "complex32", "complex64", "complex128"]:
    for factor in [1e-9, 2e-7, 1e-6, 1e-5, 5e-4, 2e-3, 1e-2, 0.03]:
        ROWS.append((t([1.0, 100.0 * (1 + factor)], dtype), t([1.0, 100.0], dtype), {}))
    ROWS.append((t([0.0, 2e-5], dtype), t([0.0, 0.0], dtype), {}))
    ROWS.append((t(["nan", 1.0], dtype), t(["nan", 1.0], dtype), {}))
    ROWS.append((t(["nan", 1.0], dtype), t(["nan", 1.0], dtype), {"equal_nan": True}))
for dtype in [*INTS, "bool"]:
    ROWS.append((t([1, 0, 1], dtype), t([1, 0, 1], dtype), {}))
    ROWS.append((t([1, 0, 1], dtype), t([1, 1, 0], dtype), {}))
    ROWS.append((t(1, dtype), t(0, dtype), {}))
for dtype in ["float8_e4m3fn", "float8_e5m2"]:
    ROWS.append((t([[1.0, 2.0], [3.0, 4.0]], dtype), t([[1.0, 2.0], [3.0, 4.0]], dtype), {}))
    ROWS.append((t([[1.0, 2.0], [3.0, 4.0]], dtype), t([[1.0, 2.0], [3.5, 4.0]], dtype), {}))
    ROWS.append((t([1.0], dtype), t([2.0], dtype), {"rtol": 0.5, "atol": 0.5}))
ROWS += [
    # tolerances that are given
    (t(A), t(B), {"rtol": 0, "atol": 0.6}), (t(A), t(B), {"rtol": 0.0, "atol": 20.0}), (t(A), t(B), {"rtol": 0.5, "atol": 0.25}),
    (t(A), t(B), {"rtol": 0, "atol": 0}), (t(A), t(B), {"rtol": 1e-3}), (t(A), t(B), {"atol": 1e-3}), ([1.0], [1.0], {"rtol": 1e-3}),
    # infinities
    (t(["inf", 1.0]), t(["inf", 1.0]), {}), (t(["inf", 1.0]), t(["-inf", 1.0]), {}), (t([1.0, 2.0]), t(["inf", 2.0]), {}),
    (t(["nan", 1.0]), t([1.0, 1.0]), {"equal_nan": True}), (t([1.0, 2.0]), t([0.0, 2.0]), {}), (t([-0.0]), t([0.0]), {"rtol": 0, "atol": 0}),
    # no dimensions
    (t(1.0), t(2.0), {}), (t(0.5), t(0.0), {}), (t("nan"), t("nan"), {}), (t("nan"), t("nan"), {"equal_nan": True}), (t("inf"), t(1.0), {}),
    (t(3, "int64"), t(2, "int64"), {}), (t(True, "bool"), t(False, "bool"), {}), (t(1.0, "float16"), t(1.5, "float16"), {}),
    (t(i(2**53 + 1), "int64"), t(i(2**53 + 3), "int64"), {}), (t({"complex": [1.0, 2.0]}, "complex64"), t({"complex": [1.0, -2.0]}, "complex64"), {}),
    (t(1.0), t(1.0 + 3e-6), {}), (t(1e-9), t(1e-10), {"rtol": 0, "atol": 0}),
    # three dimensions, and many elements
    (t([[[1.0, 2.0]], [[3.0, 4.0]]]), t([[[1.0, 2.0]], [[3.0, 5.0]]]), {}), (t([0.0] * 300), t([0.0] * 299 + [1.0]), {}), (t([1.0] * 8), t([2.0] + [1.0] * 7), {}),
    (t([1.0] * 1600), t([2.0] + [1.0] * 1599), {}),
    # attributes
    (t(A), t(A[0]), {}), (t(A), t(1.0), {}), (t([1.0]), t([1.0], "float64"), {}), (t([1.0]), t([1.0], "float64"), {"check_dtype": False}),
    (t([1], "int64"), t([1.5]), {"check_dtype": False}), (t([1], "uint16"), t([1], "int32"), {"check_dtype": False}), (t([1], "uint64"), t([2], "uint32"), {"check_dtype": False}),
    (t([1.0], "float16"), t([1.002], "bfloat16"), {"check_dtype": False}), (t([1.0]), t([1.0], "float32", ["to", "meta"]), {}),
    (t([1.0]), t([2.0], "float32", ["to", "meta"]), {"check_device": False}), (t([1.0], "float32", ["to", "meta"]), t([2.0], "float32", ["to", "meta"]), {}),
    (t(A), t(A, "float32", ["t"], ["contiguous"], ["t"]), {}), (t(A), t(A, "float32", ["t"], ["contiguous"], ["t"]), {"check_stride": True}), (t([1.0, 2.0]), t([1.0, 1.0, 2.0, 2.0], "float32", ["view", [2, 2]], ["select", 1, 0]), {"check_stride": True}),
    (t(SPARSE), t(SPARSE, "float32", ["to_sparse"]), {}), (t(SPARSE), t(SPARSE, "float32", ["to_sparse"]), {"check_layout": False}),
    (t(SPARSE, "float32", ["to_sparse"]), t(OTHER_VALUES), {"check_layout": False}), (t(SPARSE, "float32", ["to_sparse"]), t(SPARSE, "float32", ["to_sparse_csr"]), {"check_layout": False}),
    # sparse
    *[(t(SPARSE, "float32", [to]), t(other, "float32", [to]), {}) for to in ["to_sparse", "to_sparse_csr", "to_sparse_csc"] for other in [SPARSE, OTHER_VALUES, OTHER_PLACES, A]],
    *[(t(BLOCKS, "float32", [to, [1, 1]]), t(other, "float32", [to, [1, 1]]), {}) for to in ["to_sparse_bsr", "to_sparse_bsc"] for other in [BLOCKS, [[1.0, 0.0], [0.0, 3.0]], [[0.0, 1.0], [2.0, 0.0]]]],
    (t(SPARSE, "float32", ["to_sparse", 1]), t(SPARSE, "float32", ["to_sparse", 2]), {}),
    # quantized
    ({"quantized": [[1.0, 2.0], 0.1, 2]}, {"quantized": [[1.0, 2.0], 0.1, 2]}, {}), ({"quantized": [[1.0, 2.0], 0.1, 2]}, {"quantized": [[1.0, 2.5], 0.1, 2]}, {}),
    ({"quantized": [1.0, 0.1, 2]}, {"quantized": [1.5, 0.1, 2]}, {}), ({"quantized": [[1.0], 0.1, 2]}, t([1.0]), {}),
    # numbers
    (1.0, 1.0, {}), (1.0, 1.00001, {}), (1.0, 2.0, {}), (1e-9, 1e-10, {"rtol": 0, "atol": 0}), (1.0, 0.0, {}), (NAN, NAN, {}), (NAN, NAN, {"equal_nan": True}), (INF, INF, {}), (INF, 1.0, {}),
    (1.5e20, 1.6e20, {}), (i(1), i(1), {}), (i(1), i(2), {}), (i(10**20), i(10**20 + 1), {}), (i(3), i(-4), {"rtol": 0.5, "atol": 1.5}), (i(1), 1.0, {}), (i(1), 1.0, {"check_dtype": False}), (1.5, i(1), {"check_dtype": False}),
    ({"complex": [1.0, 2.0]}, {"complex": [1.0, 2.0]}, {}), ({"complex": [1.0, 2.0]}, {"complex": [1.5, -2.0]}, {}), ({"complex": [1.0, 2.0]}, 1.0, {}), ({"complex": [0.0, 2.0]}, {"complex": [0.0, 0.0]}, {}),
    # other values
    (None, None, {}), (None, 1.0, {}), (t([1.0]), None, {}), (True, True, {}), (True, False, {}), ("a", "a", {}), ("a", 1.0, {}), (1.0, t(1.0), {}), (t([1.0]), [1.0], {}), (d(a=1.0), [1.0], {}),
    # parameters
    ({"parameter": t([1.0])}, t([1.0]), {}), (t([1.0]), {"parameter": t([2.0])}, {}), ({"parameter": t([1.0])}, t([1.0]), {"allow_subclasses": False}),
    # lists and dicts
    ([t([1.0]), 2.0], [t([1.0]), 2.0], {}), ([t([1.0]), 2.0], [t([1.0]), 3.0], {}), ([t([1.0])], [t([2.0])], {}), ([1.0, 2.0], [1.0], {}), ([[1.0], [2.0, 3.0]], [[9.0], [2.0]], {}), ([], [], {}),
    (d(a=1.0, b=t([1.0])), d(b=t([1.0]), a=1.0), {}), (d(a=1.0, b=t([1.0])), d(b=t([2.0]), a=1.0), {}), (d(a=1.0), d(b=1.0), {}), (d(a=1.0, d=1.0, c=1.0), d(a=1.0, b=1.0), {}), (d(b=1.0, a=2.0), d(b=2.0, a=1.0), {}),
    (d(x=[1.0, d(y=t([1.0, 2.0]))]), d(x=[1.0, d(y=t([1.0, 3.0]))]), {}), ([d(k=[1.0])], [d(k=[1.0, 2.0])], {}), ([None], [1.0], {}), ([["a"]], [["a"]], {}), ([[1.0]], [[1.0]], {"atol": 0.5}),
    # messages
    (t([1.0]), t([2.0]), {"msg": "mine"}), ([1.0], [2.0], {"msg": "mine"}), (t([1.0]), t([2.0]), {"msg": {"around": "<{}>"}}), ([[1.0]], [[2.0]], {"msg": {"around": "Header\n\n{}\n\nFooter"}}), ([1.0], [], {"msg": "mine"}),
]


def decode_options(options):
    given = dict(options)
    if isinstance(given.get("msg"), dict):
        around = given["msg"]["around"]
        given["msg"] = lambda message: around.replace("{}", message)
    return given


def outcome(actual, expected, options):
    try:
        torch.testing.assert_close(decode(actual), decode(expected), **decode_options(options))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


rows = [{"actual": a, "expected": e, "options": o, "outcome": outcome(a, e, o)} for a, e, o in ROWS]
lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
Path(__file__).with_suffix(".json").write_text(f'{{"torch": "{torch.__version__}", "rows": [\n{lines}\n]}}\n')
