"""How far pictures are from those of a training: measured with the features of its model.

Class means and one shared covariance, as Lee et al., "A Simple Unified Framework for Detecting
Out-of-Distribution Samples and Adversarial Attacks", 2018. The covariance is kept as probabilistic
principal components (Tipping and Bishop, 1999): the directions of the largest variance each with
its own, all others with one and the same. Features are taken in unit length, without which the
strangers of docs/novelty.md are found far less often.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import NoveltyScale
from kerasport.bundle.limits import MAX_AXES
from kerasport.bundle.metadata import Novelty
from kerasport.bundle.novelty import in_unit_length
from kerasport.dataset import DecodedDataset, part_of

__all__ = ["NoveltyOutcome", "fit_scale", "made_strangers", "measure_novelty"]

_PER_CLASS, _IN_ALL = 1_000, 20_000
"""Training pictures that are looked at, at most."""

_FEWEST_TRAINED, _FEWEST_VALIDATED = 50, 30
_MOST_HELD = 1 << 26
"""Features of all of them together: 256 MiB."""

_MOST_FEATURES = 4_096
"""Their covariance is a matrix of the square of that."""

_MOST_VALUES = 24_000
"""Of directions: 96 kB of a bundle."""

_MOST_MADE = 100
"""Validation pictures that strangers are made of."""

_PIECES = 8
_TOO_MANY = 0.5
"""Share of made strangers that may pass for familiar: of real ones more do."""

_ACCEPTED = 0.95
_QUANTILES = 101


@dataclass(frozen=True)
class NoveltyOutcome:
    """What came of it: a scale, or none; `note` is a sentence for people."""

    scale: NoveltyScale | None
    note: str


def measure_novelty(model: models.KerasModel, decoded: DecodedDataset) -> NoveltyOutcome:
    """Return what tells how far a picture is from those that a model was trained on.

    The features are those of the training pictures as they are, at most 1,000 of a class and 20,000
    in all, evenly taken. The unit is set on the validation pictures, which it has not learnt from.

    Args:
        model: trained; it is left as it is.
        decoded: the pictures that it was trained and validated on.
    """
    if decoded.dataset.kind == "labels":
        return _none("each has any number of labels, and no class that it could be far from")
    pixels, truth = decoded.split("train")
    validation = decoded.split("validation")[0]
    if len(validation) < _FEWEST_VALIDATED or len(truth) < _FEWEST_TRAINED:
        return _none(
            f"{len(truth):,} training and {len(validation):,} validation pictures are too few"
        )
    watched = models.watch_features(model)
    if isinstance(watched, str):
        return _none(watched)
    if watched.features > _MOST_FEATURES:
        return _none(
            f"its last layer takes {watched.features:,} values, more than {_MOST_FEATURES:,}"
        )
    rows = _chosen(truth, min(_IN_ALL, _MOST_HELD // watched.features))
    features = watched.answers(part_of(pixels, rows))[1]
    held_back = watched.answers(validation)[1]
    if not np.isfinite(features).all() or not np.isfinite(held_back).all():
        return _none("its features are not finite numbers")
    scale = fit_scale(features, truth[rows], held_back, layer=watched.layer)
    if scale is None:
        return _none("its features are the same for all pictures")
    note = (
        f"Strange pictures are told by {scale.novelty.axes} of {watched.features:,} directions of "
        f"the features before '{watched.layer}'; {_ACCEPTED:.0%} of the validation pictures are "
        "familiar."
    )
    # From all classes: pictures lie in the order of their folders.
    spread = np.linspace(0, len(validation) - 1, min(len(validation), _MOST_MADE)).astype(np.int64)
    strangers = made_strangers(np.asarray(part_of(validation, spread)))
    novelties = scale.novelties(watched.answers(strangers)[1])
    return NoveltyOutcome(scale, f"{note} {_doubt(float(scale.are_familiar(novelties).mean()))}")


def made_strangers(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures that show nothing, three for each: noise, one color, and its pieces mixed.

    They are the same for the same pictures. Real strangers differ from them, but what tells not
    even these from its own tells nothing.

    Args:
        pixels: uint8 `[n, height, width, channels]`.
    """
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, pixels.shape, dtype=np.uint8)
    shape = (len(pixels), 1, 1, pixels.shape[3])
    plain = np.broadcast_to(random.integers(0, 256, shape, dtype=np.uint8), pixels.shape)
    return np.concatenate([noise, plain, _mixed(pixels, random)])


