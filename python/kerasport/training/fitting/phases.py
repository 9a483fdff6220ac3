"""One training: a phase of Keras' `fit`, or several one after another."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import DecodedDataset, balanced_weights
from kerasport.models.loading import KerasModel
from kerasport.progress import Progress
from kerasport.recipes import SettledRecipe
from kerasport.runs.names import FEATURES_FOLDER, TENSORBOARD_FOLDER
from kerasport.training.fitting.batches import Inputs, batches
from kerasport.training.fitting.callbacks import checkpointer, reporter, restore
from kerasport.training.fitting.checkpoints import (
    Checkpoint,
    EpochLog,
    load_checkpoint,
    save_checkpoint,
)
from kerasport.training.fitting.features import features_of
from kerasport.training.fitting.history import History

__all__ = ["fit"]

# Where neither the recipe nor its caller has decided.
_BATCH = 32


@dataclass(frozen=True)
class _Phase:
    """What one call of Keras' `fit` is given. `views` as in `batches`; validation may be empty."""

    title: str
    model: KerasModel
    views: Sequence[Inputs]
    validation: Inputs
    epochs: int
    learning_rate: float


def fit(
    model: KerasModel,
    decoded: DecodedDataset,
    recipe: SettledRecipe,
    *,
    progress: Progress,
    work: Path | None = None,
) -> History:
    """Train `model` in place and leave the weights of its best epoch in it.

    Best is the lowest validation loss; the lowest training loss where there are no validation
    pictures. Equal data, recipe and versions give equal weights on one machine, in one go or
    with interruptions.

    Args:
        model: as `models.build` or `models.build_transfer` returned it.
        decoded: the data.
        recipe: all choices.
        progress: told what is done.
        work: folder for checkpoints, features and TensorBoard's logs. A checkpoint that is
            there is gone on from. None keeps nothing.

    Raises:
        ModelError: the loss is no longer a finite number.
        DataError: the checkpoint is damaged.
    """
    keras = models.import_keras()
    _make_deterministic(keras, recipe.seed)
    has_validation = len(decoded.split("validation")[0]) > 0
    if not has_validation:
        progress.say("No validation pictures: the epoch with the lowest training loss is kept.")
    since = load_checkpoint(work) if work is not None else None
    log = since.log if since else EpochLog()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        titles = _titles(recipe)
        for index, title in enumerate(titles):
            if since is not None and index < since.phase:
                continue
            folder = (work or Path(temporary)) / FEATURES_FOLDER
            phase = _phase(title, model, decoded, recipe, folder=folder, progress=progress)
            started = since if since is not None and since.phase == index else None
            if started is not None and started.ended:
                restore(phase.model.variables, started.variables)
                phase.model.set_weights(started.best)
                continue
            _run(keras, index, phase, decoded, recipe, log, started, work, progress)
    return History(
        loss=tuple(log.loss),
        accuracy=tuple(log.accuracy),
        validation_loss=tuple(log.validation_loss),
        validation_accuracies=tuple(log.validation_accuracy),
        learning_rates=tuple(log.learning_rate),
        seconds=tuple(log.seconds),
        best_epoch=int(np.argmin(log.monitored)) + 1,
        phases=tuple(log.phases),
    )


def _titles(recipe: SettledRecipe) -> list[str]:
    transfer = recipe.transfer
    if transfer is None:
        return ["Training"]
    first = "Training" if transfer.unfrozen_layers else "Training the head"
    return [first, "Fine-tuning"] if transfer.fine_tune_epochs else [first]


def _phase(
    title: str,
    model: KerasModel,
    decoded: DecodedDataset,
    recipe: SettledRecipe,
    *,
    folder: Path,
    progress: Progress,
) -> _Phase:
    pixels, validation = decoded.split("train")[0], decoded.split("validation")[0]
    transfer = recipe.transfer
    if title == "Training the head":
        train, held_out = features_of(model, decoded, recipe, folder=folder, progress=progress)
        head = models.head_of(model)
        return _Phase(title, head, train, held_out, recipe.epochs, recipe.learning_rate)
    if title == "Fine-tuning":
        assert transfer is not None
        models.unfreeze(model, transfer.fine_tune_layers)
        epochs, rate = transfer.fine_tune_epochs, transfer.fine_tune_rate
        return _Phase(title, model, [pixels], validation, epochs, rate)
    return _Phase(title, model, [pixels], validation, recipe.epochs, recipe.learning_rate)


