"""The frozen bundle with a scale for strange pictures, made without a training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from kerasport.bundle import NOVELTY_FILE, NoveltyScale
from kerasport.bundle.metadata import Novelty
from support.damage import seal_folder

__all__ = ["bundle_with_novelty"]

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
FEATURES = 24


def bundle_with_novelty(folder: Path, *, threshold: float = 0.5) -> Path:
    """Copy the frozen bundle, and give it distances from the origin along one feature.

    The square of that feature's share of the length is the distance, 0..1, and the novelty.
    """
    shutil.copytree(FROZEN, folder)
    direction = np.zeros((1, FEATURES), np.float32)
    direction[0, 3] = 1
    novelty = Novelty(
        layer="logits",
        features=FEATURES,
        axes=1,
        centers=1,
        pictures=30,
        quantiles=[0.0, 1.0],
        threshold=threshold,
    )
    scale = NoveltyScale(
        novelty,
        origin=np.zeros(FEATURES, np.float32),
        directions=direction,
        precisions=np.ones(1, np.float32),
        rest=np.float32(0),
        centers=np.zeros((1, 1), np.float32),
    )
    (folder / NOVELTY_FILE).write_bytes(scale.to_bytes())
    file = folder / "metadata.json"
    metadata = json.loads(file.read_text("utf-8"))
    metadata["files"].append({"path": NOVELTY_FILE, "bytes": 0, "sha256": ""})
    metadata["novelty"] = novelty.model_dump(by_alias=True)
    file.write_text(json.dumps(metadata), "utf-8")
    seal_folder(folder)
    return folder
