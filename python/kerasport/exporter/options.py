"""What can be chosen about an export, as one value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kerasport.bundle.metadata import Preprocessing, Rescaling
from kerasport.errors import UsageError
from kerasport.exporter.quantize import Quantize
from kerasport.literals import OutputKind

__all__ = ["ExportOptions", "read_image_size", "read_thresholds"]


@dataclass(frozen=True)
class ExportOptions:
    """The choices of an export; None stands for what the model or the files beside it say.

    Attributes:
        class_names: one name per output, or the path of a file that lists them.
        name: what the model is called on the page.
        preprocessing: how pictures become the input: all of it, or some of its fields by name.
        rescaling: the scaling of a model that brings none.
        image_size: height and width of the pictures, where the model does not tell.
        architecture: the model of `keras.applications` whose weights alone are in the file.
        output_kind: whether several labels may hold, or one class wins.
        thresholds: probability from which on each label holds.
        quantize: how the weights are stored.
        force: whether a bundle that is already there is replaced.
        without: passes that are left out.
        also: other formats to write, in their order.
    """

    class_names: Iterable[object] | str | Path | None = None
    name: str | None = None
    preprocessing: Preprocessing | Mapping[str, str] | None = None
    rescaling: Rescaling | None = None
    image_size: tuple[int, int] | None = None
    architecture: str | None = None
    output_kind: OutputKind | None = None
    thresholds: tuple[float, ...] | None = None
    quantize: Quantize = field(default_factory=Quantize)
    force: bool = False
    without: Collection[str] = ()
    also: Sequence[str] = ()

    def of_the_model(self) -> dict[str, object]:
        """Return by name those that were given and that a run knows from its training."""
        names = (
            "class_names",
            "name",
            "preprocessing",
            "rescaling",
            "image_size",
            "architecture",
            "output_kind",
            "thresholds",
        )
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def read_image_size(given: int | str | Sequence[int] | None) -> tuple[int, int] | None:
    """Return height and width of `128`, `"128"`, `"96x128"` or `(96, 128)`.

    Raises:
        UsageError: it is none of these.

    >>> read_image_size("96x128")
    (96, 128)
    """
    if given is None:
        return None
    sides = given.lower().split("x") if isinstance(given, str) else np.ravel(given).tolist()
    try:
        numbers = [int(side) for side in sides]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in (1, 2) or min(numbers) < 1 or numbers != [float(s) for s in sides]:
        raise UsageError(
            f"{given!r} is no image size. Expected height and width in pixels, like '96x128' or "
            "(96, 128), or one number."
        )
    return numbers[0], numbers[-1]


def read_thresholds(given: str | float | Sequence[float] | None) -> tuple[float, ...] | None:
    """Return the numbers of `"0.3,0.5"` or `(0.3, 0.5)`.

    Raises:
        UsageError: it holds something else.

    >>> read_thresholds("0.3,0.5")
    (0.3, 0.5)
    """
    if given is None:
        return None
    parts = given.split(",") if isinstance(given, str) else np.ravel(given).tolist()
    try:
        return tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        raise UsageError(
            f"{given!r} are no thresholds. Expected one number from 0 to 1 for each label, like "
            "'0.3,0.5'."
        ) from None
