"""Scaling and normalisation."""

from __future__ import annotations

import math

import numpy as np

from kerasport.exporter.graph import Node
from kerasport.exporter.rewriters.builder import Builder, Unsupported, rewrites
from kerasport.exporter.rewriters.settings import numbers, ordered, require_last_axis


@rewrites("Rescaling")
def _rescaling(node: Node, build: Builder) -> str:
    config = {key: numbers(node.config[key]) for key in ("scale", "offset")}
    return build.layer("Rescaling", config)


@rewrites("Normalization")
def _normalization(node: Node, build: Builder) -> str:
    require_last_axis(node, len(build.shape()) + 1)
    mean = node.weights.get("mean", node.config.get("mean"))
    variance = node.weights.get("variance", node.config.get("variance"))
    if mean is None or variance is None:
        raise Unsupported(
            "it was never adapted, so it has no mean and variance", "call adapt() before export"
        )
    mean = np.asarray(mean, np.float64).reshape(-1)
    # Keras' guard against a division by zero.
    deviation = np.maximum(np.sqrt(np.asarray(variance, np.float64).reshape(-1)), 1e-7)
    if node.config.get("invert"):
        scale, offset = deviation, mean
    else:
        scale, offset = 1 / deviation, -mean / deviation
    config = {"scale": numbers(scale.tolist()), "offset": numbers(offset.tolist())}
    return build.layer("Rescaling", config)


@rewrites("BatchNormalization")
def _batch_normalization(node: Node, build: Builder) -> str:
    require_last_axis(node, len(build.shape()) + 1)
    return build.layer(
        "BatchNormalization",
        {
            "axis": -1,
            "momentum": float(node.config["momentum"]),
            "epsilon": float(node.config["epsilon"]),
            "center": bool(node.config["center"]),
            "scale": bool(node.config["scale"]),
        },
        weights=ordered(node, "gamma", "beta", "moving_mean", "moving_variance"),
    )


@rewrites("LayerNormalization")
def _layer_normalization(node: Node, build: Builder) -> str:
    require_last_axis(node, len(build.shape()) + 1)
    if node.config.get("rms_scaling"):
        raise Unsupported("TensorFlow.js does not compute rms_scaling", "use rms_scaling=False")
    return build.layer(
        "LayerNormalization",
        {
            "axis": -1,
            "epsilon": float(node.config["epsilon"]),
            "center": bool(node.config["center"]),
            "scale": bool(node.config["scale"]),
        },
        weights=ordered(node, "gamma", "beta"),
    )


@rewrites("GroupNormalization")
def _group_normalization(node: Node, build: Builder) -> str:
    shape = build.shape()
    require_last_axis(node, len(shape) + 1)
    groups = int(node.config["groups"])
    channels = shape[-1]
    groups = channels if groups == -1 else groups
    # All values of a group are brought onto one axis, normalised there, and brought back.
    split = build.layer(
        "Reshape",
        {"target_shape": [math.prod(shape[:-1]), groups, channels // groups]},
        suffix="split",
    )
    gathered = build.layer("Permute", {"dims": [2, 1, 3]}, inputs=split, suffix="gathered")
    flat = build.layer(
        "Reshape",
        {"target_shape": [groups, math.prod(shape) // groups]},
        inputs=gathered,
        suffix="flat",
    )
    config = {
        "axis": -1,
        "epsilon": float(node.config["epsilon"]),
        "center": False,
        "scale": False,
    }
    normal = build.layer("LayerNormalization", config, inputs=flat, suffix="normal")
    apart = build.layer(
        "Reshape",
        {"target_shape": [groups, math.prod(shape[:-1]), channels // groups]},
        inputs=normal,
        suffix="apart",
    )
    back = build.layer("Permute", {"dims": [2, 1, 3]}, inputs=apart, suffix="back")
    gamma = node.weights.get("gamma")
    beta = node.weights.get("beta")
    last = {"target_shape": list(shape)}
    if gamma is None and beta is None:
        return build.layer("Reshape", last, inputs=back)
    whole = build.layer("Reshape", last, inputs=back, suffix="whole")
    scale = np.ones(channels, np.float32) if gamma is None else np.asarray(gamma, np.float32)
    return build.per_channel(whole, scale, None if beta is None else np.asarray(beta))


@rewrites("LayerScale")
def _layer_scale(node: Node, build: Builder) -> str:
    # ConvNeXt's own layer: a factor per channel, in its only variable, which Keras does not name.
    (gamma,) = node.weights.values()
    return build.per_channel(build.inputs[0], np.asarray(gamma))
