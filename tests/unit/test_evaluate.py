"""Figures from probabilities and truth."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from kerasport.errors import DataError
from kerasport.evaluation import Confusion, score, score_batches

NAMES = ("ant", "bee", "cat")

# Predictions: ant, bee, bee, ant, cat; two of them wrong.
PROBABILITIES = np.array(
    [[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.1, 0.9, 0.0], [0.4, 0.3, 0.3], [0.0, 0.1, 0.9]],
    np.float32,
)
TRUTH = np.array([0, 1, 2, 1, 2])


def test_accuracy_and_confusion() -> None:
    """Accuracy counts best classes; the confusion has true classes as rows."""
    result = score(PROBABILITIES, TRUTH, NAMES)

    assert result.pictures == 5
    assert result.accuracy == pytest.approx(3 / 5)
    assert result.confusion == ((1, 0, 0), (1, 1, 0), (0, 1, 1))
    assert result.predicted.tolist() == [0, 1, 1, 0, 2]


def test_scores_of_each_class() -> None:
    """Precision, recall and f1 by their definitions, in the order of the class names."""
    result = score(PROBABILITIES, TRUTH, NAMES)

    table = [(c.name, c.precision, c.recall, c.f1, c.support) for c in result.classes]
    assert table == [
        ("ant", 0.5, 1.0, pytest.approx(2 / 3), 1),
        ("bee", 0.5, 0.5, 0.5, 2),
        ("cat", 1.0, 0.5, pytest.approx(2 / 3), 2),
    ]


def test_a_class_without_pictures_scores_zero() -> None:
    """A class that occurs neither in truth nor in answers gives zeros, not warnings."""
    result = score(PROBABILITIES[:1], TRUTH[:1], NAMES)

    assert [(c.recall, c.support) for c in result.classes] == [(1.0, 1), (0.0, 0), (0.0, 0)]


def test_top_k_counts_ties_like_the_best_class() -> None:
    """The true class counts from its rank on; the earlier of two equal ones ranks first."""
    result = score(PROBABILITIES, TRUTH, NAMES)
    tied = score(np.full((2, 3), 1 / 3, np.float32), np.array([0, 1]), NAMES)

    assert result.top_k == {1: pytest.approx(3 / 5), 2: pytest.approx(4 / 5)}
    assert tied.accuracy == tied.top_k[1] == 0.5
    assert tied.top_k[2] == 1.0


def test_mistakes_come_with_the_most_confident_first() -> None:
    """Each mistake names the picture, the truth, the answer and its probability."""
    paths = [Path(f"{number}.png") for number in range(5)]

    result = score(PROBABILITIES, TRUTH, NAMES, paths=paths)

    found = [(m.index, m.path, m.truth, m.predicted) for m in result.mistakes]
    assert found == [(2, Path("2.png"), "cat", "bee"), (3, Path("3.png"), "bee", "ant")]
    assert [m.confidence for m in result.mistakes] == pytest.approx([0.9, 0.4])


def test_the_document_is_plain_json() -> None:
    """`to_dict` holds everything but the arrays and survives JSON."""
    document = score(PROBABILITIES, TRUTH, NAMES).to_dict()

    assert json.loads(json.dumps(document)) == document
    assert document["confusion"] == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    assert document["mistakes"][0]["picture"] == 2
    # Confidence 0.8 right, 0.5 right, 0.9 wrong and 0.9 right, 0.4 wrong, each in a bin of its own
    # but for the two at 0.9: |1 - 0.8| + |1 - 0.5| + |1 - 1.8| + |0 - 0.4|.
    assert document["expectedCalibrationError"] == pytest.approx((0.2 + 0.5 + 0.8 + 0.4) / 5)
    assert sum(document["reliability"]["counts"]) == 5


@pytest.mark.parametrize(
    ("probabilities", "truth", "shape"),
    [
        (PROBABILITIES[:0], TRUTH[:0], "(0, 3) for 0 picture(s)"),
        (PROBABILITIES[:4], TRUTH, "(4, 3) for 5 picture(s)"),
        (PROBABILITIES[:, :2], TRUTH, "(5, 2) for 5 picture(s)"),
    ],
    ids=["no pictures", "too few rows", "too few columns"],
)
def test_what_does_not_belong_together_is_refused(
    probabilities: np.ndarray, truth: np.ndarray, shape: str
) -> None:
    """Shapes that do not match are an error, not a wrong figure."""
    message = (
        f"Probabilities of shape {shape} and 3 classes cannot be scored. "
        "Expected [pictures, classes] and at least one picture."
    )
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        score(probabilities, truth, NAMES)


def test_batches_give_the_figures_of_the_whole() -> None:
    """However the answers are cut, and with ties among them, every figure is the same."""
    generator = np.random.default_rng(5)
    truth = generator.integers(0, 7, 60)
    # Quarters, so that many are equal.
    answers = generator.integers(0, 5, (60, 7)).astype(np.float32) / 4
    names = [f"class {number}" for number in range(7)]
    whole = score(answers, truth, names)

    pieces = score_batches(iter(np.split(answers, [1, 13, 40])), truth, names)

    assert pieces.to_dict() == whole.to_dict()
    order = np.argsort(-answers, axis=1, kind="stable")
    for count, share in whole.top_k.items():
        assert share == np.mean(
            [right in row[:count] for right, row in zip(truth, order, strict=True)]
        )


@pytest.mark.parametrize("classes", [2, 9, 150])
def test_the_cells_are_those_of_scikit_learns_matrix(classes: int) -> None:
    """Cells, rows and most frequent mistakes say what the dense matrix says."""
    from sklearn.metrics import confusion_matrix

    generator = np.random.default_rng(classes)
    truth, predicted = generator.integers(0, classes, (2, 400))
    dense = confusion_matrix(truth, predicted, labels=np.arange(classes))

    cells = Confusion.count(truth, predicted, classes=classes)

    assert (cells.matrix() == dense).all()
    assert cells.support.tolist() == dense.sum(axis=1).tolist()
    wrong = dense - np.diag(np.diag(dense))
    (row, column, most), *_ = cells.worst(3)
    assert most == wrong.max() == wrong[row, column]
    chosen = cells.most_confused(5)
    part = cells.among(chosen).matrix()
    assert (part == dense[np.ix_(chosen, chosen)]).all()
    blame = wrong.sum(axis=0) + wrong.sum(axis=1)
    assert sorted(blame[chosen]) == sorted(np.sort(blame)[-5:])


def test_many_classes_cost_no_more_than_their_pictures() -> None:
    """A matrix of 50,000 classes would be 20 GB; here they take megabytes."""
    count = 50_000
    names = [f"class {number}" for number in range(count)]
    truth = np.arange(8, dtype=np.int64) * 6_000
    answers = np.zeros((8, count), np.float32)
    answers[np.arange(8), truth // 2] = 1.0
    tracemalloc.start()

    result = score(answers, truth, names)
    text = json.dumps(result.to_dict())

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6
    assert len(text) < 10e6
    assert result.to_dict()["confusion"] is None
    assert result.to_dict()["confusionCells"] == {
        "truth": truth.tolist(),
        "predicted": (truth // 2).tolist(),
        "pictures": [1] * 8,
    }
    assert result.accuracy == 1 / 8
