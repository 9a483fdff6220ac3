"""What a training does otherwise than its recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from kerasport.dataset import ReadOptions
from kerasport.errors import DataError
from kerasport.literals import ClassWeights, ColorMode, Fit, Resample, Schedule
from kerasport.models import Augmentation, Transfer
from kerasport.recipes import Recipe

__all__ = ["TrainingOptions"]


@dataclass(frozen=True)
class TrainingOptions:
    """What differs from the recipe; None keeps the recipe's choice.

    The first group are fields of `Recipe`, the second those of `Transfer` (for recipes with a
    backbone), the third says how the data is read (`ReadOptions`). `augment=False` switches the
    recipe's random changes off, `class_weights="none"` its class weights.
    """

    architecture: str | None = None
    epochs: int | None = None
    patience: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    schedule: Schedule | None = None
    optimizer: str | None = None
    image_size: tuple[int, int] | None = None
    color_mode: ColorMode | None = None
    fit: Fit | None = None
    resample: Resample | None = None
    seed: int | None = None
    augment: bool | None = None
    class_weights: Literal[ClassWeights, "none"] | None = None
    label_smoothing: float | None = None
    mixed_precision: bool | None = None
    tensorboard: bool | None = None
    calibrate: bool | None = None
    validation_share: float | None = None

    backbone: str | None = None
    weights: str | None = None
    width: float | None = None
    unfrozen_layers: int | None = None
    augmented_views: int | None = None
    fine_tune_epochs: int | None = None
    fine_tune_layers: int | None = None
    fine_tune_rate: float | None = None

    test_share: float | None = None
    max_unreadable: int | None = None
    min_per_class: int | None = None
    classes: Sequence[str] | None = None
    class_names: Sequence[str] | None = None
    root: Path | None = None
    drop_test_duplicates: bool | None = None

    def apply(self, recipe: Recipe) -> Recipe:
        """Return the recipe with these choices in place of its own.

        Raises:
            DataError: a choice is out of its range, or is about a backbone where there is none.
        """
        changed = self._chosen(Recipe)
        transfer = self._chosen(Transfer)
        if transfer and recipe.transfer is None:
            raise DataError(
                f"{', '.join(transfer)}: these are about a backbone, and the recipe "
                f"{recipe.name!r} has none. Use the recipe 'transfer'."
            )
        if transfer and recipe.transfer is not None:
            changed["transfer"] = replace(recipe.transfer, **transfer)
        if self.augment is False:
            changed["augmentation"] = Augmentation()
        if self.class_weights == "none":
            changed["class_weights"] = None
        return replace(recipe, **changed)

    def read_options(self, recipe: Recipe) -> ReadOptions:
        """Return how to read the data for a recipe to which these options were applied."""
        chosen = self._chosen(ReadOptions)
        return ReadOptions(
            **{**chosen, "seed": recipe.seed, "validation_share": recipe.validation_share}
        )

    def _chosen(self, target: type) -> dict[str, Any]:
        names = {field.name for field in fields(target)} & {field.name for field in fields(self)}
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in sorted(values.items()) if value is not None}
