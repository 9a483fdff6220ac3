"""How far a picture's features are from those of the training: the content of `novelty.bin`.

The twin of the client's `model/novelty.ts`: the same files are refused in the same words, and equal
features give equal bits. All is computed in float64 from float32 values, each sum one value after
the other from the first to the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.field import Field, quote
from kerasport.bundle.file_names import NOVELTY_FILE
from kerasport.bundle.limits import MAX_NOVELTY_VALUES
from kerasport.bundle.metadata import Novelty
from kerasport.errors import BundleError

if TYPE_CHECKING:
    from kerasport.bundle.topology import LayerEntry

__all__ = ["NoveltyScale", "check_novelty", "in_unit_length", "values_of"]

_BLOCK_VALUES = 1 << 22
"""Products that are held at a time: 32 MiB."""


@dataclass(frozen=True)
class NoveltyScale:
    """What distances are measured with. Without a layer: features come from anywhere.

    Attributes:
        novelty: sizes, and the distances of the validation pictures.
        origin: mean of the training pictures' features in unit length, float32 `[features]`.
        directions: orthonormal rows, float32 `[axes, features]`.
        precisions: what the square of a difference along each counts, float32 `[axes]`.
        rest: what the square of the distance to the span of all of them counts, a float32.
        centers: means of the classes along them, float32 `[centers, axes]`.
    """

    novelty: Novelty
    origin: NDArray[np.float32]
    directions: NDArray[np.float32]
    precisions: NDArray[np.float32]
    rest: np.float32
    centers: NDArray[np.float32]

    @classmethod
    def read(cls, novelty: Novelty, content: bytes, source: str) -> NoveltyScale:
        """Return what the bytes of `novelty.bin` hold.

        Args:
            novelty: says how many values of which kind there are.
            content: little-endian float32: origin, directions, precisions, rest, centers.
            source: the file, for messages.

        Raises:
            BundleError: these are not so many, or no finite numbers, or a factor is below 0.
        """
        count = values_of(novelty)
        if len(content) != 4 * count:
            raise BundleError(
                f"'{source}' has {len(content)} bytes. Expected {4 * count}, as its novelty in "
                "metadata.json says. Export the bundle again."
            )
        values = np.frombuffer(content, "<f4").astype(np.float32)
        features, axes = novelty.features, novelty.axes
        ends = np.cumsum([features, axes * features, axes, 1])
        origin, directions, precisions, rest, centers = np.split(values, ends)
        positive = bool((precisions >= 0).all() and (rest >= 0).all())
        if not np.isfinite(values).all() or not positive:
            raise BundleError(
                f"'{source}' holds values that are not finite numbers, or factors below 0. "
                "Expected what a distance is computed from. Export the bundle again."
            )
        return cls(
            novelty,
            origin,
            directions.reshape(axes, features),
            precisions,
            rest[0],
            centers.reshape(novelty.centers, axes),
        )

    def to_bytes(self) -> bytes:
        """Return the content of `novelty.bin`."""
        parts = (self.origin, self.directions, self.precisions, self.rest, self.centers)
        return b"".join(np.asarray(part, "<f4").tobytes() for part in parts)

    def distances(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the distance of each picture, float64 `[n]`, from float32 `[n, features]`.

        Of the features in unit length it is the square of Mahalanobis' to the nearest center, with
        the variances of the training pictures around the means of their classes along the
        directions, and one and the same for all others. Infinite where it is no number.
        """
        rows = max(1, _BLOCK_VALUES // self.directions.size)
        parts = [np.empty(0)]
        with np.errstate(all="ignore"):
            for start in range(0, len(features), rows):
                parts.append(self._distances(features[start : start + rows]))
        result = np.concatenate(parts)
        result[np.isnan(result)] = np.inf
        return result

    def _distances(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        given = in_unit_length(features) - self.origin.astype(np.float64)
        along = _in_order(given[:, None, :] * self.directions.astype(np.float64))
        outside = np.maximum(_in_order(given * given) - _in_order(along * along), 0.0)
        best = np.full(len(features), np.inf)
        for center in self.centers.astype(np.float64):
            off = along - center
            inside = _in_order(self.precisions.astype(np.float64) * (off * off))
            best = np.where(inside < best, inside, best)
        return np.asarray(best + float(self.rest) * outside)

    def novelties(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how strange each picture is, 0..1: the share of validation pictures nearer."""
        return self.shares(self.distances(features))

    def shares(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where distances lie among those of the validation pictures, 0..1.

        Between two of the quantiles it is a straight line.
        """
        quantiles = np.asarray(self.novelty.quantiles)
        last = len(quantiles) - 1
        place = np.clip(np.searchsorted(quantiles, distances, side="right") - 1, 0, last - 1)
        low, high = quantiles[place], quantiles[place + 1]
        with np.errstate(all="ignore"):
            inner = (place + (distances - low) / (high - low)) / last
        outer = np.where(distances >= quantiles[last], 1.0, 0.0)
        is_outer = (distances >= quantiles[last]) | (distances <= quantiles[0])
        return np.asarray(np.where(is_outer, outer, inner))

    def are_familiar(self, novelties: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell for each whether it is like what the model was trained on."""
        return np.asarray(novelties <= self.novelty.threshold)


def in_unit_length(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return rows divided by their lengths; those of zeros as they are."""
    given = features.astype(np.float64)
    lengths = np.sqrt(_in_order(given * given))[:, None]
    return np.asarray(given / np.where(lengths == 0, 1.0, lengths))


def values_of(novelty: Novelty) -> int:
    """Return how many values `novelty.bin` has."""
    features, axes, centers = novelty.features, novelty.axes, novelty.centers
    return features + axes * features + axes + 1 + centers * axes


def check_novelty(
    novelty: Field,
    layers: Mapping[str, LayerEntry],
    shapes: Mapping[str, tuple[int, ...]],
    files: Mapping[str, int],
) -> None:
    """Check that `novelty` in metadata names a layer that takes so many features, and has its file.

    Args:
        novelty: the field, its values checked before.
        layers: those of the model, by their names.
        shapes: of every layer's output for one picture.
        files: bytes of the listed files, by their paths.

    Raises:
        BundleError: it does not, or there are too many values.
    """
    read = Novelty.model_validate(novelty.value)
    layer = layers.get(read.layer)
    source = shapes[layer.inputs[0]] if layer is not None and layer.class_name == "Dense" else None
    if source != (read.features,):
        novelty.refuse(
            f"{novelty.place}.layer is {quote(read.layer)}. Expected a Dense layer that takes "
            f"{read.features} values."
        )
    count = values_of(read)
    if count > MAX_NOVELTY_VALUES:
        novelty.refuse(
            f"{novelty.place} has {count} values. Expected at most {MAX_NOVELTY_VALUES}."
        )
    if files.get(NOVELTY_FILE) != 4 * count:
        novelty.refuse(
            f"files does not list '{NOVELTY_FILE}' with {4 * count} bytes. Expected the values "
            f"that {novelty.place} is computed from."
        )


def _in_order(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums along the last axis, from the first value to the last."""
    # Of what numpy adds up, cumsum alone does so in order.
    return np.asarray(values.cumsum(axis=-1)[..., -1])
