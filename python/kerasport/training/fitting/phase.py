"""The parts of a training: one call of Keras' `fit`, or several one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kerasport.models import KerasModel
from kerasport.recipes import SettledRecipe
from kerasport.training.fitting.batches import Inputs

__all__ = ["TITLES", "Phase", "PhaseKind", "kinds_of"]

PhaseKind: TypeAlias = Literal["whole", "head", "fine-tuning"]
"""What is trained: the model, its head on features of the backbone, or some last layers more."""

TITLES: dict[PhaseKind, str] = {
    "whole": "Training",
    "head": "Training the head",
    "fine-tuning": "Fine-tuning",
}
"""What the user is shown, and what `history.json` calls the phase."""


@dataclass(frozen=True)
class Phase:
    """What one call of Keras' `fit` is given.

    Attributes:
        index: how many phases come before it.
        title: what the user is shown.
        views: pictures or features to train on, see `batches`.
        validation: the same of the validation pictures; may be empty.
    """

    index: int
    title: str
    model: KerasModel
    views: Sequence[Inputs]
    validation: Inputs
    epochs: int
    learning_rate: float

    @property
    def slug(self) -> str:
        """The title as the name of a folder."""
        return self.title.lower().replace(" ", "-")


def kinds_of(recipe: SettledRecipe) -> list[PhaseKind]:
    """Return what is trained in each phase, in their order."""
    transfer = recipe.transfer
    if transfer is None:
        return ["whole"]
    first: PhaseKind = "whole" if transfer.unfrozen_layers else "head"
    return [first, "fine-tuning"] if transfer.fine_tune_epochs else [first]
