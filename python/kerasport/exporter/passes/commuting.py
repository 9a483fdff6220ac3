"""Layers that a factor and offset per channel can be carried across, exactly.

A layer n commutes where n(a(x)) = b(n(x)) for all x; the rules give b for a and back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.graph.shapes import Shape
from kerasport.exporter.passes.affine import Affine

__all__ = ["RULES", "Crossed", "Crossing", "cross"]


@dataclass(frozen=True)
class Crossed:
    """A layer that an affine is to be carried across.

    Attributes:
        node: the layer.
        affine: before the layer if `forward`, else behind it.
        near: shape of the tensor that the affine applies to now, without the batch.
        far: shape on the other side.
        forward: the direction, with the data or against it.
    """

    node: Node
    affine: Affine
    near: Shape
    far: Shape
    forward: bool


@dataclass(frozen=True)
class Crossing:
    """The affine on the other side of a layer, and the settings that the layer then needs."""

    affine: Affine
    settings: dict[str, Any] = field(default_factory=dict)


def cross(crossed: Crossed) -> Crossing | None:
    """Carry an affine across a layer; None where the layer's result would not be the same."""
    rule = RULES.get(crossed.node.class_name)
    return rule(crossed) if rule else None


def _mean(crossed: Crossed) -> Crossing | None:
    # Means, copies and cuts of whole pixels. Padding counts in no mean of TensorFlow.
    return Crossing(crossed.affine)


def _largest(crossed: Crossed) -> Crossing | None:
    return Crossing(crossed.affine) if crossed.affine.keeps_order else None


def _zeros(crossed: Crossed) -> Crossing | None:
    return Crossing(crossed.affine) if crossed.affine.keeps_zero else None


def _rearranged(crossed: Crossed) -> Crossing | None:
    # Values keep their order in memory, so value number i has channel i modulo the last side.
    affine, near, far = crossed.affine, crossed.near[-1], crossed.far[-1]
    if affine.uniform or near == far:
        return Crossing(affine)
    return Crossing(affine.repeated(far // near)) if far % near == 0 else None


def _permuted(crossed: Crossed) -> Crossing | None:
    dims = crossed.node.config["dims"]
    stays_last = dims[-1] == len(dims)
    return Crossing(crossed.affine) if crossed.affine.uniform or stays_last else None


def _positive(crossed: Crossed) -> Crossing | None:
    # relu(f x) = f relu(x) for f > 0, and min(f x, m) = f min(x, m / f).
    affine = crossed.affine
    if not (affine.keeps_zero and affine.keeps_order):
        return None
    maximum = crossed.node.config.get("max_value")
    if maximum is None:
        return Crossing(affine)
    if not affine.uniform:
        return None
    factor = float(affine.factor)
    return Crossing(
        affine, {"max_value": maximum / factor if crossed.forward else maximum * factor}
    )


def _activation(crossed: Crossed) -> Crossing | None:
    return _positive(crossed) if crossed.node.config["activation"] == "relu" else None


def _product(crossed: Crossed) -> Crossing | None:
    # (f x) y = f (x y). Against the data there is no telling which factor should take it.
    affine, near, far = crossed.affine, crossed.near, crossed.far
    if not (crossed.forward and affine.keeps_zero) or len(near) != len(far):
        return None
    return Crossing(affine) if affine.uniform or near[-1] == far[-1] else None


RULES: dict[str, Callable[[Crossed], Crossing | None]] = {
    "Activation": _activation,
    "AveragePooling2D": _mean,
    "Cropping2D": _mean,
    "Flatten": _rearranged,
    "GlobalAveragePooling2D": _mean,
    "GlobalMaxPooling2D": _largest,
    "LeakyReLU": _positive,
    "MaxPooling2D": _largest,
    "Multiply": _product,
    "PReLU": _positive,
    "Permute": _permuted,
    "ReLU": _positive,
    "Reshape": _rearranged,
    "UpSampling2D": _mean,
    "ZeroPadding2D": _zeros,
}
"""Class of TensorFlow.js -> how an affine crosses it; nothing crosses the others."""
