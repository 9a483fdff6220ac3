"""Choose the type of the weights by measuring: the smallest download within a stated loss."""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.agreement import same_answers
from kerasport.bundle.measured import QuantizationSearch, QuantizationTrial
from kerasport.bundle.metadata import ClassifierDescription, Interface
from kerasport.bundle.output import LabelsOutput
from kerasport.dataset import LABELS_OF_FOLDERS, PixelCache, Pixels, decode_dataset, read_labeled
from kerasport.errors import DataError
from kerasport.exporter.answering import choose_engine
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.quantize.schemes import SCHEMES, Scheme, quantize_graph
from kerasport.exporter.stored_weight import StoredWeight
from kerasport.exporter.write import write_model
from kerasport.files import scratch_folder
from kerasport.progress import SILENT, Progress
from kerasport.runs import Run, training_data
from kerasport.shares import share_text

__all__ = ["Labeled", "choose_scheme", "read_labeled_pictures"]

_CANDIDATES: tuple[tuple[str, Scheme], ...] = (
    ("float32", SCHEMES["float32"]),
    ("float16", SCHEMES["float16"]),
    ("uint16", SCHEMES["uint16"]),
    *(
        ("uint8", replace(SCHEMES["uint8"], noise_limit=limit))
        for limit in (3e-4, 5e-4, 1e-3, 3e-3, 1e-2)
    ),
    ("uint8", replace(SCHEMES["uint8"], depthwise="uint8", noise_limit=math.inf)),
)
"""Type of the weights and scheme, in the order in which they are tried: most bits first."""


@dataclass(frozen=True)
class Labeled:
    """Pictures with their classes.

    Attributes:
        pixels: uint8 `[n, height, width, channels]`, n at least 1; read from disk as needed.
        truth: index of the class, int64 `[n]`; of labels which of them are right, `[n, labels]`.
        source: which pictures they are, in words.
    """

    pixels: Pixels
    truth: NDArray[np.integer[Any]]
    source: str


def read_labeled_pictures(
    description: ClassifierDescription,
    *,
    run: Run | None,
    images: Path | None,
    cache: Path | None = None,
    progress: Progress = SILENT,
) -> Labeled:
    """Return a run's validation pictures, or those of a folder of class folders.

    The test pictures of a run are left alone: a choice that was made on them would flatter the
    accuracy that is measured on them later.

    Raises:
        DataError: there are no labelled pictures.
    """
    if images is not None:
        dataset = read_labeled(
            images,
            class_names=tuple(description.class_names),
            kind=description.output.kind,
            progress=progress,
        )
        source = f"of '{images.name}'"
    elif run is not None:
        dataset = training_data(run, progress=progress).only("validation")
        source = "of the validation split"
    else:
        raise DataError(
            "The type of the weights cannot be chosen without labelled pictures: agreement on a "
            "few samples says nothing about accuracy. Name a folder with one folder per class "
            "(--images), or a type, like --quantize float16."
        )
    if not dataset.examples:
        raise DataError(
            f"There are no pictures {source}, so no accuracy can be measured. Name a folder with "
            "one folder per class (--images), or a type, like --quantize float16."
        )
    if any(remark.kind == LABELS_OF_FOLDERS for remark in dataset.remarks):
        raise DataError(
            f"The pictures {source} have one class each, and the model tells several labels: what "
            "a folder is not named after may be there all the same. Name a table of all labels, "
            "leave --images out for a run, or name a type, like --quantize float16."
        )
    decoded = decode_dataset(
        dataset, description.image_spec, cache=PixelCache.find(cache), progress=progress
    )
    return Labeled(decoded.pixels, decoded.labels, f"{len(decoded.pixels):,} pictures {source}")


def choose_scheme(
    graph: Graph,
    labeled: Labeled,
    *,
    input_means: Mapping[str, NDArray[np.float64]],
    max_accuracy_drop: float,
    interface: Interface,
    candidates: Sequence[tuple[str, Scheme]] = _CANDIDATES,
    progress: Progress = SILENT,
) -> tuple[str, Scheme, QuantizationSearch]:
    """Return the name and scheme with the fewest gzipped bytes, and all that was measured.

    Args:
        graph: the lowered, optimized graph in float32.
        labeled: pictures to measure on.
        input_means: see `quantize_graph`.
        max_accuracy_drop: accuracy in percentage points that may be lost against float32.
        interface: what the model takes and gives; it is a part of the file.
        candidates: what to try; the first one is the reference.
        progress: told what is done.
    """
    engine = choose_engine(graph, (*labeled.pixels.shape[1:],))
    trials: list[dict[str, Any]] = []
    exact: NDArray[np.float32] | None = None
    total = len(candidates) * len(labeled.pixels)
    with progress.task("Trying types of weights", total=total) as task:
        for name, scheme in candidates:
            candidate, stored = quantize_graph(graph, scheme, input_means)
            engine.load(candidate)
            answers = engine.predict(labeled.pixels, advance=task.advance)
            exact = answers if exact is None else exact
            same = same_answers(exact, answers, interface.output)
            size, packed = _measure_size(candidate, stored, interface)
            accuracy = _accuracy(answers, labeled.truth, interface.output)
            trial = {
                "weights": name,
                "noise_limit": _finite(scheme.noise_limit),
                "bytes": size,
                "gzip_bytes": packed,
                "accuracy": accuracy,
                "pictures": len(answers),
                "top1_agreement": float(same.mean()),
                "max_absolute_difference": min(1.0, float(np.abs(answers - exact).max())),
            }
            trials.append(trial)
            task.milestone(f"{name}: {packed / 1000:,.0f} kB, {share_text(accuracy)}")
    floor = trials[0]["accuracy"] - max_accuracy_drop / 100
    # A rounding error of the division must not rule out what lies exactly on the limit.
    allowed = [n for n, trial in enumerate(trials) if trial["accuracy"] >= floor - 1e-9]
    best = min(allowed, key=lambda n: (trials[n]["gzip_bytes"], n))
    search = QuantizationSearch(
        pictures=labeled.source,
        max_accuracy_drop=max_accuracy_drop,
        trials=[
            QuantizationTrial(**trial, chosen=number == best) for number, trial in enumerate(trials)
        ],
    )
    return *candidates[best], search


def _accuracy(
    answers: NDArray[np.float32], truth: NDArray[np.integer[Any]], labels: LabelsOutput | None
) -> float:
    """Return the share of right answers; of labels, the mean of their F1.

    Most labels do not hold: the share of right decisions would hardly fall where all are missed.
    """
    if labels is None:
        return float((answers.argmax(axis=1) == truth).mean())
    held, true = labels.holding(answers), truth.astype(bool)
    right = (held & true).sum(axis=0)
    told = held.sum(axis=0) + true.sum(axis=0)
    # A label that is neither true nor told anywhere says nothing.
    return float((2 * right[told > 0] / told[told > 0]).mean()) if told.any() else 1.0


def _finite(limit: float | None) -> float | None:
    return None if limit is None or math.isinf(limit) else limit


def _measure_size(
    graph: Graph, stored: Mapping[str, StoredWeight], interface: Interface
) -> tuple[int, int]:
    """Return the bytes of `model.json` and the shards, as they are and gzipped."""
    with scratch_folder() as folder:
        files = write_model(graph, folder, generated_by="", interface=interface, stored=stored)
        contents = [file.read_bytes() for file in files]
    return sum(map(len, contents)), sum(len(gzip.compress(item, 9, mtime=0)) for item in contents)
