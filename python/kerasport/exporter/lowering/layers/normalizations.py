"""Scaling and normalisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import feature_axes, numbers, ordered
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

__all__ = ["append_layer_normalization", "append_root_mean_square"]

rewrites = Rewriters()


@rewrites("Rescaling")
def _rescaling(node: Node, build: Builder) -> str:
    config = {key: numbers(node.config[key]) for key in ("scale", "offset")}
    return build.append("Rescaling", config)


@rewrites("Normalization")
def _normalization(node: Node, build: Builder) -> str:
    mean = node.weights.get("mean", node.config.get("mean"))
    variance = node.weights.get("variance", node.config.get("variance"))
    if mean is None or variance is None:
        raise Unsupported(
            "it was never adapted, so it has no mean and variance", "call adapt() before export"
        )
    mean = np.asarray(mean, np.float64)
    # Keras' guard against a division by zero.
    deviation = np.maximum(np.sqrt(np.asarray(variance, np.float64)), 1e-7)
    if node.config.get("invert"):
        scale, offset = deviation, mean
    else:
        scale, offset = 1 / deviation, -mean / deviation
    axes = _axes_of(node, build)
    if axes in ([], [len(build.shape()) - 1]):
        config = {
            "scale": numbers(scale.reshape(-1).tolist()),
            "offset": numbers(offset.reshape(-1).tolist()),
        }
        return build.append("Rescaling", config)
    sides = [side if axis in axes else 1 for axis, side in enumerate(build.shape())]
    scaled = build.multiply_constant(build.inputs[0], scale.reshape(sides))
    return build.add_constant(scaled, offset.reshape(sides))


def _axes_of(node: Node, build: Builder) -> list[int]:
    axis = node.config.get("axis", -1)
    return [] if axis is None else sorted(feature_axes(axis, len(build.shape())))


@rewrites("BatchNormalization")
def _batch_normalization(node: Node, build: Builder) -> str:
    shape = build.shape()
    (axis,) = _axes_of(node, build)
    order = [each for each in range(len(shape)) if each != axis] + [axis]
    normal = build.append(
        "BatchNormalization",
        {
            "axis": -1,
            "momentum": float(node.config["momentum"]),
            "epsilon": float(node.config["epsilon"]),
            "center": bool(node.config["center"]),
            "scale": bool(node.config["scale"]),
        },
        inputs=build.permute(build.inputs[0], order),
        weights=ordered(node, "gamma", "beta", "moving_mean", "moving_variance"),
        suffix="normal",
    )
    return build.permute(normal, [order.index(each) for each in range(len(shape))])


@rewrites("LayerNormalization")
def _layer_normalization(node: Node, build: Builder) -> str:
    if node.config.get("rms_scaling"):
        raise Unsupported(
            "with rms_scaling it divides without centring by a deviation from the centre, which "
            "no layer of TensorFlow.js does",
            "use RMSNormalization",
        )
    return append_layer_normalization(
        build,
        build.inputs[0],
        _axes_of(node, build),
        float(node.config["epsilon"]),
        node.weights.get("gamma"),
        node.weights.get("beta"),
    )


def append_layer_normalization(
    build: Builder,
    source: str,
    axes: list[int],
    epsilon: float,
    gamma: Any = None,
    beta: Any = None,
) -> str:
    """Normalise over axes together; `gamma` and `beta` have their lengths, in their order."""
    shape = build.shape(source)
    together, order = build.join(source, axes)
    if len(shape) > 3:
        # TensorFlow.js normalises at most a batch of pictures.
        size = build.shape(together)[-1]
        together = build.reshape(together, (math.prod(shape) // size, size))
    config = {
        "axis": -1,
        "epsilon": epsilon,
        "center": beta is not None,
        "scale": gamma is not None,
    }
    arrays = {"gamma": gamma, "beta": beta}
    weights = {name: np.asarray(a).reshape(-1) for name, a in arrays.items() if a is not None}
    normal = build.append(
        "LayerNormalization", config, inputs=together, weights=weights, suffix="normal"
    )
    return build.split_apart(normal, order, shape)


def append_root_mean_square(
    build: Builder, source: str, axes: list[int], epsilon: float, scale: Any = None
) -> str:
    """Divide by sqrt(mean(x^2) + epsilon) over axes together, and multiply by `scale`.

    A layer normalisation centres first. Of x and -x together the mean is 0 and the variance the
    mean of x^2, so it does the same to them; the first half is the answer.
    """
    shape = build.shape(source)
    together, order = build.join(source, axes)
    both = build.append(
        "Concatenate", {"axis": -1}, inputs=[together, build.negate(together)], suffix="both"
    )
    config = {"axis": -1, "epsilon": epsilon, "center": False, "scale": False}
    normal = build.append("LayerNormalization", config, inputs=both, suffix="normal")
    sides = build.shape(together)
    half = build.slice(normal, len(sides) - 1, 0, sides[-1])
    if scale is not None:
        half = build.multiply_constant(half, np.asarray(scale).reshape(-1))
    return build.split_apart(half, order, shape)


@rewrites("RMSNormalization")
def _rms_normalization(node: Node, build: Builder) -> str:
    epsilon = float(node.config["epsilon"])
    axes = _axes_of(node, build)
    return append_root_mean_square(build, build.inputs[0], axes, epsilon, node.weights.get("scale"))


@rewrites("UnitNormalization")
def _unit_normalization(node: Node, build: Builder) -> str:
    # x / sqrt(sum(x^2)) is x / sqrt(mean(x^2)) / sqrt(n). The epsilon only keeps 0 / 0 away.
    axes = _axes_of(node, build)
    size = math.prod(build.shape()[axis] for axis in axes)
    normal = append_root_mean_square(build, build.inputs[0], axes, 1e-24 / size)
    return build.scale(normal, 1 / math.sqrt(size), suffix="unit")


@rewrites("GroupNormalization")
def _group_normalization(node: Node, build: Builder) -> str:
    whole = build.shape()
    (axis,) = _axes_of(node, build)
    last = [each for each in range(len(whole)) if each != axis] + [axis]
    source = build.permute(build.inputs[0], last)
    shape = build.shape(source)
    groups = int(node.config["groups"])
    channels = shape[-1]
    groups = channels if groups == -1 else groups
    # All values of a group are brought onto one axis, normalised there, and brought back.
    places, each = math.prod(shape[:-1]), channels // groups
    split = build.reshape(source, (places, groups, each))
    gathered = build.permute(split, (1, 0, 2))
    flat = build.reshape(gathered, (groups, places * each))
    normal = append_layer_normalization(build, flat, [1], float(node.config["epsilon"]))
    apart = build.reshape(normal, (groups, places, each))
    result = build.reshape(build.permute(apart, (1, 0, 2)), shape)
    gamma, beta = node.weights.get("gamma"), node.weights.get("beta")
    if gamma is not None or beta is not None:
        scale = np.ones(channels) if gamma is None else np.asarray(gamma)
        offset = None if beta is None else np.asarray(beta)
        result = build.scale_channels(result, scale, offset, suffix="scaled")
    return build.permute(result, [last.index(each) for each in range(len(whole))])


@rewrites("LayerScale")
def _layer_scale(node: Node, build: Builder) -> str:
    # ConvNeXt's own layer: a factor per channel, in its only variable, which Keras does not name.
    (gamma,) = node.weights.values()
    return build.scale_channels(build.inputs[0], np.asarray(gamma))
