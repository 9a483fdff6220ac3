"""Ask who answers for a model, and compare what is exported with what it was made from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.errors import ExportError
from kerasport.exporter.answering.patterns import patterns
from kerasport.exporter.answering.references import Reference
from kerasport.exporter.lowering import Ending
from kerasport.preprocess import ImageSpec

__all__ = ["READ_BACK_TOLERANCE", "agree_on_ending", "answers_of", "compare"]

READ_BACK_TOLERANCE = 1e-5
"""Largest difference of a probability between Keras and the bundle read back in numpy.

Both compute in float32 and differ in the order of their sums only; `verify` allows the same for
the browser's cpu and wasm backends.
"""


_SAID = {
    "distribution": "probabilities that sum to 1",
    "independent": "values of 0 to 1, each a probability of its own",
    "logits": "logits",
}


def agree_on_ending(ending: Ending, reference: Reference) -> None:
    """Check that the layers and the answers of the original say the same of its outputs.

    Raises:
        ExportError: following the values says other than what the original returned.
    """
    if reference.gives in (None, ending.gives):
        return
    raise ExportError(
        f"It cannot be told whether the model gives probabilities or logits. By its layers it "
        f"gives {_SAID[ending.gives]}, because {ending.because}; {reference.name} returned "
        f"{_SAID[str(reference.gives)]} for made-up pictures. Nothing was written. Let the model "
        "end in logits or in one softmax; if it does, please report it as a bug of kerasport."
    )


def answers_of(
    reference: Reference, description: ClassifierDescription, pixels: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Return probabilities, float32 `[n, classes]`, for uint8 pixels `[n, h, w, c]`.

    Raises:
        ExportError: there are more or fewer of them than the description has classes.
    """
    answers = reference.probabilities(pixels)
    if answers.shape[1] != len(description.class_names):
        raise ExportError(
            f"The model {description.name!r} has {answers.shape[1]} outputs, but there are "
            f"{len(description.class_names)} class names. Expected one name per output."
        )
    return answers


def compare(
    exported: Reference, reference: Reference, spec: ImageSpec, samples: NDArray[np.uint8]
) -> None:
    """Compare what is exported with what it was made from, on patterns and on the samples.

    Args:
        exported: the graph or the written files.
        reference: what they were made from.
        spec: the input of the model.
        samples: uint8 `[n, height, width, channels]`.

    Raises:
        ExportError: a probability differs by more than `READ_BACK_TOLERANCE`.
    """
    inputs = patterns(spec)
    names = [*inputs, *(f"sample {number + 1}" for number in range(len(samples)))]
    pixels = np.concatenate([np.stack(list(inputs.values())), samples])
    expected = reference.probabilities(pixels)
    received = exported.probabilities(pixels)
    if received.shape != expected.shape:
        raise ExportError(
            f"The exported model gives outputs of shape {received.shape}, {reference.name} "
            f"{expected.shape}. Nothing was put in place. Please report this model as a bug of "
            "kerasport."
        )
    differences = np.abs(received - expected).max(axis=1)
    worst = int(differences.argmax())
    if not differences[worst] <= READ_BACK_TOLERANCE:
        raise ExportError(
            f"The exported model differs from {reference.name} by {differences[worst]:.2g} on the "
            f"input '{names[worst]}'. Allowed are {READ_BACK_TOLERANCE:g}. Nothing was put in "
            "place. A deep network that was not trained can enlarge the rounding of float32 that "
            "much; if yours was trained, please report it as a bug of kerasport."
        )
