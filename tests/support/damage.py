"""Damage to exported bundles that keeps their hashes consistent, as a wrong exporter would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasport.bundle.script import embed, embedded_names

__all__ = ["change_kernel", "change_metadata", "seal_folder", "swap_outputs"]


def seal_folder(folder: Path) -> None:
    """Write the hashes of the files as they are now, and `model.js` anew."""
    metadata = json.loads((folder / "metadata.json").read_text("utf-8"))
    for entry in metadata["files"]:
        content = (folder / entry["path"]).read_bytes()
        entry.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    (folder / "metadata.json").write_text(json.dumps(metadata))
    names = embedded_names(entry["path"] for entry in metadata["files"])
    files = {name: (folder / name).read_bytes() for name in names}
    (folder / "model.js").write_bytes(embed(metadata["name"], metadata["formatVersion"], files))


def change_metadata(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Let `change` edit the metadata in place, and what `model.json` keeps of it."""
    path = folder / "metadata.json"
    metadata = json.loads(path.read_text())
    change(metadata)
    path.write_text(json.dumps(metadata))
    model = json.loads((folder / "model.json").read_text())
    change(model["userDefinedMetadata"]["kerasport"])
    (folder / "model.json").write_text(json.dumps(model))
    seal_folder(folder)


def _weights(folder: Path) -> tuple[Path, np.ndarray[Any, Any], dict[str, tuple[int, list[int]]]]:
    (group,) = json.loads((folder / "model.json").read_text())["weightsManifest"]
    (name,) = group["paths"]
    places, offset = {}, 0
    for entry in group["weights"]:
        places[entry["name"]] = offset, entry["shape"]
        offset += int(np.prod(entry["shape"]))
    return folder / name, np.fromfile(folder / name, "<f4"), places


def change_kernel(folder: Path, by: float) -> str:
    """Add `by` to one value of the first kernel, and return the kernel's name."""
    path, values, places = _weights(folder)
    name = next(name for name in places if name.endswith("kernel"))
    values[places[name][0]] += by
    values.tofile(path)
    seal_folder(folder)
    return name


def swap_outputs(folder: Path, first: int, second: int) -> None:
    """Let two outputs of the last layer change places."""
    path, values, places = _weights(folder)
    outputs = list(places.values())[-1][1][-1]
    for offset, shape in places.values():
        if shape[-1] == outputs and (offset, shape) in list(places.values())[-2:]:
            part = values[offset : offset + int(np.prod(shape))].reshape(-1, outputs)
            part[:, [first, second]] = part[:, [second, first]]
    values.tofile(path)
    seal_folder(folder)
