"""Heat maps of what mattered for an answer: the twin of `web/src/client/model/explanation.ts`.

Two methods. *Class activation* (Zhou et al., "Learning Deep Features for Discriminative
Localization", 2016) needs a model that ends in feature maps, their averages, one dense layer and
a softmax, or the sigmoids of several labels, and one inference. *Occlusion* (Zeiler and Fergus,
"Visualizing and Understanding Convolutional Networks", 2014) works with every model, and needs
about 120 inferences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.bundle.topology import find_head
from kerasport.errors import BundleError
from kerasport.runtime import Runtime

__all__ = ["PATCHES", "Method", "activation_heat", "explain", "occlusion_heat"]

Method = Literal["class-activation", "occlusion"]

Heat = NDArray[np.float32]

PATCHES = 6
"""Patches along one side of the picture."""


def explain(
    bundle: Bundle,
    pixels: NDArray[np.uint8],
    class_index: int | None = None,
    *,
    method: Literal["auto"] | Method = "auto",
) -> tuple[Method, Heat]:
    """Return how a bundle's answer to one picture was explained, and the heat map.

    Args:
        bundle: the exported model; it is run in numpy.
        pixels: uint8 `[height, width, channels]`, as `kerasport.preprocess` gives it.
        class_index: which class or label to explain; the most probable one unless given.
        method: `auto` is class activation where the model allows it, else occlusion.

    Raises:
        BundleError: the model does not end as class activation needs it.
    """
    runtime = Runtime(bundle)
    if class_index is None:
        class_index = int(runtime.predict(pixels[None])[0].argmax())
    head = find_head(bundle.topology(), of_labels=bundle.metadata.labels_output is not None)
    if method == "occlusion" or (method == "auto" and head is None):
        return "occlusion", occlusion_heat(runtime.predict, pixels, class_index)
    if head is None:
        raise BundleError(
            f"The model in '{bundle.path}' has no class activation map. Expected one that ends in "
            "global average pooling, one dense layer and a softmax, or sigmoids of labels. Use the "
            "method 'occlusion'."
        )
    features = runtime.input_of(head.pooling, pixels[None])[0]
    kernel = bundle.weights()[f"{head.dense}/kernel"]
    return "class-activation", activation_heat(features, kernel, class_index, pixels.shape[:2])


def occlusion_heat(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    pixels: NDArray[np.uint8],
    class_index: int,
) -> Heat:
    """Return how much each pixel mattered: how far the probability falls without it.

    Patches of a sixth of a side, half a patch apart (both rounded up; the last one ends at the
    edge), are covered with the picture's mean colour, rounded half up. A pixel's heat is the mean
    fall over the patches that cover it; negative values become 0, and the largest 1.

    Args:
        predict: probabilities `[n, classes]` of uint8 pixels `[n, height, width, channels]`.
        pixels: uint8 `[height, width, channels]`, as the model sees the picture.
        class_index: which class to explain.

    Returns:
        float32 `[height, width]` in 0..1; all 0 where no patch spoke for the class.
    """
    height, width, channels = pixels.shape
    count = height * width
    sums = pixels.reshape(-1, channels).sum(axis=0, dtype=np.int64)
    color = ((2 * sums + count) // (2 * count)).astype(np.uint8)
    before = predict(pixels[None])[0, class_index]
    falls = np.zeros((height, width), np.float64)
    covers = np.zeros((height, width), np.float64)
    for rows in _patches(height):
        for columns in _patches(width):
            covered = pixels.copy()
            covered[rows, columns] = color
            # In double precision, as JavaScript subtracts.
            fall = float(before) - float(predict(covered[None])[0, class_index])
            falls[rows, columns] += fall
            covers[rows, columns] += 1
    return _normalized(falls / covers)


def activation_heat(
    features: NDArray[np.float32],
    kernel: NDArray[np.float32],
    class_index: int,
    shape: tuple[int, int],
) -> Heat:
    """Return how much each place of the last feature maps adds to the class, at the input's size.

    The maps are summed with the dense layer's weights for the class, enlarged bilinearly between
    the centres of their values; negative values become 0, and the largest 1.

    Args:
        features: what is averaged over all places: float32 `[rows, columns, maps]`.
        kernel: weights of the dense layer behind it: float32 `[maps, classes]`.
        class_index: which class to explain.
        shape: height and width of the model's input, in pixels.

    Returns:
        float32 `[height, width]` in 0..1; all 0 where no place spoke for the class.
    """
    weights = kernel[:, class_index].astype(np.float64)
    sums = (features.astype(np.float64) @ weights).astype(np.float32)
    rows = _blend(sums.shape[0], shape[0])
    columns = _blend(sums.shape[1], shape[1])
    return _normalized(rows @ sums.astype(np.float64) @ columns.T)


def _patches(length: int) -> list[slice]:
    side = -(-length // PATCHES)
    stride = -(-side // 2)
    last = length - side
    places = [min(index * stride, last) for index in range(-(-last // stride) + 1)]
    return [slice(place, place + side) for place in places]


def _blend(source: int, target: int) -> NDArray[np.float64]:
    """Return the matrix `[target, source]` of bilinear enlargement."""
    centers = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    first = np.floor(centers).astype(int)
    second = np.minimum(first + 1, source - 1)
    share = centers - first
    matrix = np.zeros((target, source))
    matrix[np.arange(target), first] += 1 - share
    matrix[np.arange(target), second] += share
    return matrix


def _normalized(values: NDArray[np.float64]) -> Heat:
    largest = max(values.max(), 0.0)
    if largest == 0:
        return np.zeros(values.shape, np.float32)
    heat: Heat = (np.maximum(values, 0) / largest).astype(np.float32)
    return heat