def _mixed(pixels: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Return each picture cut into up to 8 by 8 pieces that lie elsewhere; edges stay."""
    mixed = pixels.copy()
    count, height, width = pixels.shape[:3]
    rows, columns = max(1, height // _PIECES), max(1, width // _PIECES)
    places = [
        (slice(y, y + rows), slice(x, x + columns))
        for y in range(0, height - rows + 1, rows)
        for x in range(0, width - columns + 1, columns)
    ]
    for at in range(count):
        for place, source in zip(places, random.permutation(len(places)), strict=True):
            mixed[at][place] = pixels[at][places[source]]
    return mixed


def _doubt(accepted: float) -> str:
    """Return what the share of made strangers that pass for familiar says, in a sentence."""
    told = f"Of noise, plain colors and mixed-up pictures {accepted:.0%} pass for familiar"
    if accepted <= _TOO_MANY:
        return f"{told}."
    return (
        f"{told}, so that this model hardly tells strange pictures: do not rely on it. A backbone "
        "that knows more than these classes, as in the recipe transfer, tells them better."
    )


def _none(reason: str) -> NoveltyOutcome:
    return NoveltyOutcome(None, f"Strange pictures are not told from others: {reason}.")


def fit_scale(
    features: NDArray[np.float32],
    truth: NDArray[np.int64],
    held_back: NDArray[np.float32],
    *,
    layer: str,
) -> NoveltyScale | None:
    """Return the scale that fits features; None where there is nothing in them.

    Args:
        features: of training pictures, float32 `[n, features]`.
        truth: their classes, int64 `[n]`.
        held_back: features of validation pictures, float32 `[m, features]`.
        layer: the dense layer that takes them.
    """
    values = in_unit_length(features)
    count, size = values.shape
    origin = values.mean(axis=0).astype(np.float32)
    around = values - origin
    labels, places = np.unique(truth, return_inverse=True)
    means = np.stack([around[places == number].mean(axis=0) for number in range(len(labels))])
    variances, vectors = np.linalg.eigh(around.T @ around / count)
    # Ascending; what is next to nothing beside the largest is rounding.
    real = int((variances > variances[-1] * 1e-9).sum()) if variances[-1] > 0 else 0
    axes = min(real, count - 1, MAX_AXES, max(1, _MOST_VALUES // size))
    if axes < 1:
        return None
    span = vectors[:, ::-1][:, :axes]
    within = (around - means[places]) @ span
    inner, turned = np.linalg.eigh(within.T @ within / count)
    directions = (span @ turned).T.astype(np.float32)
    rest = float(variances[: size - axes].mean()) if size > axes else 0.0
    # A direction in which the training pictures hardly differ must not outweigh all others.
    least = max(rest, float(inner.mean()) * 1e-3)
    scale = NoveltyScale(
        Novelty(
            layer=layer,
            features=size,
            axes=axes,
            centers=len(labels),
            pictures=len(held_back),
            quantiles=[0.0, 1.0],
            threshold=_ACCEPTED,
        ),
        origin,
        directions,
        (1 / np.maximum(inner, least)).astype(np.float32),
        np.float32(1 / max(rest, least) if size > axes else 0.0),
        (means @ directions.astype(np.float64).T).astype(np.float32),
    )
    distances = scale.distances(held_back)
    if not np.isfinite(distances).all():
        return None
    quantiles = np.quantile(distances, np.linspace(0, 1, _QUANTILES)).tolist()
    novelty = scale.novelty.model_copy(update={"quantiles": quantiles})
    return NoveltyScale(
        novelty, scale.origin, scale.directions, scale.precisions, scale.rest, scale.centers
    )


def _chosen(truth: NDArray[np.int64], in_all: int) -> NDArray[np.int64]:
    """Return which training pictures are looked at, ascending: about so many at most."""
    labels = np.unique(truth)
    most = max(2, min(_PER_CLASS, in_all // len(labels)))
    rows = [np.flatnonzero(truth == label) for label in labels]
    evenly = [
        own[np.linspace(0, len(own) - 1, min(len(own), most)).round().astype(np.int64)]
        for own in rows
    ]
    return np.sort(np.concatenate(evenly))
