"""Calibration: known values, and figures that another formula gives as well."""

from __future__ import annotations

import numpy as np
import pytest

from kerasport.errors import DataError
from kerasport.evaluation.reliability import expected_calibration_error, reliability
from kerasport.training.calibration import choose_threshold, fit_temperature, with_temperature


def two_classes(confidence: list[float]) -> np.ndarray:
    """Answers with class 0 first, float32 `[n, 2]`."""
    first = np.array(confidence, np.float32)
    return np.stack([first, 1 - first], axis=1)


def draw(*, temperature: float, pictures: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `temperature` times as large as the truth deserves, and that truth."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 1.5, (pictures, 5))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (shares.cumsum(axis=1) < generator.random((pictures, 1))).sum(axis=1)
    return logits * temperature, truth


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_the_error_by_hand() -> None:
    """Two bins: |0.5 - 0.75| for two of four pictures, |1 - 0.95| for the others."""
    probabilities = two_classes([0.7, 0.8, 0.95, 0.95])
    truth = np.array([0, 1, 0, 0])

    found = expected_calibration_error(probabilities, truth, bins=10)
    halves = expected_calibration_error(probabilities, truth, bins=2)

    # 0.7 -> bin 7: |1 - 0.7|; 0.8 -> bin 8: |0 - 0.8|; 0.95 twice in bin 10: |1 - 0.95|.
    assert found == pytest.approx((0.3 + 0.8 + 2 * 0.05) / 4)
    # All in the upper half: |3/4 - 0.85|.
    assert halves == pytest.approx(0.1)


def test_bins_end_at_their_upper_edge() -> None:
    """Bin m holds what is above (m - 1) / M and at most m / M, as the paper has it."""
    probabilities = np.array([[0.5, 0.5], [0.75, 0.25], [0.76, 0.24], [1.0, 0.0]], np.float64)

    found = reliability(probabilities.astype(np.float32), np.zeros(4, np.int64), bins=4)

    assert found.counts == (0, 1, 1, 2)
    assert found.confidence == pytest.approx((0, 0.5, 0.75, 0.88))
    assert found.accuracy == (0, 1, 1, 1)


def test_perfect_and_worst_calibration() -> None:
    """Certainty that is always right has the error 0, certainty that is always wrong 1."""
    certain = two_classes([1.0] * 7)

    assert expected_calibration_error(certain, np.zeros(7, np.int64)) == 0
    assert expected_calibration_error(certain, np.ones(7, np.int64)) == 1


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found_again(temperature: float) -> None:
    """Logits scaled by T are fitted with T, from logits and from probabilities alike."""
    logits, truth = draw(temperature=temperature, pictures=20_000)

    found = fit_temperature(logits, truth, from_logits=True)
    from_shares = fit_temperature(softmax(logits).astype(np.float32), truth)

    # The deviation of the estimate at 20,000 pictures is about 1 %.
    assert found == pytest.approx(temperature, rel=0.03)
    # float32 keeps seven digits of a probability.
    assert from_shares == pytest.approx(found, rel=1e-5)


def test_the_temperature_is_the_minimum_of_scikit_learns_loss() -> None:
    """No temperature near the fitted one has a lower log loss."""
    from sklearn.metrics import log_loss

    logits, truth = draw(temperature=2.0, pictures=500)
    found = fit_temperature(logits, truth, from_logits=True)
    assert found is not None

    losses = [log_loss(truth, softmax(logits / (found * f))) for f in (0.98, 0.999, 1, 1.001, 1.02)]

    assert min(losses) == losses[2]


def test_calibrating_lowers_the_error_and_keeps_the_answers() -> None:
    """Scaling an overconfident model brings the error down on fresh pictures; argmax stays."""
    logits, truth = draw(temperature=3.0, pictures=8_000)
    raw = softmax(logits).astype(np.float32)
    found = fit_temperature(raw[:4_000], truth[:4_000])
    assert found is not None

    scaled = with_temperature(raw, found)

    assert np.array_equal(scaled.argmax(axis=1), raw.argmax(axis=1))
    assert expected_calibration_error(raw[4_000:], truth[4_000:]) > 0.15
    assert expected_calibration_error(scaled[4_000:], truth[4_000:]) < 0.03


def test_pictures_that_are_all_right_determine_no_temperature() -> None:
    """Without a mistake the likelihood grows for ever as T falls, so there is no best T."""
    assert fit_temperature(two_classes([0.6, 0.7, 0.9]), np.zeros(3, np.int64)) is None


def test_a_model_that_is_worse_than_chance_determines_no_temperature() -> None:
    """Where the flattest answers are the best the optimum is at infinity."""
    assert fit_temperature(two_classes([0.9] * 10), np.array([1] * 9 + [0])) is None


def test_a_probability_that_was_rounded_to_zero_has_a_logarithm() -> None:
    """One certain mistake of two classes costs as much as float32 can tell, not infinity."""
    confident = two_classes([0.9] * 50 + [1.0])
    truth = np.array([0] * 50 + [1])

    found = fit_temperature(confident, truth)

    assert found is not None
    assert 1 < found < 10


def test_the_threshold_by_hand() -> None:
    """The lowest confidence at which 19 of 20 accepted answers are right is returned."""
    # 38 right, a mistake, a right one: 39 of 40; two mistakes: 39 of 41 is still 95.1 %, 39 of
    # 42 is 92.9 %.
    confidence = [0.9] * 38 + [0.8, 0.7, 0.6, 0.55]
    truth = np.array([0] * 38 + [1, 0, 1, 1])

    assert choose_threshold(two_classes(confidence), truth) == 0.6
    assert choose_threshold(two_classes(confidence), truth, precision=1.0) == 0.9


def test_equal_confidences_are_accepted_together() -> None:
    """A limit in the middle of equal confidences would be none."""
    confidence = [0.9] * 30 + [0.8] * 10
    truth = np.array([0] * 35 + [1] * 5)

    assert choose_threshold(two_classes(confidence), truth) == 0.9


def test_the_threshold_is_never_below_one_half() -> None:
    """Below 0.5 a calibrated answer is more often wrong than right, whatever the rest."""
    shares = np.tile(np.array([[0.4, 0.3, 0.3]], np.float32), (40, 1))

    assert choose_threshold(shares, np.zeros(40, np.int64)) == 0.5


@pytest.mark.parametrize("pictures", [19, 20])
def test_a_few_pictures_give_no_threshold(pictures: int) -> None:
    """19 right answers are not enough to claim 95 %, 20 are."""
    found = choose_threshold(two_classes([0.9] * pictures), np.zeros(pictures, np.int64))

    assert found == (None if pictures < 20 else 0.9)


def test_a_poor_model_has_no_threshold() -> None:
    """Where no confidence has 95 % right answers there is nothing to rely upon."""
    assert choose_threshold(two_classes([0.9] * 100), np.arange(100) % 2) is None


@pytest.mark.parametrize("function", [fit_temperature, reliability, choose_threshold])
@pytest.mark.parametrize(("pictures", "truths"), [(0, 0), (3, 2)])
def test_what_does_not_belong_together_is_refused(
    function: object, pictures: int, truths: int
) -> None:
    """No pictures, or other pictures than truths, are an error and not a figure."""
    answers = np.full((pictures, 2), 0.5, np.float32)

    with pytest.raises(DataError, match=rf"\({pictures}, 2\) for {truths} picture"):
        function(answers, np.zeros(truths, np.int64))  # type: ignore[operator]


def test_blocks_change_no_temperature(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pictures of many classes are worked on in pieces; the result has the same bits."""
    from kerasport.evaluation import answers

    generator = np.random.default_rng(3)
    shares = generator.dirichlet(np.ones(5), 200).astype(np.float32)
    truth = np.array([generator.choice(5, p=row / row.sum()) for row in shares.astype(float)])
    whole = fit_temperature(shares, truth)
    scaled = with_temperature(shares, 1.7)

    monkeypatch.setattr(answers, "_BLOCK_VALUES", 35)

    assert whole is not None
    assert fit_temperature(shares, truth) == whole
    assert (with_temperature(shares, 1.7) == scaled).all()
