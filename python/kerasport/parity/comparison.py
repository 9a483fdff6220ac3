"""Compare what an engine answered with what Keras answered. Pure numpy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import CheckFailed
from kerasport.metadata import Witness

__all__ = ["TOLERANCES", "Answer", "Engine", "Expectation", "compare", "top1_agrees"]

TOLERANCES = {"cpu": 1e-5, "wasm": 1e-5, "webgl": 1e-4, "webgpu": 1e-4}
"""Largest difference of a probability by backend.

All compute in float32. cpu and wasm sum in another order than Keras; the GPU backends also use
the driver's own exp and division, which are less exact. Pixels have no tolerance: they are equal.
"""


@dataclass(frozen=True)
class Expectation:
    """A picture with Keras' input and answer for it.

    `pixels` is uint8 `[height, width, channels]`, `probabilities` float32 `[classes]`.
    """

    path: Path
    pixels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]

    @property
    def pixels_sha256(self) -> str:
        """SHA-256 of the pixels, row by row, channels last."""
        return hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What an engine made of a picture; `pixels` is None when they have the expected hash."""

    probabilities: NDArray[np.float32]
    pixels: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Engine:
    """Who answered."""

    name: str
    version: str
    backend: str
    tfjs_version: str


def top1_agrees(
    expected: NDArray[np.float32], received: NDArray[np.float32], tolerance: float
) -> bool:
    """Tell whether both name the same best class, or classes that tie within the tolerance."""
    first, second = int(expected.argmax()), int(received.argmax())
    return first == second or float(expected[first] - expected[second]) <= tolerance


def compare(
    engine: Engine, expectations: Sequence[Expectation], answers: Sequence[Answer]
) -> Witness:
    """Return the figures of one engine over all pictures.

    Raises:
        CheckFailed: there is nothing to compare, or a picture has no answer.
    """
    if not expectations or len(expectations) != len(answers):
        raise CheckFailed(
            f"{engine.name} answered for {len(answers)} of {len(expectations)} pictures. "
            "Expected an answer for each of at least one picture."
        )
    tolerance = TOLERANCES[engine.backend]
    differing, agreed = 0, 0
    differences = []
    for expected, received in zip(expectations, answers, strict=True):
        if received.pixels is not None:
            differing += int((received.pixels.ravel() != expected.pixels.ravel()).sum())
        if received.probabilities.shape != expected.probabilities.shape:
            raise CheckFailed(
                f"{engine.name} gave {received.probabilities.size} probabilities for "
                f"'{expected.path.name}'. Expected {expected.probabilities.size}."
            )
        difference = np.abs(received.probabilities - expected.probabilities).max()
        # NaN compares as false everywhere; it must not pass as small.
        differences.append(float(difference) if np.isfinite(difference) else 1.0)
        agreed += top1_agrees(expected.probabilities, received.probabilities, tolerance)
    worst = int(np.argmax(differences))
    return Witness(
        name=f"{engine.name}/{engine.backend}",
        engine=engine.name,
        engine_version=engine.version,
        backend=engine.backend,
        tfjs_version=engine.tfjs_version,
        pictures=len(answers),
        differing_pixels=differing,
        max_absolute_difference=differences[worst],
        tolerance=tolerance,
        top1_agreement=agreed / len(answers),
        worst_picture=expectations[worst].path.name,
        passed=differing == 0 and differences[worst] <= tolerance and agreed == len(answers),
    )
