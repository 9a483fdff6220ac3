"""What a recipe is: every choice that turns a folder of pictures into a trained model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kerasport.errors import DataError
from kerasport.models import ARCHITECTURES, Augmentation
from kerasport.preprocess import ColorMode, Fit, Resample

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """A named set of choices; `dataclasses.replace` changes any of them.

    Attributes:
        prepare: takes the user's folder (or None) and a folder to work in, returns the folder
            with the pictures.
        architecture: a name in `kerasport.models.ARCHITECTURES`.
        image_size: height and width in pixels; None lets the pictures decide.
        color_mode: None lets the pictures decide.
        batch_size: pictures per step; lowered to the number of pictures where those are fewer.
        epochs: the most that are run.
        patience: epochs without a lower validation loss after which training stops.
        learning_rate: of the first epoch; it falls along a cosine to a hundredth in the last.
        seed: for the split, the weights, the order and the augmentation.
    """

    name: str
    summary: str
    prepare: Callable[[Path | None, Path], Path]
    architecture: str
    image_size: tuple[int, int] | None = None
    color_mode: ColorMode | None = None
    fit: Fit = "stretch"
    resample: Resample = "bilinear"
    augmentation: Augmentation = field(default_factory=Augmentation)
    batch_size: int = 32
    epochs: int = 30
    patience: int = 6
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    seed: int = 1

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise DataError(
                f"Unknown architecture {self.architecture!r}. "
                f"Expected one of: {', '.join(sorted(ARCHITECTURES))}."
            )
        for name in ("batch_size", "epochs", "patience"):
            if getattr(self, name) < 1:
                raise DataError(f"{name} is {getattr(self, name)}. Expected 1 or more.")
        if not self.learning_rate > 0:
            raise DataError(f"learning_rate is {self.learning_rate}. Expected more than 0.")
        if self.seed < 0:
            raise DataError(f"seed is {self.seed}. Expected 0 or more.")
