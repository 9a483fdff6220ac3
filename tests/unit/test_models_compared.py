"""Two models on the same pictures: figures, chance, and the section of the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.reports import make_report

from kerasport.errors import DataError
from kerasport.evaluation import Evaluation, compare_models, score
from kerasport.evaluation.comparison import mcnemar
from kerasport.report import render_page


def evaluation_of(truth: list[int], answered: list[int]) -> Evaluation:
    rows = np.full((len(truth), 3), 0.1, np.float32)
    rows[np.arange(len(truth)), answered] = 0.8
    paths = [Path(f"{at}.png") for at in range(len(truth))]
    pixels = np.zeros((len(truth), 8, 8, 3), np.uint8)
    return score(rows, np.array(truth), ("a", "b", "c"), paths=paths, pixels=pixels)


@pytest.mark.parametrize("right", range(0, 12, 3))
@pytest.mark.parametrize("wrong", [0, 1, 5, 9])
def test_the_test_is_that_of_scipy(right: int, wrong: int) -> None:
    """The p-value is the two-sided one of a binomial distribution with 1/2."""
    stats = pytest.importorskip("scipy.stats")
    if right + wrong == 0:
        assert mcnemar(0, 0) == 1
        return

    expected = stats.binomtest(right, right + wrong, 0.5).pvalue

    assert mcnemar(right, wrong) == pytest.approx(expected, abs=1e-12)
    assert mcnemar(right, wrong) == mcnemar(wrong, right)


def test_thousands_of_pictures_are_no_obstacle() -> None:
    """Whole numbers do not overflow, and a difference of thousands is no chance."""
    assert mcnemar(4000, 4000) == 1
    assert mcnemar(5000, 1000) < 1e-300


def test_what_became_right_and_wrong_is_told_class_by_class() -> None:
    """Recall before and after, and the places of the pictures that changed."""
    found = compare_models(
        "old", np.array([0, 1, 0, 1, 2]), evaluation_of([0, 0, 1, 1, 2], [0, 0, 1, 2, 2])
    )

    assert (found.became_right, found.became_wrong) == ((1, 2), (3,))
    assert (found.before, found.after) == (0.6, 0.8)
    a, b, c = found.classes
    assert (a.before, a.after, a.became_right, a.became_wrong) == (0.5, 1.0, 1, 0)
    assert (b.before, b.after, b.became_right, b.became_wrong) == (0.5, 0.5, 1, 1)
    assert (c.pictures, c.became_right, c.became_wrong) == (1, 0, 0)


@pytest.mark.parametrize(
    ("earlier", "text"),
    [
        ([1] * 10 + [2] * 10, "Better, beyond chance: 10 picture(s) became right and 0 wrong"),
        ([0] * 18 + [2] * 2, "No more than chance may give: 2 picture(s)"),
        ([0] * 20, "The same 20 pictures are right as with old."),
    ],
    ids=["better", "chance", "alike"],
)
def test_a_sentence_says_what_came_of_it(earlier: list[int], text: str) -> None:
    """A difference that chance may give is called that, with the p-value."""
    now = [0] * 10 + [0] * 10 if earlier[-1] != 2 or earlier[0] == 0 else [0] * 10 + [2] * 10

    found = compare_models("old", np.array(earlier), evaluation_of([0] * 20, now))

    assert found.text.startswith(text)


def test_a_worse_model_is_called_worse() -> None:
    """Ten pictures that became wrong are no chance either."""
    found = compare_models("old", np.zeros(20, int), evaluation_of([0] * 20, [1] * 10 + [0] * 10))

    assert found.text.startswith("Worse, beyond chance: 0 picture(s) became right and 10 wrong")
    assert "p = 0.002" in found.text


def test_answers_to_other_pictures_are_refused() -> None:
    """As many answers are needed as there are pictures."""
    with pytest.raises(DataError, match="same"):
        compare_models("old", np.zeros(3, int), evaluation_of([0, 1], [0, 1]))


def test_the_report_shows_both_models() -> None:
    """The section has the sentence, the classes and the pictures; names are escaped."""
    report = make_report()
    evaluation = report.evaluation
    assert evaluation is not None
    earlier = evaluation.truth.copy()
    earlier[0] = (earlier[0] + 1) % len(evaluation.class_names)
    comparison = compare_models("<old>", earlier, evaluation)

    page = render_page(replace(report, comparison=comparison))

    assert "Compared with &lt;old&gt;" in page
    assert "<old>" not in page
    assert "Became wrong: " in page
    assert "was answered with" in page or not comparison.became_right
    assert "comparison" not in report.to_dict()
    assert replace(report, comparison=comparison).to_dict()["comparison"]["pValue"] <= 1
    assert "Compared with" not in render_page(report)
