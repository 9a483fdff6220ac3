"""What a model's answers are, told by the answers alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kerasport.models.answers import as_probabilities, kind_of_answers

Ask = Callable[[Any], Any]

WEIGHTS = np.random.default_rng(2).normal(size=(12, 3)) / 255


def logits(pictures: Any) -> Any:
    return pictures.reshape(len(pictures), -1) @ WEIGHTS


def softmax(values: Any) -> Any:
    exponents = np.exp(values - values.max(axis=-1, keepdims=True))
    return exponents / exponents.sum(axis=-1, keepdims=True)


def sigmoid(values: Any) -> Any:
    return (1 + np.tanh(values / 2)) / 2


KINDS: dict[str, tuple[Ask, str]] = {
    "softmax": (lambda x: softmax(logits(x)), "distribution"),
    "softmax-of-one-place": (lambda x: softmax(logits(x))[:, None, None], "distribution"),
    "half-precision": (lambda x: softmax(logits(x)).astype(np.float16), "distribution"),
    "sigmoids": (lambda x: sigmoid(logits(x)), "independent"),
    "one-sigmoid": (lambda x: sigmoid(logits(x))[:, :1], "independent"),
    "logits": (logits, "logits"),
    "one-logit": (lambda x: logits(x)[:, :1], "logits"),
    # Between 0 and 1 for every picture, as logits of a network that was not trained may be.
    "one-small-logit": (lambda x: 0.5 + logits(x)[:, :1] / 100, "logits"),
    "small-logits": (lambda x: 0.3 + logits(x) / 100, "logits"),
    "nearly-probabilities": (lambda x: softmax(logits(x)) * 1.01, "logits"),
    "log-probabilities": (lambda x: np.log(softmax(logits(x))), "logits"),
}


@pytest.mark.parametrize("name", KINDS)
def test_answers_tell_what_they_are(name: str) -> None:
    """Rows that sum to 1 are probabilities; values that nothing drives out of 0 to 1, each one."""
    ask, kind = KINDS[name]

    assert kind_of_answers(ask, (2, 2, 3)) == kind


def test_answers_that_overflow_tell_nothing() -> None:
    """A network whose far answers are not numbers is judged by the near ones."""

    def ask(pictures: Any) -> Any:
        far = np.abs(pictures).max(axis=(1, 2, 3)) > 300
        return np.where(far[:, None], np.nan, sigmoid(logits(pictures)))

    assert kind_of_answers(ask, (2, 2, 3)) == "independent"


@pytest.mark.parametrize(
    ("kind", "answers", "expected"),
    [
        ("distribution", [[0.25, 0.75]], [[0.25, 0.75]]),
        ("independent", [[0.25, 0.5]], [[0.25, 0.5]]),
        ("independent", [[[[0.25]]]], [[0.75, 0.25]]),
        ("logits", [[0.0, np.log(3)]], [[0.25, 0.75]]),
        ("logits", [[np.log(3)]], [[0.25, 0.75]]),
    ],
)
def test_answers_become_probabilities(kind: Any, answers: Any, expected: Any) -> None:
    """A single answer is the second of two classes; whatever its shape, one value per class."""
    got = as_probabilities(np.array(answers, np.float32), kind)

    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6)
