"""Pictures for testing a model: it says what the labels are and how many, not the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.listening import Listening
from support.pictures import write_picture
from support.shards import files_below, parquet_of
from support.table_pictures import draw_pictures, paths

from kerasport.dataset import Dataset, read_labeled
from kerasport.errors import DataError
from kerasport.literals import OutputKind

KNOWN = ("beach", "dog", "sun")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Eighteen pictures."""
    return draw_pictures(tmp_path / "data")


def read(
    root: Path,
    text: str,
    *,
    kind: OutputKind = "labels",
    known: tuple[str, ...] = KNOWN,
    name: str = "table.csv",
) -> set[Any]:
    (root / name).write_text(text)
    dataset = read_labeled(root / name, class_names=known, kind=kind)
    assert dataset.class_names == known
    assert dataset.kind == kind
    assert {each.split for each in dataset.examples} == {"test"}
    return {each.label for each in dataset.examples}


def cells(root: Path, *values: str) -> str:
    rows = [f"{path},{values[at % len(values)]}" for at, path in enumerate(paths(root))]
    return "path,labels\n" + "\n".join(rows)


def columns(root: Path, heading: str, *values: str) -> str:
    rows = [f"{path},{values[at % len(values)]}" for at, path in enumerate(paths(root))]
    return f"path,{heading}\n" + "\n".join(rows)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["dog"], {(1,)}),
        ([""], {()}),
        (["dog|sun"], {(1, 2)}),
        (['"[""dog""]"'], {(1,)}),
        (['"[]"'], {()}),
        (["dog", "sun"], {(1,), (2,)}),
        (['"sun; dog"'], {(1, 2)}),
        (["dog sun"], {(1, 2)}),
    ],
)
def test_cells_that_look_like_one_class_are_labels(
    root: Path, values: list[str], expected: set[Any]
) -> None:
    """One label in all rows, none in all, one combination in all: nothing is guessed from that."""
    assert read(root, cells(root, *values)) == expected


@pytest.mark.parametrize(
    ("heading", "values", "expected"),
    [
        ("beach,dog,sun", ["0,1,0"], {(1,)}),
        ("beach,dog,sun", ["0,0,0"], {()}),
        ("beach,dog,sun", ["0,1,0", "0,0,1"], {(1,), (2,)}),
        ("dog", ["1", "0"], {(1,), ()}),
        ("width,dog,blurred", ["5,1,1", "6,0,1"], {(1,), ()}),
    ],
)
def test_columns_are_told_by_the_names_of_the_labels(
    root: Path, heading: str, values: list[str], expected: set[Any]
) -> None:
    """A column of a label is enough, and one of something else beside it is none."""
    assert read(root, columns(root, heading, *values)) == expected


def test_records_and_shards_and_arrays_too(root: Path) -> None:
    """Whatever the pictures come in, one label in all of them is one of several."""
    records = [{"path": path, "labels": ["dog"]} for path in paths(root)]
    text = "\n".join(json.dumps(each) for each in records)
    assert read(root, text, name="table.jsonl") == {(1,)}
    assert read(root, text.replace('["dog"]', "[]"), name="table.jsonl") == {()}
    assert read(root, text.replace('["dog"]', '"dog"'), name="table.jsonl") == {(1,)}

    pixels = np.random.default_rng(1).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
    for row, shown in (([0, 1, 0], (1,)), ([0, 0, 0], ())):
        np.savez(root / "a.npz", x_test=pixels, y_test=np.array([row] * 6, np.uint8))
        dataset = read_labeled(root / "a.npz", class_names=KNOWN, kind="labels")
        assert {each.label for each in dataset.examples} == {shown}


@pytest.mark.parametrize("cell", [["dog"], [], ["dog", "sun"]])
def test_lists_in_parquet_are_read_by_the_model(root: Path, tmp_path: Path, cell: Any) -> None:
    """Of a model of labels any list; of one class a list of one, and no other."""
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    images = [{"bytes": file.read_bytes(), "path": file.name} for file in files_below(root)]
    lists = pyarrow.array([cell] * len(images), pyarrow.list_(pyarrow.string()))
    parquet.write_table(parquet_of({"image": images, "labels": lists}), tmp_path / "x.parquet")

    def shown(kind: OutputKind) -> set[Any]:
        dataset = read_labeled(tmp_path / "x.parquet", class_names=KNOWN, kind=kind)
        return {each.label for each in dataset.examples}

    assert shown("labels") == {tuple(KNOWN.index(each) for each in cell)}
    if len(cell) == 1:
        assert shown("probabilities") == {1}
    else:
        with pytest.raises(DataError, match=r"no label|a list of 2 labels|no pictures with labels"):
            shown("probabilities")


def test_names_of_the_model_are_not_parted(root: Path) -> None:
    """A comma within the name of a label is none between labels."""
    known = ("a, b", "dog")

    assert read(root, cells(root, '"a, b"'), known=known) == {(0,)}
    assert read(root, cells(root, '"a, b"', '"a, b|dog"'), known=known) == {(0,), (0, 1)}


def test_a_model_of_one_class_reads_tables_too(root: Path) -> None:
    """One class in all rows is enough to test with; of several labels the line is told."""
    assert read(root, cells(root, "dog"), kind="probabilities") == {1}
    assert read(root, columns(root, "beach,dog", "0,1"), kind="probabilities") == {1}
    with pytest.raises(DataError, match=r"line 2: the classes 'beach' and 'dog' are set"):
        read(root, columns(root, "beach,dog", "1,1"), kind="probabilities")


@pytest.mark.parametrize("kind", ["probabilities", "labels"])
def test_a_table_beside_the_pictures_is_read(kind: OutputKind, tmp_path: Path) -> None:
    """A folder that is trained on by its table is tested by it too, of either kind of model."""
    for seed in range(3):
        write_picture(tmp_path / "data" / f"{seed}.png", seed=seed)
    lines = ["file_name,label", *(f"{seed}.png,dog" for seed in range(3))]
    (tmp_path / "data" / "metadata.csv").write_text("\n".join(lines))

    dataset = read_labeled(tmp_path / "data", class_names=KNOWN, kind=kind)

    assert [each.labels for each in dataset.examples] == [(1,)] * 3


def test_a_table_of_the_test_alone_is_enough(root: Path) -> None:
    """Nothing is to be trained on; where there are splits without a test, it is said."""
    assert read(root, columns(root, "label,split", "dog,test")) == {(1,)}
    with pytest.raises(DataError, match="has splits but no test among them"):
        read(root, columns(root, "label,split", "dog,train"))


def test_folders_give_one_label_and_say_so(root: Path) -> None:
    """What a folder is not named after may be there all the same."""
    heard = Listening()
    known = tuple(sorted(path.name for path in root.iterdir()))

    dataset: Dataset = read_labeled(root, class_names=known, kind="labels", progress=heard)

    assert all(len(each.labels) == 1 for each in dataset.examples)
    assert any("the label of its folder, and no other" in line for line in heard.said)


def test_labels_that_the_model_does_not_know_are_refused(root: Path) -> None:
    """Each by its name, with those that it knows."""
    with pytest.raises(DataError, match=r"does not know: cat\. Expected some of: beach, dog, sun"):
        read(root, cells(root, "cat|dog"))
    with pytest.raises(DataError, match=r"does not know: cat\."):
        read(root, columns(root, "dog,cat", "1,1"))
