"""What a training does otherwise than its recipe."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from kerasport.dataset import ReadOptions
from kerasport.errors import DataError
from kerasport.models import Augmentation, Transfer
from kerasport.recipes import Recipe
from kerasport.training_choices import TrainingChoices

__all__ = ["TrainingOptions"]


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(TrainingChoices):
    """What differs from the recipe; None keeps the recipe's choice.

    The fields are those of `kerasport.training_choices.TrainingChoices`, each with its meaning:
    some are fields of `Recipe`, some of `Transfer` (for recipes with a backbone), and some say how
    the data is read (`ReadOptions`). `augment=False` switches the recipe's random changes off,
    `class_weights="none"` its class weights.
    """

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
