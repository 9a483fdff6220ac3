"""Hostile bundles that no edit of a text describes: links, pipes, measurements, names, weights.

Each is built from the frozen bundle in code, beside the table of `broken_bundles`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from support.broken_bundles import FROZEN
from support.damage import seal_folder

__all__ = ["HOSTILE", "UNSEEN", "build"]

UNSEEN = "\x1b[2J\x1b]0;owned\x07\u202egnp.\x9b31m[/bold][red]"
"""What would clear a terminal, name its window, turn the reading direction, and end markup."""

_OUTSIDE = (
    "'model/{}' is a link to a place outside of the folder. Copy the folder together with what its "
    "links point to."
)


def build(name: str, folder: Path) -> Path:
    """Return a copy of the frozen bundle made hostile, in `folder`/model."""
    copy = Path(shutil.copytree(FROZEN, folder / "model"))
    HOSTILE[name][0](copy)
    return copy


def _edit(folder: Path, file: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / file
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")
    seal_folder(folder)


def _link(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        target = folder.parent / "private"
        (folder / name).replace(target)
        (folder / name).symlink_to(target)

    return make


def _linked_folder(folder: Path) -> None:
    (folder / "samples").replace(folder.parent / "private")
    (folder / "samples").symlink_to(folder.parent / "private")


def _linked_inside(folder: Path) -> None:
    (folder / "samples" / "01.png").replace(folder / "real.png")
    (folder / "samples" / "01.png").symlink_to(folder / "real.png")


def _pipe(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return make


def _folder_instead(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return make


def _endless(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            file.truncate(1 << 40)

    return make


def _weights(value: float) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        path = folder / "group1-shard1of1.bin"
        np.full(path.stat().st_size // 4, value, "<f4").tofile(path)
        seal_folder(folder)

    return make


def _measured(folder: Path, **changes: Any) -> None:
    witness = {
        "name": "chromium/cpu",
        "engine": "chromium",
        "engineVersion": "1",
        "backend": "cpu",
        "tfjsVersion": "4.22.0",
        "pictures": 6,
        "differingPixels": 0,
        "maxAbsoluteDifference": 0.0,
        "tolerance": 1e-5,
        "top1Agreement": 1.0,
        "worstPicture": None,
        "passed": True,
    }
    files = json.loads((folder / "metadata.json").read_text("utf-8"))["files"]
    model = next(entry["sha256"] for entry in files if entry["path"] == "model.json")
    parity = {
        "reference": "Keras",
        "modelSha256": model,
        "pictures": "6 samples",
        "skipped": [],
        "witnesses": [{**witness, **changes}],
        "passed": True,
    }
    (folder / "parity.json").write_text(json.dumps(parity), "utf-8")


def _parity(text: str | bytes) -> Callable[[Path], None]:
    content = text.encode() if isinstance(text, str) else text
    return lambda folder: (folder / "parity.json").write_bytes(content) and None


def _many_classes(folder: Path) -> None:
    def change(metadata: dict[str, Any]) -> None:
        metadata["classNames"] = [f"class {number}" for number in range(100_000)]

    _edit(folder, "metadata.json", change)


def _strange_names(folder: Path) -> None:
    def change(metadata: dict[str, Any]) -> None:
        metadata["name"] = f"name {UNSEEN}"
        metadata["classNames"] = [f"{number} {UNSEEN}" for number in range(3)]

    _edit(folder, "metadata.json", change)


def _strange_layer(folder: Path) -> None:
    def change(model: dict[str, Any]) -> None:
        layer = model["modelTopology"]["model_config"]["config"]["layers"][7]
        layer["class_name"] = UNSEEN

    _edit(folder, "model.json", change)


def _without_samples(folder: Path) -> None:
    def change(metadata: dict[str, Any]) -> None:
        metadata["files"] = [
            entry for entry in metadata["files"] if not entry["path"].startswith("samples/")
        ]

    _edit(folder, "metadata.json", change)


def _interface(value: Any) -> Callable[[Path], None]:
    return lambda folder: _edit(
        folder, "model.json", lambda model: model.update(userDefinedMetadata=value)
    )


def _unlisted(folder: Path) -> None:
    (folder / "private.txt").write_text("mine")
    (folder / "parity.html").write_text("<script>alert(1)</script>")
    (folder / "away").symlink_to("/etc")


_NOT_READ = "'model/parity.json' is not JSON ({}). Export the bundle again."
_NO_NUMBERS = (
    "The model's answer holds values that are not finite numbers. Expected probabilities. Export "
    "the bundle again."
)

HOSTILE: dict[str, tuple[Callable[[Path], object], str | None]] = {
    "linked metadata": (_link("metadata.json"), _OUTSIDE.format("metadata.json")),
    "linked model": (_link("model.json"), _OUTSIDE.format("model.json")),
    "linked weights": (
        _link("group1-shard1of1.bin"),
        _OUTSIDE.format("group1-shard1of1.bin"),
    ),
    "linked script": (_link("model.js"), _OUTSIDE.format("model.js")),
    "linked folder": (_linked_folder, _OUTSIDE.format("samples/01.png")),
    "linked inside": (_linked_inside, None),
    "pipe for metadata": (
        _pipe("metadata.json"),
        "'model/metadata.json' is no file. Expected a folder written by kerasport.",
    ),
    "pipe for weights": (
        _pipe("group1-shard1of1.bin"),
        "The bundle 'model' misses its file 'group1-shard1of1.bin'. Copy the folder again, whole, "
        "or export it again.",
    ),
    "pipe for the script": (
        _pipe("model.js"),
        "'model/model.js' is no file. Expected a folder written by kerasport.",
    ),
    "folder for metadata": (
        _folder_instead("metadata.json"),
        "'model/metadata.json' is no file. Expected a folder written by kerasport.",
    ),
    "endless metadata": (
        _endless("metadata.json"),
        "'model/metadata.json' is not JSON (it is longer than 16 MiB). Export the bundle again.",
    ),
    "endless weights": (
        _endless("group1-shard1of1.bin"),
        "The file 'group1-shard1of1.bin' in 'model' has 1,099,511,627,776 bytes; expected 1,308. "
        "Copy the folder again, whole.",
    ),
    "endless script": (
        _endless("model.js"),
        "'model/model.js' is not what the files of its folder make: it may hold code of somebody "
        "else, or is from another export. Do not put it into a page. Export the bundle again.",
    ),
    "weights that are no numbers": (_weights(np.nan), _NO_NUMBERS),
    "weights without end": (_weights(np.inf), _NO_NUMBERS),
    "weights near the end": (_weights(3e38), _NO_NUMBERS),
    "100,000 class names": (
        _many_classes,
        "The model gives 3 probabilities for 100000 class names. Expected one for each. Export the "
        "bundle again.",
    ),
    "names that steer a terminal": (_strange_names, None),
    "layer that steers a terminal": (
        _strange_layer,
        f"The Python runtime does not know the layer 'flatten' of class {UNSEEN}. Use the Keras "
        "model itself, or a browser.",
    ),
    "no samples": (_without_samples, None),
    "user's metadata a list": (_interface([]), None),
    "user's metadata a text": (_interface("kerasport"), None),
    "own metadata a list": (
        _interface({"kerasport": []}),
        "'model/model.json: userDefinedMetadata' is not a valid Interface document: document: "
        "Input should be an object. Export the bundle again.",
    ),
    "unlisted files": (_unlisted, None),
    "measurement with markup": (lambda folder: _measured(folder, name=UNSEEN), None),
    "measurement of text": (
        lambda folder: _measured(folder, maxAbsoluteDifference="0"),
        "'model/parity.json' is not a valid Parity document: "
        "witnesses.0.maxAbsoluteDifference: Input should be a valid number. Export the bundle "
        "again.",
    ),
    "measurement nested too deep": (
        _parity("[" * 100_000),
        _NOT_READ.format("it is nested more than 200 deep"),
    ),
    "measurement not UTF-8": (_parity(b'"\xff"'), _NOT_READ.format("it is not UTF-8")),
    "measurement without end": (
        _parity('{"passed": 1e999}'),
        _NOT_READ.format("it has the number 1e999, which is too large"),
    ),
    "measurement that is none": (
        _parity('{"passed": NaN}'),
        _NOT_READ.format("it has NaN, which is no number in JSON"),
    ),
    "linked measurement": (
        lambda folder: (folder / "parity.json").symlink_to("/etc/hostname"),
        _OUTSIDE.format("parity.json"),
    ),
    "pipe for the measurement": (
        lambda folder: os.mkfifo(folder / "parity.json"),
        "'model/parity.json' is no file. Expected a folder written by kerasport.",
    ),
}
"""Name -> how it is built, and the exact message; None where it is a harmless oddity. What is wrong
with `parity.json` is said where it is read, what is wrong with an answer where there is one."""
