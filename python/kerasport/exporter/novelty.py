"""How a bundle tells strange pictures: what the run measured, on the exported layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import NoveltyScale
from kerasport.exporter.graph import Graph, cost_of, graph_shapes, named_weights, topology
from kerasport.progress import Progress
from kerasport.runs.run import Run
from kerasport.runtime import Runtime

__all__ = ["exported_scale"]

_PICTURES = 4
_MULTIPLY_ADDS = 2_000_000_000
"""What numpy may spend on all of them; one is asked for whatever it costs."""

_ALIKE = 1e-3
"""How far a distance may be off from that in Keras, of the validation pictures' median."""


def exported_scale(
    run: Run | None, graph: Graph, pixels: NDArray[np.uint8], *, progress: Progress
) -> NoveltyScale | None:
    """Return what tells strange pictures by exported layers; None where nothing can.

    A layer may have been joined with the dense layer behind it, and the features would then be
    others than those that were measured: so both sides are asked for some pictures.

    Args:
        run: what is exported, if it is a run.
        graph: lowered, optimized and renamed, its weights as they were read.
        pixels: the samples, uint8 `[n, height, width, channels]`, n at least 1.
        progress: told where a run has a scale and its bundle will not.
    """
    scale = run.novelty_scale if run is not None else None
    if scale is None or run is None:
        return None
    layers = _takers(graph, scale.novelty.features)
    if not layers:
        _leave_out(progress, "no exported layer takes them")
        return None
    affordable = _MULTIPLY_ADDS // max(1, cost_of(graph).multiply_adds)
    few = pixels[: max(1, min(_PICTURES, affordable))]
    shape: tuple[int, int, int] = few.shape[1:]
    runtime = Runtime.of(topology(graph), named_weights(graph), shape)
    watched = models.watch_features(models.load_model(run.model_path))
    if isinstance(watched, str):
        _leave_out(progress, f"{watched} now")
        return None
    expected = scale.distances(watched.answers(few)[1])
    quantiles = scale.novelty.quantiles
    allowed = _ALIKE * np.maximum(expected, quantiles[len(quantiles) // 2])
    for layer in layers:
        received = scale.distances(runtime.input_of(layer, few).astype(np.float32))
        if (np.abs(received - expected) <= allowed).all():
            return replace(scale, novelty=scale.novelty.model_copy(update={"layer": layer}))
    _leave_out(progress, "its exported layers have others")
    return None


def _leave_out(progress: Progress, reason: str) -> None:
    progress.warn(
        "The run tells strange pictures by the features before its last layer, and the bundle "
        f"cannot: {reason}. It classifies all the same."
    )


def _takers(graph: Graph, features: int) -> list[str]:
    """Return the dense layers that take so many values, those at the end first."""
    shapes = graph_shapes(graph)
    return [
        node.name
        for node in reversed(list(graph))
        if node.class_name == "Dense" and shapes[node.inputs[0]] == (features,)
    ]
