"""What verify says of novelty: the same in Keras and in a browser, but for rounding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasport.bundle import NoveltyScale
from kerasport.bundle.metadata import Novelty
from kerasport.bundle.parity import Witness
from kerasport.parity.compare.strangeness import expect_novelties
from kerasport.parity.compare.tally import Answer, Expectation, Tally, WitnessIdentity

# Of three features how far they are from all equal: twice the sine of the angle, squared.
SCALE = NoveltyScale(
    Novelty(
        layer="answer",
        features=3,
        axes=1,
        centers=1,
        pictures=30,
        quantiles=[0.0, 0.02, 0.2],
        threshold=0.75,
    ),
    np.zeros(3, np.float32),
    np.full((1, 3), 3**-0.5, np.float32),
    np.ones(1, np.float32),
    np.float32(4),
    np.ones((1, 1), np.float32),
)


def tallied(backend: str, moved: float) -> Witness:
    """Return the figures of a witness whose features are off by so much of their length."""
    scale = SCALE
    features = np.array([[0.3, 0.3, 0.3], [0.6, 0.5, 0.55]], np.float32)
    answers = np.full((2, 2), 0.5, np.float32)
    pixels = np.zeros((4, 4, 3), np.uint8)
    expected = [
        Expectation(Path("a.png"), pixels, answer, novelty=novelty)
        for answer, novelty in zip(answers, expect_novelties(scale, features), strict=True)
    ]
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    other = scale.novelties((features + moved * lengths * np.eye(3)[0]).astype(np.float32))
    tally = Tally(WitnessIdentity("chromium", "1", backend, "4"))
    tally.add(expected, [Answer(answers[i], novelty=float(other[i])) for i in range(2)])
    return tally.witness()


@pytest.mark.parametrize(
    ("backend", "moved", "passed"),
    [("wasm", 0, True), ("wasm", 5e-6, True), ("wasm", 5e-5, False), ("webgl", 5e-5, True)],
)
def test_verify_allows_what_rounding_of_the_features_explains(
    backend: str, moved: float, passed: bool
) -> None:
    """No more than the backend's tolerance moves the distance, and the figures say how far."""
    witness = tallied(backend, moved)

    assert witness.passed == passed
    assert (witness.differing_novelties == 0) == passed
    assert witness.novelty_difference is not None
    assert (witness.novelty_difference > 0) == (moved > 0)


def test_a_witness_that_says_nothing_of_it_is_not_judged_by_it() -> None:
    """Stock TensorFlow.js knows of no distance."""
    (expected,) = expect_novelties(SCALE, np.ones((1, 3), np.float32))
    answer = np.full(2, 0.5, np.float32)
    tally = Tally(WitnessIdentity("stock", "1", "wasm", "4"))

    tally.add(
        [Expectation(Path("a.png"), np.zeros((4, 4, 3), np.uint8), answer, novelty=expected)],
        [Answer(answer)],
    )

    assert tally.witness().novelty_difference is None
    assert tally.witness().passed
