"""Other sizes of pictures: enlarging, resizing, centre crops.

TensorFlow.js enlarges and resizes with other corners than Keras. Along one side any of these is
a matrix, and a Dense layer multiplies its last axis by a matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import channels_last, pair
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

__all__ = ["append_resizing", "resizing_matrix"]

rewrites = Rewriters()


_KERNELS: dict[str, tuple[float, Callable[[float], float]]] = {
    "lanczos3": (3.0, lambda x: float(np.sinc(x) * np.sinc(x / 3))),
    "lanczos5": (5.0, lambda x: float(np.sinc(x) * np.sinc(x / 5))),
}
"""Radius and weight by distance, as TensorFlow's `scale_and_translate` has them."""


def resizing_matrix(size: int, target: int, method: str) -> NDArray[np.float64]:
    """Return the `[size, target]` matrix of `tf.image.resize` without antialiasing.

    Pixels have their centres at halves; weights outside the picture go to its edge (bilinear) or
    are left out and the others enlarged (bicubic, lanczos).
    """
    matrix = np.zeros((size, target), np.float64)
    for column in range(target):
        position = (column + 0.5) * size / target - 0.5
        if method == "nearest":
            matrix[min(math.floor((column + 0.5) * size / target), size - 1), column] = 1
        elif method == "bilinear":
            low = math.floor(position)
            share = position - low
            matrix[min(max(low, 0), size - 1), column] += 1 - share
            matrix[min(max(low + 1, 0), size - 1), column] += share
        else:
            weights = dict(_weights(position, method))
            inside = {row: w for row, w in weights.items() if 0 <= row < size}
            total = sum(inside.values())
            for row, weight in inside.items():
                matrix[row, column] = weight / total
    return matrix


def _weights(position: float, method: str) -> list[tuple[int, float]]:
    low = math.floor(position)
    if method == "bicubic":
        # TensorFlow looks Keys' kernel (a = -0.5) up in a table of 1024 steps.
        share = round((position - low) * 1024) / 1024
        a = -0.5
        near = [((a + 2) * x - (a + 3)) * x * x + 1 for x in (share, 1 - share)]
        far = [((a * x - 5 * a) * x + 8 * a) * x - 4 * a for x in (share + 1, 2 - share)]
        return list(zip(range(low - 1, low + 3), [far[0], *near, far[1]], strict=True))
    radius, kernel = _KERNELS[method]
    reach = math.ceil(radius)
    rows = range(low - reach, low + reach + 2)
    return [(row, kernel(row - position)) for row in rows if abs(row - position) < radius]


def append_resizing(build: Builder, source: str, size: list[int], method: str) -> str:
    """Resize a picture `[height, width, channels]`."""
    if method not in ("nearest", "bilinear", "bicubic", *_KERNELS):
        raise Unsupported(
            f"its interpolation is {method!r}",
            "use 'nearest', 'bilinear', 'bicubic', 'lanczos3' or 'lanczos5'",
        )
    height, width, _ = build.shape(source)
    if width != size[1]:
        source = build.multiply_axis(source, 1, resizing_matrix(width, size[1], method))
    if height != size[0]:
        source = build.multiply_axis(source, 0, resizing_matrix(height, size[0], method))
    return source


@rewrites("UpSampling2D")
def _upsampling(node: Node, build: Builder) -> str:
    factors = pair(node.config["size"])
    method = str(node.config.get("interpolation", "nearest"))
    if method == "nearest":
        config = {"size": factors, "interpolation": "nearest", **channels_last(node)}
        return build.append("UpSampling2D", config)
    height, width, _ = build.shape()
    size = [height * factors[0], width * factors[1]]
    return append_resizing(build, build.inputs[0], size, method)


