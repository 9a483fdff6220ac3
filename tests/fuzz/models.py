"""Read the damaged models that the client's fuzz test wrote down: `make fuzz-models`.

Whatever the client refused is refused here in the same sentence, and what it computed on the plain
binary has the same bits.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.field import Field
from kerasport.bundle.file_names import METADATA_FILE, MODEL_FILE
from kerasport.bundle.manifest import read_manifest
from kerasport.bundle.plan import plan_model
from kerasport.bundle.topology import read_topology
from kerasport.bundle.winograd import check_tiles
from kerasport.engine import Engine
from kerasport.errors import BundleError
from kerasport.json_text import load_json

__all__ = ["difference"]


def numbers(count: int, seed: int) -> NDArray[np.float32]:
    """Return numbers from -1 to 1 that look random, those of the client's tests."""
    state = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
    mixed = (state ^ (state >> 15)) * (state | 1)
    mixed ^= mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)
    return ((mixed ^ (mixed >> 14)) / 2**31 - 1).astype(np.float32)


def weight(name: str, shape: tuple[int, ...], index: int) -> NDArray[np.float32]:
    """Return the values of a weight, those of the client's fuzz test."""
    values = numbers(int(np.prod(shape)), index)
    if name.endswith("/moving_variance"):
        return (np.abs(values) + np.float32(0.5)).reshape(shape)
    scale = 1 / np.sqrt(np.prod(shape[:-1]))
    return (values * np.float64(scale)).astype(np.float32).reshape(shape)


def message_of(found: dict[str, Any]) -> str | None:
    """Return why a model is refused, None where it is not."""
    try:
        root = Field(MODEL_FILE, "", load_json(json.dumps(found["document"])))
        shapes = read_manifest(root.get("weightsManifest"), {"a.bin": found["bytes"]})
        topology = read_topology(root.get("modelTopology"))
        plan_model(topology, shapes, MODEL_FILE)
        check_tiles(Field(METADATA_FILE, "winograd.tiles", found["tiles"]), topology.layers)
    except BundleError as error:
        return str(error)
    return None


def floats(value: Any) -> Any:
    """Return a document whose whole numbers are written as others may write them: 2.0."""
    if isinstance(value, dict):
        return {key: floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [floats(item) for item in value]
    return float(value) if type(value) is int else value


def bits_of(found: dict[str, Any]) -> list[int] | str:
    """Return the bits of a model's answer, or why there is none."""
    document = found["document"]
    entries = document["weightsManifest"][0]["weights"]
    weights = {
        entry["name"]: weight(entry["name"], tuple(entry["shape"]), index)
        for index, entry in enumerate(entries)
    }
    try:
        engine = Engine.of(floats(document["modelTopology"]), weights, found["tiles"])
        shape = engine._shape
        picture = ((numbers(int(np.prod(shape)), 3).astype(np.float64) + 1) * 127).astype(np.uint8)
        answer = engine.predict(picture.reshape(1, *shape))
    except BundleError as error:
        return str(error)
    return answer.view(np.uint32).ravel().tolist()


def difference(found: dict[str, Any]) -> str | None:
    """Return in which way Python differs from what the client found."""
    expected = found.get("message")
    message = message_of(found)
    if expected is not None and "on the engine." not in expected:
        # The two have their own words for what helps.
        ours, theirs = (_problem(text) for text in (message or "nothing", expected))
        return None if ours == theirs else f"{theirs}\n  but here {ours}"
    if message is not None:
        return f"refused here only: {message}"
    if expected is not None or found["answer"] is None:
        return None
    bits = bits_of(found)
    if bits == found["answer"] or "not finite" in bits:
        return None
    return f"other bits: {bits!s:.200}, {found['answer']!s:.200}"


def _problem(message: str) -> str:
    text = message.split(" Export the ")[0].split(" Use the ")[0]
    return "not known here" if "does not know the " in text else text


def main(path: Path) -> None:
    differences: Counter[str] = Counter()
    count = 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            count += 1
            found = difference(json.loads(line))
            if found is not None:
                differences[found] += 1
    for text, times in differences.most_common(40):
        sys.stdout.write(f"{times} x {text}\n")
    sys.stdout.write(f"{count} models, {sum(differences.values())} of them different\n")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
