"""The step of an export that stores the weights in fewer bits, and what then answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.agreement import same_answers
from kerasport.bundle.measured import FloatAgreement, Quantization, QuantizationSearch
from kerasport.bundle.metadata import ClassifierDescription
from kerasport.bundle.output import LabelsOutput
from kerasport.dataset import Pixels
from kerasport.errors import DataError, ExportError
from kerasport.exporter.answering import Comparison, GraphReference, Reference, compare
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.quantize.choice import choose_scheme, read_labeled_pictures
from kerasport.exporter.quantize.schemes import SCHEMES, Scheme, quantize_graph
from kerasport.exporter.stored_weight import StoredWeight
from kerasport.progress import SILENT, Progress
from kerasport.runs.run import Run

__all__ = ["Quantize", "Storage", "store_weights", "typical_pictures"]

_TYPICAL_PICTURES = 32
"""Of the labelled pictures, how many the mean activations are taken from; 64 were no better."""

_MOST_TYPICAL = 200


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
class Storage:
    """A graph as it is written, and what then answers for it.

    Attributes:
        graph: with the arrays that are written, in float64 where that rounds them.
        weights: `layer/weight` -> what is written; None where all are written in float32.
        quantization: how the weights are stored, for the metadata.
        comparison: of the graph with the original model, before the weights were rounded.
        expected: what the written files must give for all compared pictures, float32
            `[n, classes]`.
        answered_by: who gave these, for messages.
        exact: what they would give in float64 for those that were compared in float64.
        answers: probabilities for the samples, float32 `[samples, classes]`.
        exact_answers: those of the model in float32, where the weights are stored in fewer bits.
    """

    graph: Graph
    weights: Mapping[str, StoredWeight] | None
    quantization: Quantization
    comparison: Comparison
    expected: NDArray[np.float32]
    answered_by: str
    exact: NDArray[np.float64]
    answers: NDArray[np.float32]
    exact_answers: NDArray[np.float32] | None = None


def store_weights(
    graph: Graph,
    options: Quantize,
    description: ClassifierDescription,
    samples: NDArray[np.uint8],
    *,
    reference: Reference,
    run: Run | None = None,
    progress: Progress = SILENT,
) -> Storage:
    """Return the graph with its weights in the type that the options name, or that measures best.

    Args:
        graph: lowered and optimized, in float64.
        options: what is wanted.
        description: the classifier.
        samples: uint8 `[n, height, width, channels]`, pictures whose mean activations keep biases
            right where none are read for `auto`.
        reference: answers for the original model.
        run: where the model comes from, for its validation pictures.
        progress: told what is done.

    Raises:
        ExportError: the model has another number of outputs than classes, or its graph answers
            unlike it.
        DataError: `auto` has no labelled pictures.
    """
    comparison = compare(graph, reference, description, samples)
    if options.weights == "float32":
        return _as_they_are(graph, comparison)
    before = GraphReference(graph, description.input_shape)
    chosen = _choose(graph, options, description, samples, before, run=run, progress=progress)
    if chosen.name == "float32":
        return _as_they_are(graph, comparison, chosen.search)
    rounded, weights = quantize_graph(graph, chosen.scheme, chosen.input_means)
    # The original model is no measure any more: the stored weights answer for themselves.
    after = GraphReference(rounded, description.input_shape)
    expected = after.predict(comparison.inputs.pixels)
    exact = after.outputs(comparison.few.pixels).probabilities
    answers = expected[list(comparison.inputs.samples)]
    quantization = Quantization.model_validate(
        {
            "weights": chosen.name,
            "agreement": _agreement(comparison.of_samples, answers, description.labels_output),
            "search": chosen.search,
        }
    )
    return Storage(
        rounded,
        weights,
        quantization,
        comparison,
        expected,
        after.name,
        exact,
        answers,
        comparison.of_samples,
    )


def typical_pictures(
    options: Quantize, description: ClassifierDescription, run: Run | None
) -> Pixels:
    """Return pictures like those of the training, at most 200: uint8 `[n, h, w, channels]`.

    They are validation pictures of the run, or those that the options name.

    Raises:
        DataError: there are none.
    """
    if run is None and options.images is None:
        raise DataError(
            "Whole numbers of 8 bits need pictures like those of the training, which tell the "
            "ranges of values, and this model comes without any. Name a folder with one folder per "
            "class: --images FOLDER."
        )
    found = read_labeled_pictures(
        description, run=run, images=options.images, cache=options.cache
    ).pixels
    return found[:: -(-len(found) // _MOST_TYPICAL)]


def _as_they_are(
    graph: Graph, comparison: Comparison, search: QuantizationSearch | None = None
) -> Storage:
    """Return a graph whose weights are stored in float32."""
    return Storage(
        graph,
        None,
        Quantization(search=search),
        comparison,
        comparison.answers,
        comparison.compared_with,
        comparison.exact,
        comparison.of_samples,
    )


@dataclass(frozen=True)
class _Choice:
    """A scheme by its name, the mean inputs of the layers, and what was measured if anything."""

    name: str
    scheme: Scheme
    input_means: Mapping[str, NDArray[np.float64]]
    search: QuantizationSearch | None = None


def _choose(
    graph: Graph,
    options: Quantize,
    description: ClassifierDescription,
    samples: NDArray[np.uint8],
    before: GraphReference,
    *,
    run: Run | None,
    progress: Progress,
) -> _Choice:
    scheme = SCHEMES.get(options.weights)
    if scheme is not None:
        return _Choice(options.weights, scheme, before.runtime.input_means(samples))
    labeled = read_labeled_pictures(
        description, run=run, images=options.images, cache=options.cache, progress=progress
    )
    typical = labeled.pixels[:: -(-len(labeled.pixels) // _TYPICAL_PICTURES)]
    means = before.runtime.input_means(typical)
    name, scheme, search = choose_scheme(
        graph,
        labeled,
        input_means=means,
        max_accuracy_drop=options.max_accuracy_drop,
        interface=description.interface,
        progress=progress,
    )
    return _Choice(name, scheme, means, search)


def _agreement(
    exact: NDArray[np.float32], rounded: NDArray[np.float32], labels: LabelsOutput | None
) -> FloatAgreement:
    """Return how the answers before and after rounding agree."""
    same = same_answers(exact, rounded, labels)
    return FloatAgreement(
        pictures=len(exact),
        top1_agreement=float(same.mean()),
        max_absolute_difference=min(1.0, float(np.abs(exact - rounded).max())),
    )