@rewrites("Resizing", "operation:Resize")
def _resizing(node: Node, build: Builder) -> str:
    config = node.config
    size = [int(config["height"]), int(config["width"])] if "height" in config else config["size"]
    if len(build.shape()) != 3:
        raise Unsupported("it resizes something else than a picture", "give it a picture")
    if config.get("antialias"):
        raise Unsupported("its antialias is on", "use antialias=False")
    source = build.inputs[0]
    if config.get("crop_to_aspect_ratio"):
        source = _cropped_to(build, source, size)
    elif config.get("pad_to_aspect_ratio"):
        source = _padded_to(build, source, size, float(config.get("fill_value", 0.0)))
    return append_resizing(build, source, list(map(int, size)), str(config["interpolation"]))


def _cropped_to(build: Builder, source: str, size: list[int]) -> str:
    height, width, _ = build.shape(source)
    rows = max(min(height, int(np.float32(width * size[0]) / np.float32(size[1]))), 1)
    columns = max(min(width, int(np.float32(height * size[1]) / np.float32(size[0]))), 1)
    return _centered(build, source, rows, columns)


def _centered(build: Builder, source: str, rows: int, columns: int) -> str:
    height, width, _ = build.shape(source)
    top, left = (height - rows) // 2, (width - columns) // 2
    source = build.slice(source, 0, top, top + rows)
    return build.slice(source, 1, left, left + columns)


def _padded_to(build: Builder, source: str, size: list[int], fill: float) -> str:
    height, width, _ = build.shape(source)
    rows = max(height, int(np.float32(width * size[0]) / np.float32(size[1])))
    columns = max(width, int(np.float32(height * size[1]) / np.float32(size[0])))
    # Keras puts the same on both sides, so that an odd rest is lost.
    top, left = (rows - height) // 2, (columns - width) // 2
    config = {"padding": [[top, top], [left, left]], "data_format": "channels_last"}
    if not fill:
        return build.append("ZeroPadding2D", config, inputs=source, suffix="padded")
    lowered = build.add_constant(source, np.array(-fill))
    padded = build.append("ZeroPadding2D", config, inputs=lowered, suffix="padded")
    return build.add_constant(padded, np.array(fill))


@rewrites("CenterCrop")
def _center_crop(node: Node, build: Builder) -> str:
    size = [int(node.config["height"]), int(node.config["width"])]
    height, width, _ = build.shape()
    if height >= size[0] and width >= size[1]:
        return _centered(build, build.inputs[0], *size)
    return append_resizing(build, _cropped_to(build, build.inputs[0], size), size, "bilinear")


def _bins(size: int, target: int) -> list[tuple[int, int]]:
    """Return first and last-but-one position of each of `target` bins of adaptive pooling."""
    return [(i * size // target, -(-(i + 1) * size // target)) for i in range(target)]


@rewrites("AdaptiveAveragePooling2D")
def _adaptive_average(node: Node, build: Builder) -> str:
    source = build.inputs[0]
    for axis, target in enumerate(pair(node.config["output_size"])):
        size = build.shape(source)[axis]
        matrix = np.zeros((size, target))
        for column, (start, stop) in enumerate(_bins(size, target)):
            matrix[start:stop, column] = 1 / (stop - start)
        source = build.multiply_axis(source, axis, matrix)
    return source


@rewrites("AdaptiveMaxPooling2D")
def _adaptive_maximum(node: Node, build: Builder) -> str:
    # Bins of unlike lengths are filled up with their own last value; then all are equally long.
    source = build.inputs[0]
    windows: list[Any] = []
    for axis, target in enumerate(pair(node.config["output_size"])):
        size = build.shape(source)[axis]
        bins = _bins(size, target)
        length = max(stop - start for start, stop in bins)
        indexes = [min(start + i, stop - 1) for start, stop in bins for i in range(length)]
        source = build.take(source, axis, indexes)
        windows.append(length)
    config = {
        "pool_size": windows,
        "strides": windows,
        "padding": "valid",
        "data_format": "channels_last",
    }
    return build.append("MaxPooling2D", config, inputs=source, suffix="pooled")
