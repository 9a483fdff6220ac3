"""Compare what an engine answered with what Keras answered. Pure numpy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.agreement import same_answers
from kerasport.bundle.measured import SMALLEST_TOLERANCE, FloatAgreement, FloatRounding
from kerasport.bundle.output import LabelsOutput
from kerasport.bundle.parity import Witness
from kerasport.errors import CheckFailed
from kerasport.parity.compare.strangeness import ExpectedNovelty

__all__ = [
    "TOLERANCES",
    "Answer",
    "Departure",
    "Expectation",
    "Tally",
    "WitnessIdentity",
    "severity",
    "tolerance_on",
]

TOLERANCES = {
    "cpu": SMALLEST_TOLERANCE,
    "wasm": SMALLEST_TOLERANCE,
    "webgl": 1e-4,
    "webgpu": 1e-4,
    "python": SMALLEST_TOLERANCE,
}
"""Difference of a probability that is allowed on each backend, whatever the model is.

All compute in float32. cpu, wasm and Python sum in another order than Keras; the GPU backends also
use the driver's own exp and division, which are less exact. Pixels have no tolerance: they are
equal.
"""


def tolerance_on(backend: str, rounding: FloatRounding | None) -> float:
    """Return how far a probability may be off on a backend.

    Args:
        backend: a key of `TOLERANCES`.
        rounding: what float32 adds to the model's answers; None where nobody measured it.
    """
    own = 0.0 if rounding is None else rounding.tolerance
    return max(TOLERANCES[backend], own)


_KEPT = 6
"""Pictures with the largest differences whose pixels are kept for the certificate."""


@dataclass(frozen=True)
class Expectation:
    """A picture with Keras' input and answer for it.

    `pixels` is uint8 `[height, width, channels]`, `probabilities` float32 `[classes]`. Where the
    weights are quantised, these are the answers of the stored weights, and `exact` has those of
    the float32 weights. `novelty` is None where the bundle measures none.
    """

    path: Path
    pixels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    exact: NDArray[np.float32] | None = None
    novelty: ExpectedNovelty | None = None

    @property
    def pixels_sha256(self) -> str:
        """SHA-256 of the pixels, row by row, channels last."""
        return hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What an engine made of a picture; `pixels` is None when they are the expected ones.

    Where the engine refused the picture, `refusal` says why and the probabilities are NaN.
    `novelty` is None where it says none.
    """

    probabilities: NDArray[np.float32]
    pixels: NDArray[np.uint8] | None = None
    refusal: str | None = None
    novelty: float | None = None


@dataclass(frozen=True)
class WitnessIdentity:
    """Who answered: an engine on one of its backends."""

    engine: str
    engine_version: str
    backend: str
    tfjs_version: str

    @property
    def name(self) -> str:
        """The witness' name, like `chromium/wasm`."""
        return self.engine if self.backend == "python" else f"{self.engine}/{self.backend}"


@dataclass(frozen=True)
class Departure:
    """One picture in one engine: `difference` of the probabilities, `differing` input values."""

    expected: Expectation
    received: Answer
    difference: float
    differing: int

    @property
    def is_equal(self) -> bool:
        """Whether pixels and probabilities are the same bits, and nothing was refused."""
        return not self.differing and not self.difference and self.received.refusal is None


