"""What a recipe is: every choice that turns pictures into a trained model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias

from kerasport.errors import DataError
from kerasport.literals import ClassWeights, ColorMode, Fit, Resample, Schedule
from kerasport.models import ARCHITECTURES, Augmentation, Transfer

__all__ = [
    "AUTO",
    "BACKBONE",
    "Choices",
    "Prepare",
    "Recipe",
    "SettledRecipe",
    "pictures_of_the_user",
]

AUTO = "auto"
"""The architecture that the number and the size of the pictures decide."""

BACKBONE = "transfer"
"""The architecture that is a backbone with a new head; `Recipe.transfer` says which."""

Prepare: TypeAlias = Callable[[Any, Path], Any]
"""Takes the user's data (or None) and a folder to work in, returns what is read."""

# Of numpy's generator, which Keras sets with it.
_MOST_SEEDS = 2**32


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What there is to choose in a training.

    Attributes:
        architecture: a name in `kerasport.models.ARCHITECTURES`, `auto` or `transfer`.
        image_size: height and width in pixels; None lets the pictures decide.
        color_mode: None lets the pictures decide.
        validation_share: part of the pictures kept for validation, 0 to below 1, where the data
            brings no validation split.
        batch_size: pictures per step, lowered to the number of pictures where those are fewer;
            None stands for 32, or less for so few pictures that an epoch had under 8 steps.
        epochs: the most that are run.
        patience: epochs without a lower validation loss after which training stops.
        learning_rate: of the first epoch.
        schedule: `constant`; `cosine`, down to a hundredth in the last epoch; `step`, a tenth
            after each third of the epochs; `plateau`, a fifth whenever the validation loss has
            not fallen for half of `patience`.
        class_weights: `balanced` makes every class count alike in the loss; of several labels the
            pictures that have a rare one count up to 10 times.
        label_smoothing: part of each label that is spread over all classes, 0 to below 1.
        mixed_precision: compute in float16, keep and store weights in float32; for GPUs.
        tensorboard: write logs for TensorBoard into the run.
        calibrate: fit a temperature on the validation pictures and fold it into the weights; a
            scale and a shift each where a picture may have several labels.
        label_precision: share of right answers that the threshold of each label has to keep on the
            validation pictures, above 0 to 1; None aims at the best F1. For several labels only.
        transfer: backbone and phases, with the architecture `transfer` only.
        seed: for the split, the weights, the order and the augmentation.
    """

    name: str
    summary: str
    architecture: str
    image_size: tuple[int, int] | None = None
    color_mode: ColorMode | None = None
    fit: Fit = "stretch"
    resample: Resample = "bilinear"
    augmentation: Augmentation = field(default_factory=Augmentation)
    validation_share: float = 0.15
    batch_size: int | None = 32
    epochs: int = 30
    patience: int = 6
    learning_rate: float = 1e-3
    schedule: Schedule = "cosine"
    optimizer: str = "adam"
    class_weights: ClassWeights | None = None
    label_smoothing: float = 0.0
    mixed_precision: bool = False
    tensorboard: bool = False
    calibrate: bool = True
    label_precision: float | None = None
    transfer: Transfer | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        known = {*ARCHITECTURES, AUTO, BACKBONE}
        if self.architecture not in known:
            raise DataError(
                f"Unknown architecture {self.architecture!r}. "
                f"Expected one of: {', '.join(sorted(known))}."
            )
        if (self.transfer is not None) != (self.architecture == BACKBONE):
            raise DataError(
                f"The architecture is {self.architecture!r} and a backbone is "
                f"{'chosen' if self.transfer else 'missing'}. A backbone goes with the "
                "architecture 'transfer', and with no other: use the recipe 'transfer'."
            )
        for name in ("batch_size", "epochs", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise DataError(f"{name} is {value}. Expected 1 or more.")
        if not self.learning_rate > 0:
            raise DataError(f"learning_rate is {self.learning_rate}. Expected more than 0.")
        for name in ("label_smoothing", "validation_share"):
            if not 0 <= getattr(self, name) < 1:
                raise DataError(f"{name} is {getattr(self, name)}. Expected 0 to below 1.")
        if self.label_precision is not None and not 0 < self.label_precision <= 1:
            raise DataError(
                f"label_precision is {self.label_precision}. Expected more than 0, at most 1."
            )
        if self.seed < 0:
            raise DataError(f"seed is {self.seed}. Expected 0 or more.")
        if self.seed >= _MOST_SEEDS:
            raise DataError(f"seed is {self.seed}. Expected less than {_MOST_SEEDS:,}.")


@dataclass(frozen=True, kw_only=True)
class Recipe(Choices):
    """A named set of choices; `dataclasses.replace` changes any of them.

    Attributes:
        prepare: where the pictures come from, see `Prepare`.
    """

    prepare: Prepare

    def settle(
        self,
        *,
        architecture: str,
        image_size: tuple[int, int],
        color_mode: ColorMode,
        batch_size: int,
    ) -> SettledRecipe:
        """Return the choices with these in the place of those that the data may decide."""
        choices = {field.name: getattr(self, field.name) for field in fields(Choices)}
        decided = {
            "architecture": architecture,
            "image_size": image_size,
            "color_mode": color_mode,
            "batch_size": batch_size,
        }
        return SettledRecipe(**{**choices, **decided})


@dataclass(frozen=True, kw_only=True)
class SettledRecipe(Choices):
    """The choices of one training, with nothing left open."""

    image_size: tuple[int, int]
    color_mode: ColorMode
    batch_size: int


def pictures_of_the_user(recipe: str, *, otherwise: str | None = None) -> Prepare:
    """Return a `prepare` that takes the user's data as it is; nothing is written.

    Args:
        recipe: whose name the message gives.
        otherwise: the data that is read where the user names none, like `keras:mnist`.
    """

    def prepare(data: Any, work: Path) -> Any:
        if data is not None:
            return data
        if otherwise is not None:
            return otherwise
        raise DataError(
            f"The recipe {recipe!r} needs pictures. Name a folder with one folder per class, "
            f"like: kerasport train {recipe} --data path/to/pictures"
        )

    return prepare
