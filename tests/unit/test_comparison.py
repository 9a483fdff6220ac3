"""The comparison that decides whether a bundle passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasport.errors import CheckFailed
from kerasport.parity.comparison import Answer, Engine, Expectation, compare

ENGINE = Engine("chromium", "1", "wasm", "4.22.0")
PIXELS = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)


def expected(*values: float) -> Expectation:
    return Expectation(Path("a.png"), PIXELS, np.array(values, np.float32))


def answer(*values: float, pixels: np.ndarray | None = None) -> Answer:
    return Answer(np.array(values, np.float32), pixels)


def test_equal_answers_pass() -> None:
    """No difference is reported as none, and passes."""
    witness = compare(ENGINE, [expected(0.2, 0.8)], [answer(0.2, 0.8)])

    assert witness.passed
    assert witness.name == "chromium/wasm"
    assert (witness.differing_pixels, witness.max_absolute_difference) == (0, 0.0)


@pytest.mark.parametrize(
    "received",
    [
        answer(0.2001, 0.7999),
        answer(0.8, 0.2),
        answer(float("nan"), 0.8),
        answer(0.2, 0.8, pixels=np.where(PIXELS == 5, 6, PIXELS)),
    ],
    ids=["beyond-tolerance", "another-class", "not-a-number", "one-pixel-level"],
)
def test_any_difference_that_matters_fails(received: Answer) -> None:
    """A probability beyond tolerance, another class, NaN, or one level of one pixel fails."""
    witness = compare(ENGINE, [expected(0.2, 0.8)], [received])

    assert not witness.passed


def test_the_worst_picture_is_named() -> None:
    """Among many pictures the one with the largest difference is reported."""
    pictures = [Expectation(Path(name), PIXELS, np.array([0.5, 0.5], np.float32)) for name in "abc"]

    witness = compare(ENGINE, pictures, [answer(0.5, 0.5), answer(0.4, 0.6), answer(0.5, 0.5)])

    assert witness.worst_picture == "b"
    assert witness.max_absolute_difference == pytest.approx(0.1)


def test_classes_that_tie_within_tolerance_agree() -> None:
    """Two classes closer than the tolerance may swap places without counting as disagreement."""
    witness = compare(ENGINE, [expected(0.500001, 0.499999)], [answer(0.499999, 0.500001)])

    assert witness.top1_agreement == 1.0
    assert witness.passed


def test_a_missing_answer_is_never_a_pass() -> None:
    """Fewer answers than pictures, or none at all, is an error."""
    with pytest.raises(CheckFailed, match="answered for 0 of 1 pictures"):
        compare(ENGINE, [expected(0.2, 0.8)], [])
    with pytest.raises(CheckFailed, match="answered for 0 of 0 pictures"):
        compare(ENGINE, [], [])
