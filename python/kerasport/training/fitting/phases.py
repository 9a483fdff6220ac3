"""Fitting a model: its phases one after another, from the last checkpoint on."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import DecodedDataset, balanced_weights
from kerasport.files import scratch_folder
from kerasport.models import KerasModel
from kerasport.progress import Progress
from kerasport.recipes import SettledRecipe
from kerasport.runs.names import FEATURES_FOLDER, TENSORBOARD_FOLDER
from kerasport.training.fitting.batches import Inputs, batches
from kerasport.training.fitting.callbacks import (
    checkpointer,
    counter_of_weights,
    reporter,
    restore,
)
from kerasport.training.fitting.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from kerasport.training.fitting.compiling import compile_phase
from kerasport.training.fitting.events import event_writer
from kerasport.training.fitting.features import features_of
from kerasport.training.fitting.history import EpochLog, History
from kerasport.training.fitting.label_loss import LabelLoss
from kerasport.training.fitting.phase import TITLES, Phase, PhaseKind, kinds_of
from kerasport.training.processes import add_up_at_once, device_count, part_of_a_batch

__all__ = ["fit"]

# Larger than a step of the training: no gradients are kept.
_VALIDATION_BATCH = 256


@dataclass(frozen=True)
class _Fitting:
    """The values that all phases of one training share; each epoch adds to `log`."""

    model: KerasModel
    decoded: DecodedDataset
    recipe: SettledRecipe
    log: EpochLog
    work: Path | None
    progress: Progress

    @property
    def batch_size(self) -> int:
        return _for_all_devices(min(self.recipe.batch_size, len(self.decoded.split("train")[1])))

    @property
    def label_loss(self) -> LabelLoss | None:
        """How labels count, where a picture may have several."""
        if self.decoded.dataset.kind == "probabilities":
            return None
        return LabelLoss.of(self.decoded.split("train")[1], self.recipe)

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return math.ceil(len(self.decoded.split("train")[1]) / self.batch_size)


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
    models.make_deterministic(recipe.seed)
    if len(decoded.split("validation")[0]) == 0:
        progress.say("No validation pictures: the epoch with the lowest training loss is kept.")
    since = load_checkpoint(work)
    log = since.log if since else EpochLog()
    fitting = _Fitting(model, decoded, recipe, log, work, progress)
    if fitting.batch_size > recipe.batch_size:
        progress.say(
            f"Batches of {fitting.batch_size} instead of {recipe.batch_size}, so that each of "
            f"{device_count()} devices has as many pictures of one."
        )
    with contextlib.nullcontext(work) if work else scratch_folder() as kept:
        features = kept / FEATURES_FOLDER
        for index, kind in enumerate(kinds_of(recipe)):
            if since is not None and index < since.phase:
                continue
            phase = _phase(fitting, index, kind, features=features)
            started = since if since is not None and since.phase == index else None
            compile_phase(phase, recipe, steps=fitting.steps, labels=fitting.label_loss)
            add_up_at_once(phase.model)
            if started is not None and started.ended:
                restore(phase.model.variables, started.variables)
                # A file of the model has the optimizer in it too.
                restore(phase.model.optimizer.variables, started.optimizer)
                phase.model.set_weights(started.best)
                continue
            _run(fitting, phase, since=started)
    if fitting.label_loss is not None and model.compiled:
        # A file of the model says its loss, and one with weights is of our own making.
        loss = LabelLoss().loss(recipe.label_smoothing)
        model.compile(optimizer=model.optimizer, loss=loss, jit_compile=False)
    return log.history()


def _phase(fitting: _Fitting, index: int, kind: PhaseKind, *, features: Path) -> Phase:
    """Return the phase, with layers thawed or features computed as it needs them."""
    model, decoded, recipe = fitting.model, fitting.decoded, fitting.recipe
    views: Sequence[Inputs] = [decoded.split("train")[0]]
    validation: Inputs = decoded.split("validation")[0]
    epochs, rate = recipe.epochs, recipe.learning_rate
    transfer = recipe.transfer
    if transfer is not None and kind == "head":
        views, validation = features_of(
            model,
            decoded,
            recipe,
            changes=transfer.augmented_views,
            folder=features,
            progress=fitting.progress,
        )
        model = models.head_of(model)
    if transfer is not None and kind == "fine-tuning":
        models.unfreeze(model, transfer.fine_tune_layers)
        epochs, rate = transfer.fine_tune_epochs, transfer.fine_tune_rate
    return Phase(index, TITLES[kind], model, views, validation, epochs, rate)


def _run(fitting: _Fitting, phase: Phase, *, since: Checkpoint | None) -> None:
    recipe, log, work = fitting.recipe, fitting.log, fitting.work
    labels = fitting.decoded.split("train")[1]
    held_out = fitting.decoded.split("validation")[1]
    classes = len(fitting.decoded.dataset.class_names)
    batch_size, steps = fitting.batch_size, fitting.steps
    remembering = _stopping(recipe, monitor="val_loss" if len(held_out) else "loss")
    # TensorFlow takes a last batch of any size, and is left as it was.
    part = part_of_a_batch() if models.chosen_backend() == "jax" else None
    callbacks = [*([] if part is None else [counter_of_weights()]), *remembering.values()]
    if recipe.tensorboard and work is not None:
        callbacks.append(event_writer(work / TENSORBOARD_FOLDER / phase.slug))
    first = since.epoch if since else 0
    before = sum(epochs for _, epochs in log.phases[: phase.index])
    is_weighted = bool(recipe.class_weights) and fitting.label_loss is None
    arrange = partial(batches, one_hot=classes if recipe.label_smoothing else None, part=part)
    validation_batch = _VALIDATION_BATCH
    if part is not None:
        validation_batch = _for_all_devices(min(validation_batch, len(held_out)))
    with fitting.progress.task(phase.title, total=phase.epochs * steps) as task:
        task.advance(first * steps)
        counted = "accuracy" if fitting.label_loss is None else "labels right"
        callbacks.append(reporter(phase, task, log, counted))
        callbacks.append(
            checkpointer(
                phase=phase.index,
                remembering=remembering,
                log=log,
                since=since,
                best=min(log.monitored) if phase.index else None,
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
            validation_data=arrange([phase.validation], held_out, batch_size=validation_batch)
            if len(held_out)
            else None,
            initial_epoch=first,
            epochs=phase.epochs,
            class_weight=_class_weights(labels, classes) if is_weighted else None,
            # The batches shuffle themselves; Keras would shuffle them once more, as a whole.
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )


def _for_all_devices(rows: int) -> int:
    """Return the number of rows, or the next one that can be dealt to all devices."""
    devices = device_count()
    return math.ceil(rows / devices) * devices


def _stopping(recipe: SettledRecipe, *, monitor: str) -> dict[str, Any]:
    """Return the callbacks that remember something from epoch to epoch, by name."""
    keras = models.import_keras()
    stopping = keras.callbacks.EarlyStopping(
        monitor=monitor, patience=recipe.patience, mode="min", restore_best_weights=True
    )
    if recipe.schedule != "plateau":
        return {"stopping": stopping}
    plateau = keras.callbacks.ReduceLROnPlateau(
        monitor=monitor, factor=0.2, patience=max(1, recipe.patience // 2), mode="min"
    )
    return {"stopping": stopping, "plateau": plateau}


def _class_weights(labels: NDArray[np.int64], classes: int) -> dict[int, float]:
    counts = np.bincount(labels, minlength=classes)
    return dict(enumerate(balanced_weights(counts.tolist())))
