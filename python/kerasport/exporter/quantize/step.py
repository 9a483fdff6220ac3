"""The step of an export that stores the weights in fewer bits, and what then answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.metadata import (
    ClassifierDescription,
    FloatAgreement,
    Quantization,
    QuantizationSearch,
)
from kerasport.errors import ExportError
from kerasport.exporter.answering.engines import GraphReference
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.quantize.choice import choose_scheme, read_labeled_pictures
from kerasport.exporter.quantize.schemes import SCHEMES, Stored, quantize_graph
from kerasport.progress import SILENT, Progress
from kerasport.runs.run import Run

__all__ = ["Quantize", "Quantized", "quantize_model"]


TYPICAL_PICTURES = 32
"""Of the labelled pictures, how many the mean activations are taken from; 64 were no better."""


@dataclass(frozen=True)
class Quantize:
    """How the weights are to be stored.

    Attributes:
        weights: `float32`, `float16`, `uint16`, `uint8`, or `auto`: the smallest download whose
            accuracy is within `max_accuracy_drop`.
        max_accuracy_drop: accuracy in percentage points that `auto` may lose.
        images: folder of class folders that `auto` measures on; a run's validation pictures by
            default.
        cache: where `auto` keeps preprocessed pictures, see `kerasport.train`.
    """

    weights: str = "float32"
    max_accuracy_drop: float = 0.5
    images: Path | None = None
    cache: Path | None = None

    def __post_init__(self) -> None:
        if self.weights not in (*SCHEMES, "auto"):
            raise ExportError(
                f"Weights cannot be stored as {self.weights!r}. "
                f"Expected one of: {', '.join(SCHEMES)}, auto."
            )
        if not self.max_accuracy_drop >= 0:
            raise ExportError(
                f"The accuracy that may be lost is {self.max_accuracy_drop} percentage points. "
                "Expected 0 or more."
            )


@dataclass(frozen=True)
class Quantized:
    """A graph with the values that are computed with, and how they are stored.

    Attributes:
        graph: with float32 arrays as TensorFlow.js will have them.
        stored: `layer/weight` -> what is written.
        weights: the type that was asked for or chosen.
        search: what was measured for the choice; None where nothing was.
    """

    graph: Graph
    stored: dict[str, Stored]
    weights: str
    search: QuantizationSearch | None

    def describe(
        self, exact: NDArray[np.float32] | None, rounded: NDArray[np.float32]
    ) -> Quantization:
        """Return the metadata, from the answers for the samples before and after, if any."""
        if exact is None:
            return Quantization(search=self.search)
        same = exact.argmax(axis=1) == rounded.argmax(axis=1)
        agreement = FloatAgreement(
            pictures=len(exact),
            top1_agreement=float(same.mean()),
            max_absolute_difference=min(1.0, float(np.abs(exact - rounded).max())),
        )
        return Quantization.model_validate(
            {
                "weights": self.weights,
                "agreement": agreement,
                "search": self.search,
            }
        )


def quantize_model(
    graph: Graph,
    options: Quantize,
    description: ClassifierDescription,
    samples: NDArray[np.uint8],
    *,
    run: Run | None = None,
    progress: Progress = SILENT,
) -> Quantized:
    """Return the graph in the type that the options name or, with `auto`, that measures best.

    Args:
        graph: lowered and optimised, in float32.
        options: what is wanted.
        description: the classifier.
        samples: uint8 `[n, height, width, channels]`, pictures whose mean activations keep biases
            right where none are read for `auto`.
        run: where the model comes from, for its validation pictures.
        progress: told what is done.
    """
    runtime = GraphReference(graph, description.input_shape).runtime
    search = None
    name, scheme = options.weights, SCHEMES.get(options.weights)
    if scheme is None:
        labeled = read_labeled_pictures(
            description, run=run, images=options.images, cache=options.cache, progress=progress
        )
        samples = labeled.pixels[:: -(-len(labeled.pixels) // TYPICAL_PICTURES)]
        means = runtime.input_means(samples)
        name, scheme, search = choose_scheme(
            graph,
            labeled,
            input_means=means,
            max_accuracy_drop=options.max_accuracy_drop,
            interface=description.interface,
            progress=progress,
        )
    else:
        means = runtime.input_means(samples)
    rounded, stored = quantize_graph(graph, scheme, means)
    return Quantized(rounded, stored, name, search)
