"""Writes ONNX files of the programs that exportTrained left in a folder: docs/export.md shows how.

    PYTHONPATH=... python test/parity/onnx_export.py DIR

Run by test/parity/run.js, which has onnx and onnxscript installed, before onnx_run.ts.
"""
import pathlib
import sys
import warnings

import torch

warnings.simplefilter("ignore")
folder = pathlib.Path(sys.argv[1])
for file in sorted(folder.glob("*.trained.pt")):
    name = file.name.removesuffix(".trained.pt")
    program = torch.export.load(folder / f"{name}.pt2")
    torch.onnx.export(program, dynamo=True, verbose=False).save(folder / f"{name}.onnx")
