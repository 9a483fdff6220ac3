"""Random weights that make an architecture of keras.applications behave like a trained one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.answering.patterns import patterns
from kerasport.models import probabilities
from kerasport.preprocess import ImageSpec

__all__ = ["pictures", "randomise"]


def randomise(model: Any, classes: int) -> None:
    """Give every weight a random value, the same in every run.

    BatchNormalization statistics are those of the random network's own signal, moved at random,
    and the last layer, the only one with `classes` outputs, is scaled so that the logits spread.
    """
    generator = np.random.default_rng(3)
    for layer in model._flatten_layers(include_self=False):
        _randomise(layer, generator)
    _damp_residuals(model)
    _settle(model, classes, generator)


def pictures(model: Any) -> NDArray[np.uint8]:
    """Return uint8 `[n, height, width, 3]`: the pictures that every export is compared on."""
    _, height, width, _ = model.input_shape
    return np.stack(list(patterns(ImageSpec(height, width)).values()))


def _randomise(layer: Any, generator: np.random.Generator) -> None:
    """Give every weight that Keras starts at a constant random values."""
    ranges = {"bias": (-0.1, 0.1), "beta": (-0.2, 0.2), "gamma": (0.7, 1.3)}
    if type(layer).__name__ == "LayerScale":
        # Keras starts it at 1e-6, which would switch the whole branch off.
        layer.set_weights([generator.uniform(0.1, 0.4, w.shape) for w in layer.get_weights()])
        return
    for weight in getattr(layer, "_trainable_variables", []):
        if weight.name in ranges:
            weight.assign(generator.uniform(*ranges[weight.name], weight.shape))


def _damp_residuals(model: Any) -> None:
    """Make every residual branch small beside its shortcut, as training begins and leaves them.

    Otherwise the rounding of float32 grows exponentially with depth: Yang et al. 2019, "A Mean
    Field Theory of Batch Normalization". Goyal et al. 2017 start these scales at 0.
    """
    for add in model._flatten_layers(include_self=False):
        if type(add).__name__ != "Add":
            continue
        for tensor in add.input:
            layer = tensor._keras_history.operation
            while type(layer).__name__ == "Dropout":
                layer = layer.input._keras_history.operation
            is_shortcut = len(layer._outbound_nodes) > 1 or "_0_" in layer.name
            if not is_shortcut and type(layer).__name__ in ("BatchNormalization", "Conv2D"):
                for weight in layer.trainable_variables:
                    weight.assign(0.2 * weight)


def _settle(model: Any, classes: int, generator: np.random.Generator) -> None:
    """Set the normalisations' statistics from the signal, moved, and scale the last layer."""
    layers = list(model._flatten_layers(include_self=False))
    normalizations = [each for each in layers if type(each).__name__ == "BatchNormalization"]
    pixels = pictures(model).astype(np.float32)
    for layer in normalizations:
        layer.momentum = 0.0
    model(pixels, training=True)
    for layer in normalizations:
        layer.momentum = 0.99
        deviation = np.sqrt(np.asarray(layer.moving_variance))
        shift = generator.normal(0, 0.1, deviation.shape) * deviation
        layer.moving_mean.assign(np.asarray(layer.moving_mean) + shift)
        factor = generator.uniform(0.7, 1.5, deviation.shape)
        layer.moving_variance.assign(np.asarray(layer.moving_variance) * factor)
    (last,) = (
        each
        for each in layers
        if type(each).__name__ in ("Dense", "Conv2D") and each.kernel.shape[-1] == classes
    )
    last.bias.assign(np.zeros(last.bias.shape))
    logits = np.log(probabilities(model, pixels.astype(np.uint8)).astype(np.float64))
    logits -= logits.mean(axis=1, keepdims=True)
    # What all pictures have in common goes out, so that the answers tell pictures apart.
    common = logits.mean(axis=0)
    # A random network answers pictures much alike; enlarging that at will would enlarge float32's
    # rounding with it, which a trained network does not do.
    factor = 0.6 * min(1 / (logits - common).std(), 2 / logits.std())
    last.kernel.assign(np.asarray(last.kernel) * factor)
    last.bias.assign(generator.normal(0, 0.2, common.shape) - common * factor)
