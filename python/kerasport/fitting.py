"""Fitting a model to pixels: batches, early stopping, determinism, progress."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import DecodedDataset, Pixels
from kerasport.errors import ModelError
from kerasport.progress import Progress, Task
from kerasport.recipes import Recipe

__all__ = ["History", "fit"]


@dataclass(frozen=True)
class History:
    """What happened per epoch; `best_epoch` counts from 1, times are in seconds.

    The validation lists are empty where there are no validation pictures.
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    validation_loss: tuple[float, ...]
    validation_accuracies: tuple[float, ...]
    seconds: tuple[float, ...]
    best_epoch: int

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
            "loss": list(self.loss),
            "accuracy": list(self.accuracy),
            "validationLoss": list(self.validation_loss),
            "validationAccuracy": list(self.validation_accuracies),
            "seconds": list(self.seconds),
        }


def fit(model: Any, decoded: DecodedDataset, recipe: Recipe, *, progress: Progress) -> History:
    """Train `model` in place and leave the weights of its best epoch in it.

    Best is the lowest validation loss; the lowest training loss where there are no validation
    pictures. Equal data, recipe and versions give equal weights on one machine.

    Raises:
        ModelError: the loss is no longer a finite number.
    """
    keras = models.import_keras()
    _make_deterministic(keras, recipe.seed)
    pixels, labels = decoded.split("train")
    validation = decoded.split("validation")
    batch_size = min(recipe.batch_size, len(pixels))
    steps = math.ceil(len(pixels) / batch_size)
    has_validation = len(validation[0]) > 0
    monitor = "val_loss" if has_validation else "loss"
    if not has_validation:
        progress.say("No validation pictures: the epoch with the lowest training loss is kept.")

    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate, decay_steps=recipe.epochs * steps, alpha=0.01
    )
    optimizer = type(keras.optimizers.get(recipe.optimizer))
    from_logits = not models.ends_in_probabilities(model)
    model.compile(
        optimizer=optimizer(learning_rate=schedule),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
        metrics=["accuracy"],
        # Compiling with XLA takes longer than these models take to train on a CPU.
        jit_compile=False,
    )
    stopping = keras.callbacks.EarlyStopping(
        monitor=monitor, patience=recipe.patience, mode="min", restore_best_weights=True
    )
    validation_batches = _batches(keras, *validation, batch_size=256) if has_validation else None
    seconds: list[float] = []
    with progress.task("Training", total=recipe.epochs * steps) as task:
        record = model.fit(
            _batches(keras, pixels, labels, batch_size=batch_size, seed=recipe.seed),
            validation_data=validation_batches,
            epochs=recipe.epochs,
            # The batches shuffle themselves; Keras would shuffle them once more, as a whole.
            shuffle=False,
            verbose=0,
            callbacks=[stopping, _reporter(keras, task, recipe.epochs, seconds)],
        ).history
    return History(
        loss=tuple(record["loss"]),
        accuracy=tuple(record["accuracy"]),
        validation_loss=tuple(record.get("val_loss", ())),
        validation_accuracies=tuple(record.get("val_accuracy", ())),
        seconds=tuple(seconds),
        best_epoch=int(np.argmin(record[monitor])) + 1,
    )


def _make_deterministic(keras: Any, seed: int) -> None:
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()


def _batches(
    keras: Any,
    pixels: Pixels,
    labels: NDArray[np.int64],
    *,
    batch_size: int,
    seed: int | None = None,
) -> Any:
    """Return the data as a `PyDataset`, in a new order in each epoch where a seed is given.

    Only one batch at a time is turned into float32, so `pixels` may be mapped from disk.
    """

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras has no types
        def __init__(self) -> None:
            super().__init__()
            self._epoch = 0
            self._shuffle()

        def _shuffle(self) -> None:
            self._order = np.arange(len(pixels))
            if seed is not None:
                np.random.default_rng([seed, self._epoch]).shuffle(self._order)

        def __len__(self) -> int:
            return math.ceil(len(pixels) / batch_size)

        def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
            chosen = self._order[index * batch_size : (index + 1) * batch_size]
            return pixels[chosen].astype(np.float32), labels[chosen]

        def on_epoch_end(self) -> None:
            self._epoch += 1
            self._shuffle()

    return Batches()


def _reporter(keras: Any, task: Task, epochs: int, seconds: list[float]) -> Any:
    """Return a callback that moves the bar, times the epochs and stops on a broken loss."""

    class Reporter(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self._start = time.perf_counter()

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            task.advance()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            logs = logs or {}
            seconds.append(round(time.perf_counter() - self._start, 3))
            if not math.isfinite(logs["loss"]):
                raise ModelError(
                    f"The training diverged: the loss of epoch {epoch + 1} is {logs['loss']}. "
                    "Expected a finite number; lower the learning rate."
                )
            text = f"epoch {epoch + 1}/{epochs}, loss {logs['loss']:.4f}"
            if "val_accuracy" in logs:
                text += f", validation accuracy {logs['val_accuracy']:.2%}"
            task.milestone(text)

    return Reporter()
