"""Layers that compute something from each value, or from those of one place.

The twin of the client's `engine/layers/activation.ts`.
"""

from __future__ import annotations

from dataclasses import replace

from kerasport.engine.epilogue import call_activation
from kerasport.engine.job import LayerJob
from kerasport.engine.layers.merging import combine, combine_with_one
from kerasport.engine.program import Tensor

__all__ = ["activation", "leaky_relu", "prelu", "relu", "softmax", "thresholded_relu"]


def activation(job: LayerJob) -> Tensor:
    x = job.inputs[0]
    if job.activation == "linear":
        return x
    result = job.writer.tensor(x.shape)
    call_activation(job.writer, job.activation, x, result.place)
    return result


def softmax(job: LayerJob) -> Tensor:
    return activation(replace(job, activation="softmax"))


def relu(job: LayerJob) -> Tensor:
    limit = job.config.get("max_value")
    if limit == 6:
        return activation(replace(job, activation="relu6"))
    result = activation(replace(job, activation="relu"))
    if limit is not None:
        combine_with_one(job.writer, "minimum", result, limit, result.place)
    return result


def leaky_relu(job: LayerJob) -> Tensor:
    """Negative values times a number."""
    return _with_one(job, "slope", job.config["alpha"])


def thresholded_relu(job: LayerJob) -> Tensor:
    """Values above a number; others become 0, what is not a number too."""
    return _with_one(job, "above", job.config["theta"])


def prelu(job: LayerJob) -> Tensor:
    """Negative values times a weight for each."""
    result = job.writer.tensor(job.inputs[0].shape)
    alpha = job.writer.constant(job.weights["alpha"])
    combine(job.writer, "slope", job.inputs[0], alpha, result.place)
    return result


def _with_one(job: LayerJob, kernel: str, value: float) -> Tensor:
    result = job.writer.tensor(job.inputs[0].shape)
    combine_with_one(job.writer, kernel, job.inputs[0], value, result.place)
    return result
