"""The pictures that a bundle brings along, with the answers that are expected for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import SAMPLES_FILE
from kerasport.bundle.samples import Sample, Samples
from kerasport.exporter.answering import pattern_files
from kerasport.files import write_bytes, write_text
from kerasport.preprocess import ImageSpec, preprocess
from kerasport.runs.run import Run

__all__ = ["SampleFile", "pattern_samples", "pixels_of", "run_samples", "write_samples"]


@dataclass(frozen=True)
class SampleFile:
    """A picture file to put into the bundle, with its true class or labels where known."""

    suffix: str
    content: bytes
    label: str | None = None
    labels: tuple[str, ...] | None = None


def run_samples(run: Run) -> tuple[SampleFile, ...]:
    """Return the sample pictures of a run."""
    return tuple(
        SampleFile(
            sample.path.suffix.lower(), sample.path.read_bytes(), sample.class_name, sample.labels
        )
        for sample in run.samples
    )


def pattern_samples(spec: ImageSpec) -> tuple[SampleFile, ...]:
    """Return structured pictures, for a model that comes without samples."""
    return tuple(SampleFile(".png", content) for content in pattern_files(spec).values())


def pixels_of(samples: Sequence[SampleFile], spec: ImageSpec) -> NDArray[np.uint8]:
    """Return the input that the samples become, uint8 `[n, height, width, channels]`."""
    return np.stack([preprocess(sample.content, spec) for sample in samples])


def write_samples(
    folder: Path,
    samples: Sequence[SampleFile],
    pixels: NDArray[np.uint8],
    answers: NDArray[np.float32],
    exact_answers: NDArray[np.float32] | None,
) -> None:
    """Write the pictures into a bundle's folder, and the list of them.

    Args:
        folder: the bundle's.
        samples: n pictures.
        pixels: uint8 `[n, height, width, channels]`, what the pictures become.
        answers: float32 `[n, classes]`, probabilities of the model as it is written.
        exact_answers: those of the model before its weights were rounded, where they were.
    """
    entries = []
    for number, (sample, array, answer) in enumerate(zip(samples, pixels, answers, strict=True)):
        file = f"samples/{number + 1:02d}{sample.suffix}"
        write_bytes(folder / file, sample.content)
        exact = None if exact_answers is None else _listed(exact_answers[number])
        entries.append(
            Sample(
                file=file,
                label=sample.label,
                labels=None if sample.labels is None else list(sample.labels),
                probabilities=_listed(answer),
                float_probabilities=exact,
                pixels_sha256=hashlib.sha256(array.tobytes()).hexdigest(),
            )
        )
    write_text(folder / SAMPLES_FILE, Samples(samples=entries).to_json())


def _listed(answer: NDArray[np.float32]) -> list[float]:
    # Nine significant digits are enough to restore every float32 exactly.
    return [float(f"{value:.9g}") for value in answer]
