"""What happened in each epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["EpochLog", "History"]


@dataclass(frozen=True)
class History:
    """What happened per epoch; `best_epoch` counts from 1, times are in seconds.

    The validation lists are empty where there are no validation pictures. The learning
    rate is that of the epoch's last step. `phases` names the
    parts of the training and the number of epochs of each, in their order.
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    validation_loss: tuple[float, ...]
    validation_accuracies: tuple[float, ...]
    learning_rates: tuple[float, ...]
    seconds: tuple[float, ...]
    best_epoch: int
    phases: tuple[tuple[str, int], ...] = ()

    @property
    def epochs(self) -> int:
        """Epochs that were run."""
        return len(self.loss)

    @property
    def validation_accuracy(self) -> float | None:
        """Validation accuracy of the weights that were kept."""
        if not self.validation_accuracies:
            return None
        return self.validation_accuracies[self.best_epoch - 1]

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `history.json`."""
        return {
            "bestEpoch": self.best_epoch,
            "epochs": self.epochs,
            "phases": [{"name": name, "epochs": epochs} for name, epochs in self.phases],
            "loss": list(self.loss),
            "accuracy": list(self.accuracy),
            "validationLoss": list(self.validation_loss),
            "validationAccuracy": list(self.validation_accuracies),
            "learningRate": list(self.learning_rates),
            "seconds": list(self.seconds),
        }


@dataclass
class EpochLog:
    """The figures of all epochs so far, and the epochs of each phase so far."""

    phases: list[tuple[str, int]] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def monitored(self) -> list[float]:
        """The loss that decides which epoch is best: of validation, if there is one."""
        return self.validation_loss or self.loss

    def history(self) -> History:
        """Return what happened so far; at least one epoch must have been run."""
        return History(
            loss=tuple(self.loss),
            accuracy=tuple(self.accuracy),
            validation_loss=tuple(self.validation_loss),
            validation_accuracies=tuple(self.validation_accuracy),
            learning_rates=tuple(self.learning_rate),
            seconds=tuple(self.seconds),
            best_epoch=int(np.argmin(self.monitored)) + 1,
            phases=tuple(self.phases),
        )
