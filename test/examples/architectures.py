"""Makes architectures/: the examples' models with tiny widths, saved by Python, and their logits.

Run by hand with torch of the version that package.json pins, and safetensors, when an example changes:
    npm run fixtures -- test/examples/architectures.py
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
sys.path[:0] = [str(here.parents[1] / "examples"), str(here.parent / "fixtures" / "nn")]
import gpt2  # noqa: E402
import resnet18  # noqa: E402
import tagger  # noqa: E402
from rows import tensor  # noqa: E402

torch.set_num_threads(1)
models = {
    "resnet18": (resnet18.made(18, classes=5, width=2), lambda: resnet18.images(32)),
    "gpt2": (
        gpt2.made(2, vocabulary=17, context=16, layers=2, heads=2, width=8),
        lambda: gpt2.prompt(17, 8),
    ),
}
logits = {}
for name, (model, made) in models.items():
    save_file(model.state_dict(), here / "architectures" / f"{name}.safetensors")
    with torch.no_grad():
        logits[name] = tensor(model(made()))
model, words, tags = tagger.made(5, 3, width=4, hidden=3)
torch.save({"model": model.state_dict(), "words": words, "tags": tags}, here / "architectures" / "tagger.pt")
with torch.no_grad():
    logits["tagger"] = tensor(model(*tagger.encode([line.split() for line in tagger.SENTENCES], words)))
(here / "architectures" / "logits.json").write_text(json.dumps(logits) + "\n")
