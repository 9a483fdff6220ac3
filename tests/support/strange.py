"""The frozen bundle with a scale for strange pictures, made without a training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from support.damage import seal_folder

__all__ = ["bundle_with_novelty"]

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
FEATURES = 24


def bundle_with_novelty(folder: Path, *, threshold: float = 0.5) -> Path:
    """Copy the frozen bundle, and give it distances from the origin along one feature.

    The square of that feature's share of the length is the distance, 0..1, and the novelty.
    """
    shutil.copytree(FROZEN, folder)
    direction = np.zeros(FEATURES)
    direction[3] = 1
    values = [np.zeros(FEATURES), direction, [1.0], [0.0], [0.0]]
    content = np.concatenate([np.ravel(each) for each in values]).astype("<f4")
    (folder / "novelty.bin").write_bytes(content.tobytes())
    file = folder / "metadata.json"
    metadata = json.loads(file.read_text("utf-8"))
    metadata["files"].append({"path": "novelty.bin", "bytes": 0, "sha256": ""})
    metadata["novelty"] = {
        "layer": "logits",
        "features": FEATURES,
        "axes": 1,
        "centers": 1,
        "pictures": 30,
        "quantiles": [0.0, 1.0],
        "threshold": threshold,
    }
    file.write_text(json.dumps(metadata), "utf-8")
    seal_folder(folder)
    return folder
