"""Features of a frozen backbone, computed once and kept in files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import write_array_header_1_0
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import DecodedDataset, Split
from kerasport.files import named_in_errors
from kerasport.models import Augmentation, KerasModel
from kerasport.models.loading import PREDICTION_BATCH
from kerasport.progress import Progress, Task
from kerasport.recipes import SettledRecipe
from kerasport.training.processes import answers_in_step, current

__all__ = ["Features", "features_of"]

Features = NDArray[np.float32]


def features_of(
    model: KerasModel,
    decoded: DecodedDataset,
    recipe: SettledRecipe,
    *,
    changes: int,
    folder: Path,
    progress: Progress,
) -> tuple[Sequence[Features], Features]:
    """Return the features of the training pictures, plain and changed, and of validation's.

    Both float32 `[n, features]`, mapped from files in `folder`; files that are there are used
    as they are. The first of the list is of the pictures themselves, the others of
    so many random changes of them.
    """
    count = len(decoded.split("train")[0]) * (1 + changes) + len(decoded.split("validation")[0])
    with progress.task("Computing features", total=count) as task:
        plain = models.feature_extractor(model, augmentation=Augmentation(), seed=0)
        validation = _kept(plain, decoded, "validation", folder / "validation.npy", task)
        train = [_kept(plain, decoded, "train", folder / "train.npy", task)]
        for view in range(1, changes + 1):
            # A seed of its own for each view, apart from those of the layers of the model.
            changed = models.feature_extractor(
                model, augmentation=recipe.augmentation, seed=recipe.seed + 1000 * view
            )
            train.append(_kept(changed, decoded, "train", folder / f"train-{view}.npy", task))
    return train, validation


def _kept(
    extractor: KerasModel, decoded: DecodedDataset, split: Split, path: Path, task: Task
) -> Features:
    pixels = decoded.split(split)[0]
    world = current()
    if not world.share(f"has {path.name}", b"yes" if path.exists() else b""):
        fresh = path.with_name(f"new-{path.name}")
        shape = (len(pixels), int(extractor.output_shape[-1]))
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written, not mapped: a full disk ends a process that writes into a mapped file.
        with named_in_errors(fresh), fresh.open("wb") as stream:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            write_array_header_1_0(stream, header)  # type: ignore[no-untyped-call]  # by numpy
            ask = answers_in_step(extractor)
            for start in range(0, len(pixels), PREDICTION_BATCH):
                batch = pixels[start : start + PREDICTION_BATCH].astype(np.float32)
                rows = ask(batch)
                stream.write(rows.astype("<f4").tobytes())
                task.advance(len(batch))
        fresh.replace(path)
    else:
        if world.count > 1:
            content = world.share(path.name, path.read_bytes() if world.leads else b"")
            return np.asarray(np.load(io.BytesIO(content)), np.float32)
        task.advance(len(pixels))
    # Features are small beside their pictures, and are read once per epoch in a random order.
    features: Features = np.load(path)
    return features
