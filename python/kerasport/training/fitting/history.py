"""What happened in each epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["History"]


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
