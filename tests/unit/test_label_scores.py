"""Figures of several labels against numbers counted by hand, and against scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasport.errors import DataError
from kerasport.evaluation import score_labels
from kerasport.evaluation.label_scores import average_precision
from kerasport.training.calibration.labels import choose_label_threshold, fit_scale_and_shift

ANSWERS = np.array([[0.9, 0.2, 0.1], [0.8, 0.6, 0.1], [0.7, 0.7, 0.1], [0.6, 0.1, 0.1]], np.float32)
TRUTH = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]], np.uint8)


def test_figures_are_those_counted_by_hand() -> None:
    """Precision, recall, F1, averages and exact matches of four pictures with three labels."""
    paths = [Path(f"{number}.png") for number in range(4)]

    found = score_labels(
        [ANSWERS], TRUTH, ("p", "q", "r"), thresholds=(0.75, 0.5, 0.5), paths=paths
    )

    p, q, r = found.labels
    # p is accepted on pictures 0 and 1 and is on 0 and 2; q on 1 and 2, where it is; r nowhere.
    assert (p.precision, p.recall, p.f1, p.support, p.missed, p.false) == (0.5, 0.5, 0.5, 2, 1, 1)
    assert (q.precision, q.recall, q.f1, q.missed, q.false) == (1.0, 1.0, 1.0, 0, 0)
    assert (r.average_precision, r.f1, r.support) == (None, 0.0, 0)
    # Of p: right at rank 1 (1 of 1) and at rank 3 (2 of 3).
    assert p.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert found.mean_average_precision == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2)
    assert found.macro_f1 == 0.75
    # Of 4 labels that are accepted 3 are right, of 4 that are there too.
    assert (found.micro_precision, found.micro_recall, found.micro_f1) == (0.75, 0.75, 0.75)
    assert found.exact_match == 0.5
    assert found.label_accuracy == pytest.approx(10 / 12)
    assert [(m.label, m.kind, m.probability, str(m.path)) for m in found.mistakes] == [
        ("p", "missed", pytest.approx(0.7), "2.png"),
        ("p", "false", pytest.approx(0.8), "1.png"),
    ]


def test_equal_probabilities_are_accepted_together() -> None:
    """No order among equals may flatter the figures."""
    answers, has = np.array([0.5, 0.5, 0.1]), np.array([True, False, True])

    assert average_precision(answers, has) == pytest.approx(0.5 * 0.5 + 0.5 * 2 / 3)


def test_figures_are_those_of_scikit_learn() -> None:
    """Random answers, with many equal ones, give what its functions give."""
    from sklearn.metrics import average_precision_score, f1_score

    generator = np.random.default_rng(4)
    answers = generator.integers(0, 20, (200, 5)).astype(np.float32) / 20
    truth = (generator.random((200, 5)) < answers).astype(np.uint8)

    found = score_labels([answers[:90], answers[90:]], truth, "abcde", thresholds=[0.5] * 5)

    assert found.mean_average_precision == pytest.approx(
        average_precision_score(truth, answers, average="macro")
    )
    for average, own in (("macro", found.macro_f1), ("micro", found.micro_f1)):
        assert own == pytest.approx(f1_score(truth, answers >= 0.5, average=average))


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    """Another number of labels, or no pictures, is an error with both shapes in it."""
    with pytest.raises(DataError, match=r"shape \(4, 3\) for truth of shape \(4, 2\)"):
        score_labels([ANSWERS], TRUTH[:, :2], ("p", "q", "r"), thresholds=[0.5] * 3)
    with pytest.raises(DataError, match="at least one picture"):
        score_labels([], TRUTH[:0], ("p", "q", "r"), thresholds=[0.5] * 3)


SORTED = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], np.float32)
HAS = np.array([1, 1, 0, 1, 1, 1], np.uint8)


@pytest.mark.parametrize(
    ("precision", "expected"),
    # F1 is best with all six; of the first two all are right; five of six are 0.83.
    [(None, 0.2), (0.95, 0.75), (0.8, 0.2), (0.75, 0.2)],
)
def test_a_threshold_serves_its_aim(precision: float | None, expected: float) -> None:
    """The best F1, or the lowest threshold that keeps the precision; between two answers."""
    assert choose_label_threshold(SORTED, HAS, precision=precision) == pytest.approx(expected)


def test_a_precision_that_is_never_reached_holds_nothing() -> None:
    """Where even the surest answers are wrong the threshold is 1; on few pictures there is none."""
    wrong_first = np.array([0, 1, 1, 1, 1, 1], np.uint8)

    assert choose_label_threshold(SORTED, wrong_first, precision=0.9) == 1.0
    assert choose_label_threshold(SORTED, np.array([1, 0, 0, 0, 0, 0], np.uint8)) is None


def test_a_threshold_keeps_neighbors_in_float32_apart() -> None:
    """Between two answers that differ by one step the threshold is the upper one."""
    upper = np.float32(0.3)
    lower = np.nextafter(upper, np.float32(0))
    answers = np.array([upper] * 5 + [lower] * 5, np.float32)

    threshold = choose_label_threshold(answers, np.array([1] * 5 + [0] * 5, np.uint8))

    assert threshold is not None
    assert lower < np.float32(threshold) <= upper


def test_scale_and_shift_undo_what_was_done_to_logits() -> None:
    """Answers whose logits were doubled and raised by one are brought back."""
    generator = np.random.default_rng(6)
    logits = generator.normal(-1, 2, 20_000)
    truth = (generator.random(20_000) < 1 / (1 + np.exp(-logits))).astype(np.uint8)
    answers = (1 / (1 + np.exp(-(2 * logits + 1)))).astype(np.float32)

    found = fit_scale_and_shift(answers, truth)

    # Of 20,000 draws two standard errors of the shift are 0.04.
    assert found == pytest.approx((0.5, -0.5), abs=0.06)
    assert fit_scale_and_shift(answers[:50], np.zeros(50, np.uint8)) is None
    # A label whose answers fall with the truth is left as it is: turned round, it would be another.
    assert fit_scale_and_shift(1 - answers, truth) is None
