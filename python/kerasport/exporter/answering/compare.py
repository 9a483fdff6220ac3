"""Compare what is exported with what it was made from: in float64, and what float32 then adds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.measured import LARGEST_TOLERANCE, SMALLEST_TOLERANCE, FloatRounding
from kerasport.bundle.metadata import ClassifierDescription
from kerasport.errors import ExportError
from kerasport.exporter.answering.inputs import Inputs
from kerasport.exporter.answering.references import (
    GraphReference,
    Outputs,
    Reference,
)
from kerasport.exporter.graph.cost import cost_of
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.lowering import Ending

__all__ = [
    "Comparison",
    "agree_on_ending",
    "answers_of",
    "compare",
    "compare_written",
    "rounded_up",
]

_EXACT = 1e-9
"""Largest difference in float64, of the largest logit and of the largest probability.

Rounding of float64 is 1e-16 of a value; where a network enlarges it a million times this still
holds, and a weight that is off by one part in a hundred million does not pass.
"""

_TIMES = 4
"""How many times Keras' own float32 difference another program may be off.

It rounds as Keras does but in another order: both may be off in opposite directions, which is
twice, and pictures that were not measured may be twice as sensitive.
"""

_MULTIPLY_ADDS = 600_000_000
"""What is spent on float64 in numpy, which takes about ten times as long as Keras."""

_FEWEST = 2
"""Pictures that are compared in float64 however large the network is."""


@dataclass(frozen=True)
class Comparison:
    """What a lowered graph and its original were found to give.

    Attributes:
        inputs: the n pictures.
        answers: of the original, float32 `[n, classes]`.
        few: the m of the pictures that were compared in float64.
        exact: what the graph gives for them in float64, `[m, classes]`.
        difference: largest difference of a probability between the two on these, in float64
            unless there is a limit.
        rounding: difference of the original's float32 from its float64, on these.
        compared_with: what answered for the original.
        limit: why the comparison was in float32 only; None where it was not.
    """

    inputs: Inputs
    answers: NDArray[np.float32]
    few: Inputs
    exact: NDArray[np.float64]
    difference: float
    rounding: float
    compared_with: str
    limit: str | None

    @property
    def of_samples(self) -> NDArray[np.float32]:
        """The original's answers for the samples, float32 `[samples, classes]`."""
        return self.answers[list(self.inputs.samples)]

    @property
    def tolerance(self) -> float:
        """What another program that computes in float32 may be off."""
        return float(
            np.clip(rounded_up(_TIMES * self.rounding), SMALLEST_TOLERANCE, LARGEST_TOLERANCE)
        )


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
    graph: Graph,
    reference: Reference,
    description: ClassifierDescription,
    samples: NDArray[np.uint8],
) -> Comparison:
    """Compare a lowered graph with its original in float64, on patterns and on the samples.

    Args:
        graph: lowered and optimized.
        reference: answers for what it was made from.
        description: the classifier.
        samples: uint8 `[n, height, width, channels]`.

    Raises:
        ExportError: they differ; or float32 cannot hold the model.
    """
    inputs = Inputs.of(description.image_spec, samples)
    answers = answers_of(reference, description, inputs.pixels)
    count = max(_FEWEST, _MULTIPLY_ADDS // max(1, cost_of(graph).multiply_adds))
    few = inputs.few(count)
    expected = reference.outputs(few.pixels)
    received = GraphReference(graph, description.input_shape).outputs(few.pixels)
    if received.probabilities.shape != expected.probabilities.shape:
        raise ExportError(
            f"The exported model gives outputs of shape {received.probabilities.shape}, "
            f"{reference.name} {expected.probabilities.shape}. Nothing was put in place. Please "
            "report this model as a bug of kerasport."
        )
    places = [inputs.names.index(name) for name in few.names]
    off = np.abs(answers[places] - expected.probabilities).max(axis=1)
    comparison = Comparison(
        inputs=inputs,
        answers=answers,
        few=few,
        exact=received.probabilities,
        difference=float(np.abs(received.probabilities - expected.probabilities).max()),
        rounding=_largest(off, few, f"{reference.name} in float32"),
        compared_with=reference.name,
        limit=expected.limit,
    )
    if expected.limit is None:
        _demand_equal(received, expected, few, reference.name)
    else:
        _demand_close(received, expected, comparison)
    return comparison


def _demand_equal(received: Outputs, expected: Outputs, few: Inputs, name: str) -> None:
    """Raise ExportError where two sides that both computed in float64 differ."""
    for what, mine, theirs, largest in _pairs(received, expected):
        off = np.abs(mine - theirs).max(axis=1) / largest
        worst = int(np.where(np.isfinite(off), off, np.inf).argmax())
        if not off[worst] <= _EXACT:
            raise ExportError(
                f"The exported model is not the same as the original: in float64 a {what} differs "
                f"from {name} by {off[worst]:.2g} of the largest on the input "
                f"'{few.names[worst]}'. Allowed are {_EXACT:g}. Nothing was put in place. Rounding "
                "does not explain it: please report this model as a bug of kerasport."
            )


def _pairs(
    received: Outputs, expected: Outputs
) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64], float]]:
    """Return what is compared, with the largest value: probabilities, and their softmax' input.

    Two softmaxes are equal where the logits are but for a common summand, so that each row is taken
    from its largest. The logarithms of probabilities are such logits too; beyond the
    smallest number that float64 has there is nothing to compare.
    """
    mine, theirs = (_logits(each) for each in (received, expected))
    largest = max(1.0, float(np.abs(theirs[theirs > -600]).max(initial=0)))
    if received.logits is not None or expected.logits is not None:
        mine, theirs = (each - each.max(axis=1, keepdims=True) for each in (mine, theirs))
    seen = (mine > -600) & (theirs > -600)
    return [
        (
            "probability",
            received.probabilities,
            expected.probabilities,
            float(np.abs(expected.probabilities).max()),
        ),
        ("logit", np.where(seen, mine, 0), np.where(seen, theirs, 0), largest),
    ]


