"""The model of a training: built, fitted, and left in float32."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from kerasport import models
from kerasport.dataset import DecodedDataset
from kerasport.models import KerasModel
from kerasport.progress import Progress
from kerasport.recipes import SettledRecipe
from kerasport.training.fitting import History, fit
from kerasport.training.processes import alone, current, spread

__all__ = ["fitted_model"]


def fitted_model(
    recipe: SettledRecipe,
    decoded: DecodedDataset,
    work: Path | None,
    *,
    before: Callable[[KerasModel], None],
    start: Callable[[KerasModel], None] | None = None,
    progress: Progress,
) -> tuple[KerasModel, History]:
    """Return the trained model, all in float32, and what happened.

    Args:
        recipe: the choices.
        decoded: the pictures.
        work: folder for what it takes to go on after an interruption, see `fit`; None in processes
            that do not lead.
        before: called with the model before the first epoch.
        start: gives the model the weights that it starts from; None for those of the recipe.
        progress: told what is done.

    Raises:
        ModelError: the training diverged, or the model does not fit the pictures.
    """
    transfer = recipe.transfer
    if transfer is not None and transfer.unfrozen_layers == 0 and recipe.augmentation.is_on:
        progress.say(
            "The backbone is frozen, so its features are computed once: of the pictures "
            + (
                f"and of {transfer.augmented_views} random change(s) of each."
                if transfer.augmented_views
                else "themselves, without random changes."
            )
        )
    precision = _mixed_precision(progress) if recipe.mixed_precision else contextlib.nullcontext()
    with precision, spread(progress) as is_spread:
        fitted = _build(recipe, decoded, with_weights=start is None)
        if start is not None:
            start(fitted)
        before(fitted)
        history = fit(fitted, decoded, recipe, progress=progress, work=work)
    if not recipe.mixed_precision:
        return alone(fitted) if is_spread and current().leads else fitted, history
    model = _build(recipe, decoded, with_weights=False)
    model.set_weights(fitted.get_weights())
    return model, history


def _build(
    recipe: SettledRecipe, decoded: DecodedDataset, *, with_weights: bool = True
) -> KerasModel:
    shape = decoded.pixels.shape[1:]
    classes, kind = len(decoded.dataset.class_names), decoded.dataset.kind
    if recipe.transfer is not None:
        return models.build_transfer(
            recipe.transfer,
            input_shape=shape,
            num_classes=classes,
            kind=kind,
            augmentation=recipe.augmentation,
            seed=recipe.seed,
            with_weights=with_weights,
        )
    return models.build(
        recipe.architecture,
        input_shape=shape,
        num_classes=classes,
        kind=kind,
        augmentation=recipe.augmentation,
        seed=recipe.seed,
    )


@contextlib.contextmanager
def _mixed_precision(progress: Progress) -> Iterator[None]:
    """Let layers that are made in the block compute in float16 and keep float32 weights."""
    keras = models.import_keras()
    if not models.has_accelerator():
        progress.warn("There is no GPU: mixed precision makes a training slower here, not faster.")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
