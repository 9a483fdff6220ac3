"""Tables of the answers of a model of several labels: every label, and those that hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kerasport.bulk.columns import columns_of
from kerasport.bulk.rows import AnswerRow
from kerasport.bulk.tables import table_for
from kerasport.bundle.agreement import same_answers
from kerasport.bundle.output import LabelsOutput
from kerasport.errors import UsageError
from kerasport.exporter.quantize.choice import _accuracy

NAMES = ["dog", "=beach", "sun"]
OUTPUT = LabelsOutput(thresholds=[0.5, 0.25, 0.75])
ROWS = [
    AnswerRow("a.png", np.array([0.5, 0.25, 0.5], np.float32)),
    AnswerRow("b.png", np.array([0.25, 0.125, 0.5], np.float32)),
    AnswerRow("c.png", None, "is no picture"),
]


def written(name: str, tmp_path: Path) -> Path:
    table = table_for(tmp_path / name, NAMES, None, OUTPUT)
    part = tmp_path / "part"
    part.write_bytes(table.encode(ROWS))
    with (tmp_path / name).open("wb") as file:
        table.assemble([part], file)
    return tmp_path / name


def test_csv_has_those_that_hold_and_a_column_for_each(tmp_path: Path) -> None:
    """None may hold; of a picture that cannot be read nothing is told but why."""
    lines = written("answers.csv", tmp_path).read_text("utf-8").splitlines()

    assert lines == [
        "name,labels,error,p:dog,p:=beach,p:sun",
        "a.png,dog|=beach,,0.5,0.25,0.5",
        "b.png,,,0.25,0.125,0.5",
        "c.png,,is no picture,,,",
    ]


def test_json_lines_have_lists(tmp_path: Path) -> None:
    """No class is named as the best."""
    first, second, third = map(json.loads, written("a.jsonl", tmp_path).read_text().splitlines())

    assert first["labels"] == ["dog", "=beach"]
    assert first["probabilities"] == {"dog": 0.5, "=beach": 0.25, "sun": 0.5}
    assert second["labels"] == []
    assert third == {"name": "c.png", "error": "is no picture"}
    assert "class" not in first


def test_parquet_has_lists(tmp_path: Path) -> None:
    """A list of text for each picture, empty where none holds, missing where it is not read."""
    parquet = pytest.importorskip("pyarrow.parquet")

    table = parquet.read_table(written("answers.parquet", tmp_path))

    assert table.column_names == ["name", "labels", "probabilities", "error"]
    assert table.column("labels").to_pylist() == [["dog", "=beach"], [], None]


def test_batches_of_others_have_the_same_columns() -> None:
    """A dict of columns gets `labels`, `probabilities` and `error` behind its own."""
    batch = columns_of({"image": ["a", "b", "c"]})

    answered = batch.with_answers(ROWS, NAMES, None, None, OUTPUT)

    assert list(answered) == ["image", "labels", "probabilities", "error"]
    assert list(answered["labels"]) == [["dog", "=beach"], [], None]


def test_the_best_of_labels_are_refused(tmp_path: Path) -> None:
    """There is no order among them by which one would be better."""
    with pytest.raises(UsageError, match=r"no best ones to choose\. Leave top out"):
        table_for(tmp_path / "answers.csv", NAMES, 2, OUTPUT)


def test_answers_are_the_same_where_the_same_labels_hold() -> None:
    """Within the tolerance of a threshold a label may hold or not; anywhere else it may not."""
    expected = np.array([[0.5, 0.9, 0.1]], np.float32)
    below = np.array([[0.49995, 0.9, 0.1]], np.float32)
    other = np.array([[0.5, 0.2, 0.1]], np.float32)

    assert same_answers(expected, expected, OUTPUT).tolist() == [True]
    assert same_answers(expected, below, OUTPUT).tolist() == [False]
    assert same_answers(expected, below, OUTPUT, tolerance=1e-4).tolist() == [True]
    assert same_answers(expected, other, OUTPUT, tolerance=1e-4).tolist() == [False]
    # The best class is the same, and would hide it.
    assert same_answers(expected, other[:, [0, 1, 2]] + [[0, 0.7, 0.8]], OUTPUT).tolist() == [False]


def test_the_accuracy_of_labels_is_the_mean_of_their_f1() -> None:
    """Missing every label is no accuracy, however few there are."""
    truth = np.array([[1, 0, 0], [1, 1, 0]], np.uint8)
    answers = np.array([[0.9, 0.9, 0], [0.1, 0.9, 0]], np.float32)

    # dog: one of two found, none false; beach: found, and one false; sun: nowhere.
    assert _accuracy(answers, truth, OUTPUT) == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert _accuracy(np.zeros_like(answers), truth, OUTPUT) == 0
