"""`x * factor + offset` with one pair of numbers for all channels or a pair for each.

What normalisations and scalings compute, in float64; how it is written back; and how the linear
layers before or behind it take it in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.graph.edits import common_settings
from kerasport.exporter.graph.graph import Node, Weights
from kerasport.exporter.graph.shapes import Shape
from kerasport.runtime.layers import window_padding

__all__ = ["Affine", "affine_of", "fits_float32", "scale_input", "scale_output", "write_affine"]

Array = NDArray[np.float64]

_KERNELS = {
    "Conv2D": "kernel",
    "Conv2DTranspose": "kernel",
    "Dense": "kernel",
    "DepthwiseConv2D": "depthwise_kernel",
}
"""Linear layer -> its kernel."""


@dataclass(frozen=True)
class Affine:
    """Factor and offset, each a single number, shape `[]`, or one per channel, `[channels]`."""

    factor: Array
    offset: Array

    @classmethod
    def of(cls, factor: Any, offset: Any) -> Affine:
        """Build one from numbers or arrays; equal numbers for all channels become one."""
        return cls(_single(np.asarray(factor, np.float64)), _single(np.asarray(offset, np.float64)))

    def after(self, first: Affine) -> Affine:
        """Return what `first` and then this one compute together."""
        return Affine.of(first.factor * self.factor, first.offset * self.factor + self.offset)

    def repeated(self, times: int) -> Affine:
        """Return the same for `times` as many channels, in turns."""
        if self.uniform or times == 1:
            return self
        factor, offset = np.broadcast_arrays(self.factor, self.offset)
        return Affine.of(np.tile(factor, times), np.tile(offset, times))

    @property
    def uniform(self) -> bool:
        """Whether it treats all channels alike."""
        return self.factor.ndim == 0 and self.offset.ndim == 0

    @property
    def keeps_zero(self) -> bool:
        """Whether 0 stays 0."""
        return not self.offset.any()

    @property
    def keeps_order(self) -> bool:
        """Whether the greater of two values stays the greater."""
        return bool((self.factor > 0).all())

    @property
    def is_identity(self) -> bool:
        """Whether it changes nothing."""
        return self.keeps_zero and bool((self.factor == 1).all())


def _single(values: Array) -> Array:
    if values.ndim and values.size and (values == values.flat[0]).all():
        return np.asarray(values.flat[0])
    return values


def affine_of(node: Node) -> Affine | None:
    """Return what a normalisation or scaling computes; None for any other layer."""
    if node.class_name == "Rescaling":
        affine = Affine.of(node.config["scale"], node.config["offset"])
        return affine if max(affine.factor.ndim, affine.offset.ndim) <= 1 else None
    if node.class_name != "BatchNormalization":
        return None
    weights = {name: array.astype(np.float64) for name, array in node.weights.items()}
    factor = 1 / np.sqrt(weights["moving_variance"] + node.config["epsilon"])
    factor = factor * weights.get("gamma", 1.0)
    return Affine.of(factor, weights.get("beta", 0.0) - weights["moving_mean"] * factor)


def write_affine(node: Node, affine: Affine, channels: int) -> bool:
    """Make `node` compute `affine`; return whether float32 can hold it."""
    if not fits_float32(affine.factor, affine.offset):
        return False
    common = common_settings(node)
    if affine.uniform:
        node.class_name, node.weights = "Rescaling", {}
        node.config = {**common, "scale": float(affine.factor), "offset": float(affine.offset)}
        return True
    node.class_name = "BatchNormalization"
    node.config = {
        **common,
        "axis": -1,
        "momentum": 0.99,
        "epsilon": 0.0,
        "center": True,
        "scale": True,
    }
    node.weights = {
        "gamma": np.broadcast_to(affine.factor, channels).copy(),
        "beta": np.broadcast_to(affine.offset, channels).copy(),
        "moving_mean": np.zeros(channels),
        "moving_variance": np.ones(channels),
    }
    return True


def scale_output(node: Node, affine: Affine) -> bool:
    """Multiply `affine` into a linear layer before it; return whether that was possible."""
    key = _KERNELS.get(node.class_name)
    activation = node.config.get("activation")
    # f * relu(x) = relu(f * x) for f > 0.
    carries = activation == "relu" and affine.keeps_zero and affine.keeps_order
    if key is None or not (activation == "linear" or carries):
        return False
    kernel = node.weights[key].astype(np.float64)
    channels = _channels(node.class_name, kernel)
    factor = np.broadcast_to(affine.factor, channels)
    bias = node.weights.get("bias", np.zeros(channels)).astype(np.float64)
    if node.class_name == "Conv2DTranspose":
        kernel = kernel * factor[:, None]
    elif node.class_name == "DepthwiseConv2D":
        # Output channel c * multiplier + m belongs to kernel[:, :, c, m].
        kernel = kernel * factor.reshape(kernel.shape[2:])
    else:
        kernel = kernel * factor
    return _put(node, key, kernel, bias * factor + affine.offset)


def scale_input(node: Node, affine: Affine, shape: Shape) -> bool:
    """Multiply `affine` into a linear layer behind it; return whether that is exact.

    Where the layer's window meets zeros that the layer itself lays around its input, of shape
    `shape`, an offset would have to be added to them too, so it must be 0.
    """
    key = _KERNELS.get(node.class_name)
    if key is None or not (affine.keeps_zero or _sees_input_only(node, shape)):
        return False
    kernel = node.weights[key].astype(np.float64)
    depth = shape[-1]
    factor, offset = (np.broadcast_to(each, depth) for each in (affine.factor, affine.offset))
    bias = node.weights.get("bias", np.zeros(_channels(node.class_name, kernel)))
    if node.class_name == "DepthwiseConv2D":
        added = np.einsum("hwcm,c->cm", kernel, offset).reshape(-1)
        kernel = kernel * factor[:, None]
    elif node.class_name == "Conv2DTranspose":
        added = np.zeros_like(bias, np.float64)
        kernel = kernel * factor
    else:
        added = (kernel * offset[:, None]).reshape(-1, kernel.shape[-1]).sum(axis=0)
        kernel = kernel * factor[:, None]
    return _put(node, key, kernel, bias.astype(np.float64) + added)


def _channels(class_name: str, kernel: Array) -> int:
    """Return the number of output channels of a kernel."""
    if class_name == "DepthwiseConv2D":
        return int(kernel.shape[2] * kernel.shape[3])
    return int(kernel.shape[2 if class_name == "Conv2DTranspose" else -1])


def _sees_input_only(node: Node, shape: Shape) -> bool:
    """Return whether every output is made of the whole window inside the input."""
    if node.class_name == "Dense":
        return True
    if node.class_name == "Conv2DTranspose":
        return False
    sides = zip(
        shape[:2],
        node.config["kernel_size"],
        node.config["strides"],
        node.config.get("dilation_rate", [1, 1]),
        strict=True,
    )
    return all(window_padding(*side, node.config["padding"])[:2] == (0, 0) for side in sides)


def _put(node: Node, key: str, kernel: Array, bias: Array) -> bool:
    """Write kernel and bias where float32 can hold them; a bias of zeros only where one was."""
    has_bias = "bias" in node.weights or bool(bias.any())
    if not fits_float32(kernel, bias):
        return False
    weights: Weights = {key: kernel}
    if has_bias:
        weights["bias"] = bias
    node.weights = weights
    node.config["use_bias"] = has_bias
    return True


def fits_float32(*arrays: Array) -> bool:
    """Return whether float32, which is what is written, can hold every value."""
    with np.errstate(over="ignore"):
        return all(np.isfinite(np.asarray(array, np.float32)).all() for array in arrays)
