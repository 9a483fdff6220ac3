"""Callbacks: the bar and the figures, and checkpoints that a later training goes on from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasport import models
from kerasport.errors import ModelError
from kerasport.progress import Task
from kerasport.shares import share_text
from kerasport.training.fitting.checkpoints import Arrays, Checkpoint
from kerasport.training.fitting.compiling import WEIGHTED_ACCURACY
from kerasport.training.fitting.history import EpochLog
from kerasport.training.fitting.phase import Phase

__all__ = ["checkpointer", "counter_of_weights", "reporter"]

# What Keras' callbacks know from earlier epochs, all of it numbers.
_REMEMBERED = ("best", "best_epoch", "cooldown_counter", "stopped_epoch", "wait")


def reporter(phase: Phase, task: Task, log: EpochLog, counted: str) -> Any:
    """Return a callback that moves the bar, fills the log and stops on a broken loss.

    `counted` is what people call the share of right answers.
    """
    base: Any = models.import_keras().callbacks.Callback

    class Reporter(base):  # type: ignore[misc]  # keras has no types
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self._start = time.perf_counter()

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            task.advance()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            logs = logs or {}
            if not math.isfinite(logs["loss"]):
                raise ModelError(
                    f"The training diverged: the loss of epoch {epoch + 1} is {logs['loss']}. "
                    "Expected a finite number; lower the learning rate."
                )
            log.seconds.append(round(time.perf_counter() - self._start, 3))
            log.learning_rate.append(float(self.model.optimizer.learning_rate))
            log.loss.append(float(logs["loss"]))
            log.accuracy.append(float(logs["accuracy"]))
            text = f"epoch {epoch + 1}/{phase.epochs}, loss {logs['loss']:.4f}"
            if "val_loss" in logs:
                log.validation_loss.append(float(logs["val_loss"]))
                log.validation_accuracy.append(float(logs["val_accuracy"]))
                text += f", validation {counted} {share_text(logs['val_accuracy'])}"
            log.phases[phase.index :] = [(phase.title, epoch + 1)]
            task.milestone(text)

    return Reporter()


def counter_of_weights() -> Any:
    """Return a callback that gives those after it one accuracy: that of the weighted rows.

    It must be the first of the callbacks.
    """
    base: Any = models.import_keras().callbacks.Callback

    class CounterOfWeights(base):  # type: ignore[misc]  # keras has no types
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            logs = {} if logs is None else logs
            # With class weights that of the training is another accuracy.
            logs.pop(WEIGHTED_ACCURACY, None)
            if f"val_{WEIGHTED_ACCURACY}" in logs:
                logs["val_accuracy"] = logs.pop(f"val_{WEIGHTED_ACCURACY}")

    return CounterOfWeights()


def checkpointer(
    *,
    phase: int,
    remembering: dict[str, Any],
    log: EpochLog,
    since: Checkpoint | None,
    best: float | None,
    save: Callable[[Checkpoint], None] | None,
) -> Any:
    """Return a callback that restores, and after each epoch saves, all that is remembered.

    It must be the last of the callbacks: those before it have then seen the epoch, and forget
    what they knew, as Keras has it, before they are reminded.

    Args:
        phase: index of the phase.
        remembering: the callbacks whose state counts; `stopping` is among them.
        log: filled by another callback.
        since: where an earlier training of this phase ended.
        best: lowest loss of earlier phases; their best weights are in the model.
        save: takes each checkpoint; None for none.
    """
    base: Any = models.import_keras().callbacks.Callback
    stopping = remembering["stopping"]

    class Checkpointer(base):  # type: ignore[misc]  # keras has no types
        def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
            if since is not None:
                for name, state in since.callbacks.items():
                    vars(remembering[name]).update(state)
                stopping.best_weights = since.best
                restore(self.model.variables, since.variables)
                restore(self.model.optimizer.variables, since.optimizer)
            elif best is not None:
                stopping.best = best
                stopping.best_weights = self.model.get_weights()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            if save is not None:
                save(self._checkpoint(epoch + 1))

        def _checkpoint(self, epoch: int) -> Checkpoint:
            return Checkpoint(
                phase=phase,
                epoch=epoch,
                ended=bool(self.model.stop_training) or epoch == self.params["epochs"],
                log=log,
                callbacks={name: _memory(callback) for name, callback in remembering.items()},
                variables=values(self.model.variables),
                optimizer=values(self.model.optimizer.variables),
                best=stopping.best_weights,
            )

    return Checkpointer()


def values(variables: Any) -> Arrays:
    """Return the values of Keras variables, in their order."""
    return [np.asarray(variable) for variable in variables]


def restore(variables: Any, saved: Arrays) -> None:
    """Give Keras variables the values that they had."""
    for variable, array in zip(variables, saved, strict=True):
        variable.assign(array)


def _memory(callback: Any) -> dict[str, Any]:
    state = {name: getattr(callback, name) for name in _REMEMBERED if hasattr(callback, name)}
    return {name: None if value is None else float(value) for name, value in state.items()}
