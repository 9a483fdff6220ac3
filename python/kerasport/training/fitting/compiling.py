"""Loss, optimizer and learning rate of a phase."""

from __future__ import annotations

import math
from typing import Any

from kerasport import models
from kerasport.recipes import SettledRecipe
from kerasport.training.fitting.label_loss import LabelLoss
from kerasport.training.fitting.phase import Phase

__all__ = ["WEIGHTED_ACCURACY", "compile_phase", "learning_rate"]

WEIGHTED_ACCURACY = "weighted_accuracy"
"""What the accuracy of rows with weights is called."""


def compile_phase(
    phase: Phase, recipe: SettledRecipe, *, steps: int, labels: LabelLoss | None = None
) -> None:
    """Prepare the model of a phase for Keras' `fit`, with so many steps an epoch.

    `labels` is there where a picture may have several.
    """
    keras = models.import_keras()
    on_jax = models.chosen_backend() == "jax"
    from_logits = not models.ends_in_probabilities(phase.model)
    if labels is not None:
        loss = labels.loss(recipe.label_smoothing)
    elif recipe.label_smoothing:
        loss = keras.losses.CategoricalCrossentropy(
            from_logits=from_logits, label_smoothing=recipe.label_smoothing
        )
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    optimizer = type(keras.optimizers.get(recipe.optimizer))
    phase.model.compile(
        # Keras would number it, and files of equal trainings would differ by that.
        optimizer=optimizer(
            learning_rate=learning_rate(phase, recipe, steps=steps), name=recipe.optimizer
        ),
        loss=loss,
        metrics=["accuracy"] if labels is None else [keras.metrics.BinaryAccuracy("accuracy")],
        # Rows that fill up a batch do not count in it; where there are none it is the same.
        weighted_metrics=[_accuracy(recipe, labels)] if on_jax else None,
        # Compiling with XLA takes longer than these models take to train on a CPU.
        jit_compile=False,
    )
    # JAX would run one operation after another. It is nothing that the file of a model should say.
    phase.model.jit_compile = on_jax
    # Its variables are restored before the first step, which would make them.
    phase.model.optimizer.build(phase.model.trainable_variables)


def _accuracy(recipe: SettledRecipe, labels: LabelLoss | None) -> Any:
    metrics = models.import_keras().metrics
    if labels is not None:
        return metrics.BinaryAccuracy(WEIGHTED_ACCURACY)
    kind = (
        metrics.CategoricalAccuracy if recipe.label_smoothing else metrics.SparseCategoricalAccuracy
    )
    return kind(name=WEIGHTED_ACCURACY)


def learning_rate(phase: Phase, recipe: SettledRecipe, *, steps: int) -> Any:
    """Return the rate, or Keras' schedule of it for epochs of so many steps."""
    schedules = models.import_keras().optimizers.schedules
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