class Tally:
    """The figures of one witness, added up batch by batch; holds the pixels of few pictures.

    Args:
        identity: who answers.
        rounding: what float32 adds to the model's answers, from its metadata.
        labels: the output of a model of several labels; None where one class is chosen.
    """

    def __init__(
        self,
        identity: WitnessIdentity,
        rounding: FloatRounding | None = None,
        labels: LabelsOutput | None = None,
    ) -> None:
        self.identity = identity
        self._labels = labels
        self.tolerance = tolerance_on(identity.backend, rounding)
        self.seconds = 0.0
        self.worst: list[Departure] = []
        self._largest: tuple[float, str] = (-1.0, "")
        self._pictures = self._agreed = self._values = self._differing = 0
        self._same_as_exact = 0
        self._from_exact: float | None = None
        self._novelty_off: float | None = None
        self._strayed = 0

    def add(self, expectations: Sequence[Expectation], answers: Sequence[Answer]) -> None:
        """Compare a batch.

        Raises:
            CheckFailed: a picture has no answer, or one of another length.
        """
        if len(expectations) != len(answers):
            raise CheckFailed(
                f"{self.identity.engine} answered for {len(answers)} of {len(expectations)} "
                "pictures. Expected an answer for each of at least one picture."
            )
        found = [
            self._judge(expected, received)
            for expected, received in zip(expectations, answers, strict=True)
        ]
        ranked = sorted([*self.worst, *found], key=severity, reverse=True)
        self.worst = ranked[:_KEPT]

    def _judge(self, expected: Expectation, received: Answer) -> Departure:
        if received.probabilities.shape != expected.probabilities.shape:
            raise CheckFailed(
                f"{self.identity.engine} gave {received.probabilities.size} probabilities for "
                f"'{expected.path.name}'. Expected {expected.probabilities.size}."
            )
        differing = 0
        if received.pixels is not None:
            if received.pixels.size == expected.pixels.size:
                differing = int((received.pixels.ravel() != expected.pixels.ravel()).sum())
            else:
                differing = max(received.pixels.size, expected.pixels.size)
        difference = _distance(received.probabilities, expected.probabilities)
        if difference > self._largest[0]:
            self._largest = difference, expected.path.name
        self._pictures += 1
        self._values += differing
        self._differing += differing > 0 or received.refusal is not None
        # NaN is the largest value to argmax; it is no best class.
        if np.isfinite(received.probabilities).all():
            self._agreed += self._agrees(expected.probabilities, received.probabilities)
        if expected.exact is not None:
            off = _distance(received.probabilities, expected.exact)
            self._from_exact = max(self._from_exact or 0.0, off)
            self._same_as_exact += self._agrees(expected.exact, received.probabilities)
        if expected.novelty is not None and received.novelty is not None:
            off = expected.novelty.off(received.novelty)
            self._novelty_off = max(self._novelty_off or 0.0, off)
            self._strayed += not expected.novelty.allows(received.novelty, self.tolerance)
        return Departure(expected, received, difference, differing)

    def _agrees(self, expected: NDArray[np.float32], received: NDArray[np.float32]) -> bool:
        same = same_answers(expected[None], received[None], self._labels, tolerance=self.tolerance)
        return bool(same[0])

    def witness(self) -> Witness:
        """Return the figures over all pictures so far.

        Raises:
            CheckFailed: there are none.
        """
        if not self._pictures:
            raise CheckFailed(
                f"{self.identity.engine} answered for 0 of 0 pictures. "
                "Expected an answer for each of at least one picture."
            )
        largest, name = self._largest
        agreement = None
        if self._from_exact is not None:
            agreement = FloatAgreement(
                pictures=self._pictures,
                top1_agreement=self._same_as_exact / self._pictures,
                max_absolute_difference=self._from_exact,
            )
        return Witness(
            name=self.identity.name,
            engine=self.identity.engine,
            engine_version=self.identity.engine_version,
            backend=self.identity.backend,
            tfjs_version=self.identity.tfjs_version,
            pictures=self._pictures,
            differing_pixels=self._values,
            max_absolute_difference=largest,
            tolerance=self.tolerance,
            top1_agreement=self._agreed / self._pictures,
            worst_picture=name,
            passed=not self._values
            and largest <= self.tolerance
            and self._agreed == self._pictures
            and not self._strayed,
            differing_pictures=self._differing,
            float_agreement=agreement,
            novelty_difference=self._novelty_off,
            differing_novelties=self._strayed,
            seconds=round(self.seconds, 3),
        )


def _distance(received: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    difference = float(np.abs(received - expected).max())
    # NaN compares as false everywhere; it must not pass as small.
    return difference if np.isfinite(difference) else 1.0


def severity(found: Departure) -> tuple[bool, float]:
    """Return what the worst of several pictures has most of."""
    # A single other pixel is against the rules, a small difference of a probability is not.
    return bool(found.differing) or found.received.refusal is not None, found.difference