def _run(
    keras: Any,
    index: int,
    phase: _Phase,
    decoded: DecodedDataset,
    recipe: SettledRecipe,
    log: EpochLog,
    since: Checkpoint | None,
    work: Path | None,
    progress: Progress,
) -> None:
    labels, held_out = decoded.split("train")[1], decoded.split("validation")[1]
    classes = len(decoded.dataset.class_names)
    one_hot = classes if recipe.label_smoothing else None
    batch_size = min(recipe.batch_size or _BATCH, len(labels))
    steps = math.ceil(len(labels) / batch_size)
    _compile(keras, phase, recipe, steps=steps)
    monitor = "val_loss" if len(held_out) else "loss"
    remembering = {
        "stopping": keras.callbacks.EarlyStopping(
            monitor=monitor, patience=recipe.patience, mode="min", restore_best_weights=True
        )
    }
    if recipe.schedule == "plateau":
        remembering["plateau"] = keras.callbacks.ReduceLROnPlateau(
            monitor=monitor, factor=0.2, patience=max(1, recipe.patience // 2), mode="min"
        )
    callbacks = list(remembering.values())
    if recipe.tensorboard and work is not None:
        logs = work / TENSORBOARD_FOLDER / phase.title.lower().replace(" ", "-")
        callbacks.append(keras.callbacks.TensorBoard(logs, write_graph=False))
    first = since.epoch if since else 0
    before = sum(epochs for _, epochs in log.phases[:index])
    arrange = partial(batches, keras, one_hot=one_hot)
    with progress.task(phase.title, total=phase.epochs * steps) as task:
        task.advance(first * steps)
        callbacks.append(reporter(keras, task, phase.title, phase.epochs, log))
        callbacks.append(
            checkpointer(
                keras,
                phase=index,
                remembering=remembering,
                log=log,
                since=since,
                best=min(log.monitored) if index else None,
                save=partial(save_checkpoint, folder=work) if work is not None else None,
            )
        )
        phase.model.fit(
            arrange(
                phase.views,
                labels,
                batch_size=batch_size,
                seed=recipe.seed,
                first_epoch=before + first,
            ),
            validation_data=arrange([phase.validation], held_out, batch_size=256)
            if len(held_out)
            else None,
            initial_epoch=first,
            epochs=phase.epochs,
            class_weight=_class_weights(labels, classes) if recipe.class_weights else None,
            # The batches shuffle themselves; Keras would shuffle them once more, as a whole.
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )


def _compile(keras: Any, phase: _Phase, recipe: SettledRecipe, *, steps: int) -> None:
    from_logits = not models.ends_in_probabilities(phase.model)
    if recipe.label_smoothing:
        loss = keras.losses.CategoricalCrossentropy(
            from_logits=from_logits, label_smoothing=recipe.label_smoothing
        )
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    optimizer = type(keras.optimizers.get(recipe.optimizer))
    phase.model.compile(
        optimizer=optimizer(learning_rate=_rate(keras, phase, recipe, steps=steps)),
        loss=loss,
        metrics=["accuracy"],
        # Compiling with XLA takes longer than these models take to train on a CPU.
        jit_compile=False,
    )
    # Its variables are restored before the first step, which would make them.
    phase.model.optimizer.build(phase.model.trainable_variables)


def _rate(keras: Any, phase: _Phase, recipe: SettledRecipe, *, steps: int) -> Any:
    schedules = keras.optimizers.schedules
    if recipe.schedule == "cosine":
        return schedules.CosineDecay(
            phase.learning_rate, decay_steps=phase.epochs * steps, alpha=0.01
        )
    if recipe.schedule == "step":
        third = math.ceil(phase.epochs / 3) * steps
        return schedules.ExponentialDecay(
            phase.learning_rate, decay_steps=third, decay_rate=0.1, staircase=True
        )
    return phase.learning_rate


def _class_weights(labels: NDArray[np.int64], classes: int) -> dict[int, float]:
    counts = np.bincount(labels, minlength=classes)
    return dict(enumerate(balanced_weights(counts.tolist())))


def _make_deterministic(keras: Any, seed: int) -> None:
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()
