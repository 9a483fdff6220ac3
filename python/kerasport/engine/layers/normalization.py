"""Layers that stretch and move values, channel by channel.

The twin of the client's `engine/layers/normalization.ts`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kerasport.engine.job import LayerJob
from kerasport.engine.program import Tensor

__all__ = ["batch_normalization", "layer_normalization", "rescaling"]

_LONG = 256
"""Values of one row of factors, if the tensor is large enough: short rows are slow."""


def batch_normalization(job: LayerJob) -> Tensor:
    # In double precision, and rounded once.
    exact = {name: values.astype(np.float64) for name, values in job.weights.items()}
    gamma, beta = (exact.get(name) for name in ("gamma", "beta"))
    spread = np.sqrt(exact["moving_variance"] + job.config["epsilon"])
    factors = (1.0 if gamma is None else gamma) / spread
    return _affine(job, factors, (0.0 if beta is None else beta) - exact["moving_mean"] * factors)


def rescaling(job: LayerJob) -> Tensor:
    lists = [np.atleast_1d(np.float64(job.config[key])) for key in ("scale", "offset")]
    factors, offsets = np.broadcast_arrays(*lists)
    return _affine(job, factors, offsets)


def layer_normalization(job: LayerJob) -> Tensor:
    writer, x = job.writer, job.inputs[0]
    columns = x.shape[-1]
    gamma, beta = (
        writer.constant(job.weights[name])
        if name in job.weights
        else writer.constant([default], columns)
        for name, default in (("gamma", 1), ("beta", 0))
    )
    result = writer.tensor(x.shape)
    writer.call(
        "layerNormalization",
        *(x.place, result.place, x.size // columns, columns, gamma, beta, job.config["epsilon"]),
    )
    return result


def _affine(job: LayerJob, factors: NDArray[np.float64], offsets: NDArray[np.float64]) -> Tensor:
    """Return `x * factor + offset`, with one of both per channel."""
    x, channels = job.inputs[0], len(factors)
    places = x.size // channels
    # Several places as one row, with the factors as many times.
    times = min(places, max(1, _LONG // channels))
    while places % times:
        times -= 1
    result = job.writer.tensor(x.shape)
    rows = (job.writer.constant(values, times) for values in (factors, offsets))
    job.writer.call("affine", x.place, result.place, places // times, times * channels, *rows)
    return result
