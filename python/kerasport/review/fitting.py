"""A model for each fold, and what it says about the pictures that it has not seen."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import DecodedDataset, Pixels, Split
from kerasport.errors import DataError
from kerasport.files import write_bytes
from kerasport.models import KerasModel
from kerasport.progress import Progress, Task
from kerasport.recipes import SettledRecipe
from kerasport.review.answering import Said, ask_model
from kerasport.review.distances import class_distances
from kerasport.review.folds import Fold
from kerasport.runs.names import FEATURES_FOLDER
from kerasport.training.calibration import calibrate
from kerasport.training.fitting.features import features_of
from kerasport.training.model import fitted_model

__all__ = ["Answered", "answer_folds", "answered_by"]


@dataclass(frozen=True)
class Answered:
    """What models said about pictures that they were not trained with.

    Attributes:
        places: which of the reviewed pictures these are, int64 `[n]`.
        probabilities: float32 `[n, classes]`.
        distances: to each class, see `class_distances`, float32 `[n, classes]`.
        model: number of the model that answered each, int64 `[n]`.
    """

    places: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    distances: NDArray[np.float32]
    model: NDArray[np.int64]

    @classmethod
    def together(cls, parts: Sequence[Answered]) -> Answered:
        """Return the answers of several models, in the order of the pictures."""
        order = np.argsort(np.concatenate([part.places for part in parts]))
        columns = {
            name: np.concatenate([getattr(part, name) for part in parts])[order]
            for name in cls.__dataclass_fields__
        }
        return cls(**columns)

    def to_bytes(self) -> bytes:
        """Return the content of a file that `from_bytes` reads."""
        stream = io.BytesIO()
        np.savez(stream, **{name: getattr(self, name) for name in self.__dataclass_fields__})
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Answered:
        """Return what `to_bytes` was called on."""
        with np.load(io.BytesIO(content)) as stored:
            return cls(**{name: stored[name] for name in cls.__dataclass_fields__})


def answer_folds(
    folds: Sequence[Fold],
    whole: DecodedDataset,
    recipe: SettledRecipe,
    work: Path,
    *,
    progress: Progress,
) -> Answered:
    """Train a model without each fold and return what it says about the fold.

    Args:
        folds: see `deal`.
        whole: all pictures, as they were dealt.
        recipe: how to train.
        work: folder that keeps what is done: the answers of whole folds, and within one the state
            after each epoch. What is there already is gone on from.
        progress: told what is done.

    Raises:
        ModelError: a training diverged.
        DataError: what was kept is damaged.
    """
    parts = []
    for fold in folds:
        kept = work / f"fold-{fold.number}.npz"
        title = f"Fold {fold.number} of {len(folds)}"
        if kept.is_file():
            parts.append(_kept(kept))
            progress.say(f"{title}: answered already.")
            continue
        learned, checked, asked = (len(fold.places(s)) for s in ("train", "validation", "test"))
        progress.say(
            f"{title}: {learned:,} pictures to learn from, {checked:,} to choose the epoch, "
            f"{asked:,} to answer."
        )
        part = _answer(fold, whole, recipe, work, progress=progress)
        write_bytes(kept, part.to_bytes())
        parts.append(part)
    return Answered.together(parts)


def answered_by(
    model: KerasModel, known: DecodedDataset, asked: DecodedDataset, *, progress: Progress
) -> Answered:
    """Return what a trained model says about pictures.

    Args:
        model: it.
        known: the pictures that it was trained with, in the split `train`.
        asked: others.
        progress: told what is done.
    """
    (pixels, labels), others = known.split("train"), asked.pixels
    with progress.task("Answering", total=len(labels) + len(others)) as task:
        return _said(
            model, pixels, labels, others, places=np.arange(len(others)), number=0, task=task
        )


def _kept(path: Path) -> Answered:
    try:
        return Answered.from_bytes(path.read_bytes())
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DataError(
            f"'{path}' is damaged ({error!r}), so the review cannot go on. Start it again with "
            "--force."
        ) from None


def _answer(
    fold: Fold, whole: DecodedDataset, recipe: SettledRecipe, work: Path, *, progress: Progress
) -> Answered:
    own = work / f"fold-{fold.number}"
    own.mkdir(parents=True, exist_ok=True)
    features = None
    if recipe.transfer is not None and _is_frozen(recipe):
        features = _deal_features(fold, whole, recipe, work, own / FEATURES_FOLDER, progress)
    model, _ = fitted_model(recipe, fold.decoded, own, before=lambda model: None, progress=progress)
    if features is not None:
        model = models.head_of(model)

    def inputs(split: Split) -> Pixels | NDArray[np.float32]:
        if features is None:
            return fold.decoded.split(split)[0]
        return features[fold.places(split)]

    labels = {split: fold.decoded.split(split)[1] for split in ("train", "validation")}
    if recipe.calibrate:
        # Features are asked like pixels: as float32, in batches.
        calibrate(model, cast("Pixels", inputs("validation")), labels["validation"])
    known, asked = inputs("train"), inputs("test")
    with progress.task("Answering", total=len(known) + len(asked)) as task:
        return _said(
            model,
            known,
            labels["train"],
            asked,
            places=fold.places("test"),
            number=fold.number,
            task=task,
        )


def _said(
    model: KerasModel,
    known: Pixels | NDArray[np.float32],
    labels: NDArray[np.int64],
    asked: Pixels | NDArray[np.float32],
    *,
    places: NDArray[np.int64],
    number: int,
    task: Task,
) -> Answered:
    learned: Said = ask_model(model, known, task)
    said = ask_model(model, asked, task)
    classes = said.probabilities.shape[1]
    distances = class_distances(learned.features, labels, said.features, classes=classes)
    return Answered(places, said.probabilities, distances, np.full(len(places), number, np.int64))


def _is_frozen(recipe: SettledRecipe) -> bool:
    transfer = recipe.transfer
    return transfer is not None and not transfer.unfrozen_layers and not transfer.fine_tune_epochs


def _deal_features(
    fold: Fold,
    whole: DecodedDataset,
    recipe: SettledRecipe,
    work: Path,
    own: Path,
    progress: Progress,
) -> NDArray[np.float32]:
    """Write the features that the fold's training looks for, and return those of all pictures.

    A frozen backbone sees each picture once, whatever the number of folds.
    """
    assert recipe.transfer is not None
    views = recipe.transfer.augmented_views
    everything = replace(
        whole,
        dataset=replace(
            whole.dataset,
            examples=tuple(replace(each, split="train") for each in whole.dataset.examples),
        ),
    )
    folder = work / FEATURES_FOLDER
    # Building reads the backbone's weights; where all features are there it costs a second.
    model = models.build_transfer(
        recipe.transfer,
        input_shape=whole.pixels.shape[1:],
        num_classes=len(whole.dataset.class_names),
        augmentation=recipe.augmentation,
        seed=recipe.seed,
    )
    train, _ = features_of(
        model, everything, recipe, changes=views, folder=folder, progress=progress
    )
    for view, rows in enumerate(train):
        name = "train.npy" if view == 0 else f"train-{view}.npy"
        write_bytes(own / name, _as_npy(np.asarray(rows)[fold.places("train")]))
    plain: NDArray[np.float32] = np.asarray(train[0])
    write_bytes(own / "validation.npy", _as_npy(plain[fold.places("validation")]))
    return plain


def _as_npy(array: NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()
