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

__all__ = ["Crossing", "cross"]


@dataclass(frozen=True)
class Crossing:
    """What an affine becomes on the other side, and the settings that the layer then needs."""

    affine: Affine
    settings: dict[str, Any] = field(default_factory=dict)


def cross(node: Node, affine: Affine, near: Shape, far: Shape, *, forward: bool) -> Crossing | None:
    """Carry an affine across a layer.

    Args:
        node: the layer.
        affine: before the layer if `forward`, else behind it.
        near: shape of the tensor that the affine applies to now, without the batch.
        far: shape on the other side.
        forward: the direction, with the data or against it.

    Returns:
        None where the layer's result would not be the same.
    """
    rule = _RULES.get(node.class_name)
    return rule(node, affine, near, far, forward) if rule else None


Rule = Callable[[Node, Affine, Shape, Shape, bool], "Crossing | None"]


def _mean(node: Node, affine: Affine, near: Shape, far: Shape, forward: bool) -> Crossing | None:
    # Means, copies and cuts of whole pixels. Padding counts in no mean of TensorFlow.
    return Crossing(affine)


def _largest(node: Node, affine: Affine, near: Shape, far: Shape, forward: bool) -> Crossing | None:
    return Crossing(affine) if affine.keeps_order else None


def _zeros(node: Node, affine: Affine, near: Shape, far: Shape, forward: bool) -> Crossing | None:
    return Crossing(affine) if affine.keeps_zero else None


def _rearranged(
    node: Node, affine: Affine, near: Shape, far: Shape, forward: bool
) -> Crossing | None:
    # Values keep their order in memory, so value number i has channel i modulo the last side.
    if affine.uniform or near[-1] == far[-1]:
        return Crossing(affine)
    return Crossing(affine.repeated(far[-1] // near[-1])) if far[-1] % near[-1] == 0 else None


def _permuted(
    node: Node, affine: Affine, near: Shape, far: Shape, forward: bool
) -> Crossing | None:
    dims = node.config["dims"]
    return Crossing(affine) if affine.uniform or dims[-1] == len(dims) else None


def _positive(
    node: Node, affine: Affine, near: Shape, far: Shape, forward: bool
) -> Crossing | None:
    # relu(f x) = f relu(x) for f > 0, and min(f x, m) = f min(x, m / f).
    if not (affine.keeps_zero and affine.keeps_order):
        return None
    maximum = node.config.get("max_value")
    if maximum is None:
        return Crossing(affine)
    if not affine.uniform:
        return None
    factor = float(affine.factor)
    return Crossing(affine, {"max_value": maximum / factor if forward else maximum * factor})


def _activation(
    node: Node, affine: Affine, near: Shape, far: Shape, forward: bool
) -> Crossing | None:
    if node.config["activation"] != "relu":
        return None
    return _positive(node, affine, near, far, forward)


def _product(node: Node, affine: Affine, near: Shape, far: Shape, forward: bool) -> Crossing | None:
    # (f x) y = f (x y). Against the data there is no telling which factor should take it.
    if not (forward and affine.keeps_zero) or len(near) != len(far):
        return None
    return Crossing(affine) if affine.uniform or near[-1] == far[-1] else None


_RULES: dict[str, Rule] = {
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