def _logits(outputs: Outputs) -> NDArray[np.float64]:
    if outputs.logits is not None:
        return outputs.logits
    with np.errstate(divide="ignore", invalid="ignore"):
        logits: NDArray[np.float64] = np.log(outputs.probabilities)
    return logits


def _demand_close(received: Outputs, expected: Outputs, comparison: Comparison) -> None:
    """Raise ExportError where float32, in which one side computed, does not explain it."""
    off = np.abs(received.probabilities - expected.probabilities).max(axis=1)
    worst = int(np.where(np.isfinite(off), off, np.inf).argmax())
    if not off[worst] <= comparison.tolerance:
        raise ExportError(
            f"The exported model differs from {comparison.compared_with} by {off[worst]:.2g} on "
            f"the input '{comparison.few.names[worst]}'. Allowed are {comparison.tolerance:g}, "
            f"because {comparison.limit}. Nothing was put in place. Please report this model as a "
            "bug of kerasport."
        )


def compare_written(
    written: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    comparison: Comparison,
    *,
    answers: NDArray[np.float32],
    exact: NDArray[np.float64],
    name: str,
    run_by: str = "numpy",
) -> FloatRounding:
    """Compare the files as they were written, run in float32, and return what float32 adds.

    Args:
        written: returns what the files give for pixels.
        comparison: of the graph with its original.
        answers: what the files must give in float32, `[n, classes]`, for the n pictures.
        exact: what they would give in float64, `[m, classes]`, for the few.
        name: who gave these answers, for messages.
        run_by: what runs the files.

    Raises:
        ExportError: they differ by more than float32 explains.
    """
    inputs, few = comparison.inputs, comparison.few
    received = written(inputs.pixels)
    places = [inputs.names.index(name) for name in few.names]
    rounding = float(np.abs(received[places] - exact).max())
    off = np.abs(received - answers).max(axis=1)
    worst = int(np.where(np.isfinite(off), off, np.inf).argmax())
    allowed = comparison.tolerance
    if not (off[worst] <= allowed and rounding <= allowed):
        raise ExportError(
            f"The exported model, run by {run_by}, differs from {name} by "
            f"{max(off[worst], rounding):.2g} on the input '{inputs.names[worst]}'. "
            f"Allowed are {allowed:g}, which is what float32 explains. Nothing was put in place. "
            "In float64 its layers are the same: float32 cannot hold this model in the order in "
            "which a browser adds, or the files do not hold what was written."
        )
    return FloatRounding(
        pictures=len(few.names),
        keras=rounded_up(comparison.rounding),
        bundle=rounded_up(rounding),
        tolerance=allowed,
        limit=comparison.limit,
    )


def _largest(off: NDArray[np.float64], few: Inputs, who: str) -> float:
    """Return the largest difference that float32 makes.

    Raises:
        ExportError: it is too large for the answers to mean anything.
    """
    worst = int(np.where(np.isfinite(off), off, np.inf).argmax())
    largest = float(off[worst])
    if not largest <= LARGEST_TOLERANCE:
        raise ExportError(
            "Float32 cannot hold this model, and browsers compute in nothing else: a probability "
            f"of {who} is off by {largest:.2g} from float64 on the input '{few.names[worst]}'. "
            f"Allowed are {LARGEST_TOLERANCE:g}. Nothing was put in place. A deep network that was "
            "not trained, or has no normalisation, enlarges rounding that much; train it, or put "
            "normalisations into it."
        )
    return largest


def rounded_up(value: float) -> float:
    """Return a difference with two digits, rounded up, so that equal exports give equal files."""
    if not value:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step * (1 - 1e-12)) * step:.2g}")
