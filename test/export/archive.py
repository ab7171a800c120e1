"""How the fixtures' programs are stored."""

import io
import json
import re
import zipfile

import torch
from torch._export.serde.serialize import serialize


def records(program):
    """The records of the archive of a program, without paths of this machine."""
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    found = {}
    with zipfile.ZipFile(buffer) as whole:
        for info in whole.infolist():
            if "serialization_id" in info.filename:
                continue
            data = whole.read(info)
            if info.filename.endswith(".json") and "/models/" in info.filename:
                data = re.sub(rb'File \\"[^"]*?/([^/"\\]+)\\"', rb'File \\"\1\\"', data)
            found[info.filename.split("/", 1)[1]] = data
    return found


def write(path, found, folder):
    """Compressed, since a repository keeps it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as small:
        for name, data in found.items():
            small.writestr(zipfile.ZipInfo(folder + name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return path


def packed(folder, name, program):
    return write(folder / f"{name}.pt2", records(program), f"{name}/")


# What schema 8 did not have at first, by a field that says what an object is.
NEWER = {
    "target": {"name", "is_hop_single_tensor_return"},
    "arg": {"kind"},
    "module_call_graph": {"metadata", "treespec_namedtuple_fields"},
    "graph_module": {"guards_code", "torch_version"},
}


def without_newer(value):
    """The JSON as the first minor version of the schema had it."""
    if isinstance(value, list):
        return [without_newer(item) for item in value]
    if not isinstance(value, dict):
        return value
    gone = set().union(*(fields for field, fields in NEWER.items() if field in value))
    return {key: without_newer(item) for key, item in value.items() if key not in gone}


def before_2_8(folder, name, program):
    """The archive that PyTorch 2.5 to 2.7 wrote, with the first minor version of the schema."""
    artifact = serialize(program)
    text = re.sub(rb'File \\"[^"]*?/([^/"\\]+)\\"', rb'File \\"\1\\"', artifact.exported_program)
    graph = without_newer(json.loads(text))
    graph["schema_version"]["minor"] = 1
    found = {
        "serialized_exported_program.json": json.dumps(graph).encode(),
        "serialized_state_dict.pt": artifact.state_dict,
        "serialized_constants.pt": artifact.constants,
        "serialized_example_inputs.pt": artifact.example_inputs,
        "version": b"8.1",
    }
    return write(folder / f"{name}.pt2", found, "")


def _saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def of_2_8(folder, name, program):
    """The archive of 2.8, which had all weights in one file of torch.save."""
    found = {key: data for key, data in records(program).items() if not key.startswith(("data/weights/", "data/constants/"))}
    found["data/weights/model.pt"] = _saved(program.state_dict)
    found["data/constants/model.pt"] = _saved(program.constants)
    return write(folder / f"{name}.pt2", found, f"{name}/")


def pickled(folder, name, program):
    """Each tensor in a file of torch.save, as those of classes of their own are."""
    found = records(program)
    for kind, tensors in {"weights": program.state_dict, "constants": program.constants}.items():
        config = json.loads(found[f"data/{kind}/model_{kind}_config.json"])
        for fqn, payload in config["config"].items():
            payload["use_pickle"] = True
            payload["path_name"] = f"{'weight' if kind == 'weights' else 'tensor'}_{list(tensors).index(fqn)}"
            found[f"data/{kind}/{payload['path_name']}"] = _saved(tensors[fqn])
        found[f"data/{kind}/model_{kind}_config.json"] = json.dumps(config).encode()
    return write(folder / f"{name}.pt2", found, f"{name}/")
