"""Several labels per picture: where they are found, and where a table stays one of one class."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.pictures import write_class_folders
from support.shards import files_below, parquet_of
from support.table_pictures import draw_pictures, paths, told_of

from kerasport.dataset import Dataset, ReadOptions, check_dataset, read_data, read_labeled
from kerasport.errors import DataError

FEW = ReadOptions(min_per_class=1, test_share=0, validation_share=0)
MANY = ReadOptions(min_per_class=1, test_share=0, validation_share=0, labels="many")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Eighteen pictures."""
    return draw_pictures(tmp_path / "data")


def read(root: Path, cells: list[str], options: ReadOptions = FEW, *, mark: str = ",") -> Dataset:
    """Read a table whose label cells are these, again and again until every picture has one."""
    table = root / "table.csv"
    rows = [f"{name}{mark}{cells[at % len(cells)]}" for at, name in enumerate(paths(root))]
    table.write_text(f"path{mark}label\n" + "\n".join(rows))
    return read_data(table, options=options)


def sets_of(dataset: Dataset) -> set[tuple[str, ...]]:
    return {tuple(dataset.class_names[at] for at in each.labels) for each in dataset.examples}


FOUND = {
    "bars": (["dog", "cat", "dog|cat"], {("dog",), ("cat",), ("cat", "dog")}),
    "semicolons": (["dog", "cat", "cat; dog"], {("dog",), ("cat",), ("cat", "dog")}),
    "commas in quotes": (["dog", "cat", '"dog, cat"'], {("dog",), ("cat",), ("cat", "dog")}),
    "a rare label in a combination": (
        ["dog", "cat", "dog|cat", "dog|cat|zebra"],
        {("dog",), ("cat",), ("cat", "dog"), ("cat", "dog", "zebra")},
    ),
    "bars where none is alone": (
        ["dog|sea", "sea|sun", "dog|sun|sea", "sun|dog"],
        {("dog", "sea"), ("sea", "sun"), ("dog", "sea", "sun"), ("dog", "sun")},
    ),
    "JSON lists": (
        ['"[""dog"", ""cat""]"', '"[""cat""]"', "[]"],
        {("cat", "dog"), ("cat",), ()},
    ),
    "lists of pandas": (["\"['dog', 'cat']\"", "dog"], {("cat", "dog"), ("dog",)}),
    "sets of pandas": (["\"{'dog', 'cat'}\"", "dog"], {("cat", "dog"), ("dog",)}),
    "tuples of pandas": (["\"('dog', 'cat')\"", "dog"], {("cat", "dog"), ("dog",)}),
    "arrays of numpy": (["['dog' 'cat']", "['dog']"], {("cat", "dog"), ("dog",)}),
    "arrays in a list": (
        ["\"array(['dog', 'cat'], dtype=object)\"", "dog"],
        {("cat", "dog"), ("dog",)},
    ),
    "wide marks": (["dog", "cat", "dog\u3001cat"], {("dog",), ("cat",), ("cat", "dog")}),
    "empty cells beside": (["dog", "cat", "", "dog|cat"], {("dog",), ("cat",), (), ("cat", "dog")}),
}


@pytest.mark.parametrize(("cells", "expected"), FOUND.values(), ids=FOUND.keys())
def test_several_labels_in_a_cell_are_found(
    root: Path, cells: list[str], expected: set[tuple[str, ...]]
) -> None:
    """Marks between labels that other rows have alone, and lists, say that there are several."""
    dataset = read(root, cells)

    assert dataset.kind == "labels"
    assert sets_of(dataset) == expected


ONE = {
    "names with a comma": ['"Doe, Jane"', '"Roe, Richard"'],
    "two crossed parts": [
        *(f'"{plant}, {state}"' for plant in ("apple", "corn") for state in ("rust", "scab"))
    ],
    "two crossed parts with bars": [
        *(f"{plant}|{state}" for plant in ("apple", "corn") for state in ("rust", "scab"))
    ],
    "paths in a tree": ["animal|dog", "animal|cat", "animal|dog|male", "animal|cat|male"],
    "a part that stands alone": ["shoes", "bags", "shoes; red", "bags; red"],
    "synonyms": ['"tench, Tinca tinca"', '"crane, bird"', '"crane, machine"', "bird"],
}


@pytest.mark.parametrize("cells", ONE.values(), ids=ONE.keys())
def test_names_with_marks_stay_one_class(root: Path, cells: list[str]) -> None:
    """Names built of parts are no labels: in doubt a picture has one class."""
    dataset = read(root, cells)

    assert dataset.kind == "probabilities"
    assert sorted(dataset.class_names) == sorted(cell.strip('"') for cell in cells)


def test_doubt_is_said_with_the_option(root: Path) -> None:
    """Where parts occur elsewhere too, a line names what decides it; else nothing is said."""
    doubtful = read(root, ["shoes", "bags", "shoes; red", "bags; red"])
    table = root / "table.csv"

    assert told_of(doubtful) == [
        (
            "one-label",
            "note",
            f"'{table}': 8 row(s) have a semicolon in their label, like 'bags; red', which is "
            "taken for one name. If it stands between several labels, pass --labels many.",
        )
    ]
    assert told_of(read(root, ['"Doe, Jane"', '"Roe, Richard"'])) == []


def test_what_was_chosen_is_said(root: Path) -> None:
    """One line says how many labels there are, how many a picture has, and how to choose else."""
    dataset = read(root, ["dog", "cat", "", "dog|cat"])

    assert told_of(dataset)[-1] == (
        "several-labels",
        "note",
        "2 labels, up to 2 per picture, 4 picture(s) with none: training independent sigmoids. "
        "Where a picture has one class, pass --labels one.",
    )


ASKED = {
    "crossed parts": (['"apple, rust"', '"corn, scab"'], {("apple", "rust"), ("corn", "scab")}),
    "spaces": (["haze primary", "primary", "haze"], {("haze", "primary"), ("primary",), ("haze",)}),
    "names with a space": (["early blight", "late frost"], {("early blight",), ("late frost",)}),
    "one each": (["dog", "cat"], {("dog",), ("cat",)}),
    "none": (["dog", "cat", ""], {("dog",), ("cat",), ()}),
    "marks at the end": (["dog|", "|cat|dog"], {("dog",), ("cat", "dog")}),
    "slashes": (["dog/cat", "dog", "cat"], {("cat", "dog"), ("dog",), ("cat",)}),
    "a slash in a name": (["either/or", "both/and"], {("either/or",), ("both/and",)}),
}


@pytest.mark.parametrize(("cells", "expected"), ASKED.values(), ids=ASKED.keys())
def test_many_labels_can_be_asked_for(
    root: Path, cells: list[str], expected: set[tuple[str, ...]]
) -> None:
    """With `labels="many"` the likeliest mark parts the cells, and an empty cell has no label."""
    dataset = read(root, cells, MANY)

    assert dataset.kind == "labels"
    assert sets_of(dataset) == expected


def test_rows_that_repeat_a_picture_are_joined_where_asked(root: Path) -> None:
    """A table with a row for each label of a picture gives it all of them."""
    table = root / "table.csv"
    rows = [f"{name},{label}" for name in paths(root) for label in ("x", name[0])]
    table.write_text("path,label\n" + "\n".join(rows))

    assert sets_of(read_data(table, options=MANY)) == {("a", "x"), ("b", "x")}


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("true", "false"), ("Yes", "No")])
def test_columns_that_are_set_are_labels(root: Path, yes: str, no: str) -> None:
    """Several set columns in one row make them labels, with rows that have none."""
    table = root / "table.csv"
    flags = [(yes, yes), (yes, no), (no, no), (no, yes)]
    rows = [",".join((name, *flags[at % 4])) for at, name in enumerate(paths(root))]
    table.write_text("path,dog,cat\n" + "\n".join(rows))

    dataset = read_data(table, options=FEW)

    assert dataset.kind == "labels"
    assert sets_of(dataset) == {("cat", "dog"), ("dog",), (), ("cat",)}


def test_flags_beside_other_columns_are_labels_where_asked(root: Path) -> None:
    """In doubt the table is refused with the option that decides; with it the rest is left out."""
    table = root / "table.csv"
    rows = [f"{name},{at},{at % 2},1" for at, name in enumerate(paths(root))]
    table.write_text("path,age,dog,cat\n" + "\n".join(rows))

    with pytest.raises(DataError, match=r"If 'dog', 'cat' are labels, pass --labels many"):
        read_data(table, options=FEW)
    assert sets_of(read_data(table, options=MANY)) == {("cat", "dog"), ("cat",)}


def test_json_lines_and_frames_hold_lists(root: Path) -> None:
    """Lists of names or numbers in records are labels; an empty list is a picture with none."""
    table = root / "table.jsonl"
    lists = [[1, 2], [2], []]
    lines = [
        f'{{"file": "{name}", "labels": {lists[at % 3]}}}' for at, name in enumerate(paths(root))
    ]
    table.write_text("\n".join(lines))
    frame = pd.DataFrame(
        {"path": paths(root), "tags": [["x", "y"] if at % 2 else ["y"] for at in range(18)]}
    )

    arrays = frame.assign(tags=[np.array(each) for each in frame["tags"]])

    assert sets_of(read_data(table, options=FEW)) == {("1", "2"), ("2",), ()}
    options = ReadOptions(root=root, min_per_class=1)
    assert sets_of(read_data(frame, options=options)) == {("x", "y"), ("y",)}
    assert sets_of(read_data(arrays, options=options)) == {("x", "y"), ("y",)}


@pytest.mark.parametrize("named", [True, False], ids=["numbers with names", "texts"])
def test_lists_in_parquet_are_labels(root: Path, tmp_path: Path, named: bool) -> None:
    """A column of lists holds labels where no column holds one; one beside it counts first."""
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    files = files_below(root)
    texts = [["dog", "sea"], ["sea"], [], ["dog"]]
    numbers = [[["dog", "sea"].index(name) for name in each] for each in texts]
    cells = [(numbers if named else texts)[at % 4] for at in range(len(files))]
    columns = {"image": [{"bytes": file.read_bytes()} for file in files], "labels": cells}
    table = parquet_of(columns)
    if named:
        feature = {"feature": {"names": ["dog", "sea"], "_type": "ClassLabel"}, "_type": "Sequence"}
        said = json.dumps({"info": {"features": {"labels": feature}}})
        table = table.replace_schema_metadata({"huggingface": said})
    parquet.write_table(table, tmp_path / "x.parquet", row_group_size=5)
    beside = parquet_of({**columns, "label": ["p", "q"] * 9})
    parquet.write_table(beside, tmp_path / "y.parquet")

    dataset = read_data(tmp_path / "x.parquet", options=FEW)

    assert dataset.kind == "labels"
    assert [sets_of_one(dataset, at) for at in range(4)] == [tuple(each) for each in texts]
    assert read_data(tmp_path / "y.parquet", options=FEW).class_names == ("p", "q")
    if not named:
        assert read_data(tmp_path / "y.parquet", options=MANY).class_names == ("dog", "sea")


def sets_of_one(dataset: Dataset, at: int) -> tuple[str, ...]:
    return tuple(dataset.class_names[label] for label in dataset.examples[at].labels)


def test_rows_of_ones_are_labels() -> None:
    """Multi-hot rows are found; one-hot rows stay classes until many labels are asked for."""
    x = np.arange(20 * 64, dtype=np.uint8).reshape(20, 8, 8)
    y = np.zeros((20, 3), np.uint8)
    y[:, 0] = 1
    y[::2, 2] = 1
    one_hot = np.eye(3, dtype=bool)[np.arange(20) % 3]
    names = ("p", "q", "r")

    found = read_data(
        (x, y), options=ReadOptions(min_per_class=1, class_names=names, classes=("p", "r"))
    )
    asked = read_data((x, one_hot), options=MANY)

    assert (found.kind, found.class_names) == ("labels", ("p", "r"))
    assert sets_of(found) == {("p",), ("p", "r")}
    assert read_data((x, one_hot), options=FEW).kind == "probabilities"
    assert sets_of(asked) == {("0",), ("1",), ("2",)}


def test_pictures_are_kept_where_some_labels_are_chosen(root: Path) -> None:
    """Choosing labels leaves the others out of every picture, and every picture in."""
    options = ReadOptions(min_per_class=1, classes=["cat", "dog"], labels="many")

    dataset = read(root, ["dog|sea", "cat", "sea"], options)

    assert len(dataset.examples) == 18
    assert sets_of(dataset) == {("dog",), ("cat",), ()}


def test_class_folders_can_be_labels(tmp_path: Path) -> None:
    """Folders give each picture one label where many are asked for."""
    write_class_folders(tmp_path, {"a": 6, "b": 6})

    assert sets_of(read_data(tmp_path, options=MANY)) == {("a",), ("b",)}


def test_tested_pictures_take_the_labels_of_the_model(root: Path) -> None:
    """A table for testing has some of the model's labels, at its places, all in the test."""
    read(root, ["dog", "cat", "dog|cat"])

    dataset = read_labeled(root / "table.csv", class_names=("bird", "cat", "dog"), kind="labels")

    assert {each.split for each in dataset.examples} == {"test"}
    assert {each.label for each in dataset.examples} == {(1,), (2,), (1, 2)}
    with pytest.raises(DataError, match="labels that the model does not know: dog"):
        read_labeled(root / "table.csv", class_names=("bird", "cat"), kind="labels")


def test_the_check_knows_labels(root: Path) -> None:
    """Pictures without label, and labels always together or everywhere, are told."""
    dataset = read(root, ["dog|sun|sea", "dog|sun", "sea|dog|sun", "dog|sun|owl"], MANY)
    dataset = Dataset(
        dataset.root,
        dataset.class_names,
        tuple(e for e in dataset.examples for _ in range(10 if 2 not in e.labels else 1)),
        kind="labels",
    )
    report = check_dataset(dataset, options=FEW)
    told = {finding.kind: finding.message for finding in report.findings}

    assert told["always-together"] == "Labels that are always on the same pictures: dog = sun."
    assert told["on-every-picture"] == "Every training picture has: dog, sun."
    assert report.totals is not None
    assert report.totals.without_label == 0
    assert report.class_weights == {}
    empty = read(root, ["dog", "cat", "", "dog|cat"])
    findings = {f.kind: f for f in check_dataset(empty, options=FEW).findings}
    assert findings["no-labels"].message == (
        "4 of 18 picture(s) have no label: they show what is none of them."
    )


def test_copies_with_other_labels_are_told(root: Path) -> None:
    """The same bytes under two label sets are a contradiction, and lie in one split."""
    first, second, *_ = paths(root)
    (root / second).write_bytes((root / first).read_bytes())
    dataset = read(root, ["dog", "cat", "dog|cat"], ReadOptions(min_per_class=1, test_share=0.4))

    kinds = {f.kind: f.message for f in check_dataset(dataset, options=FEW).findings}

    assert kinds["two-labels"] == "1 picture(s) have a copy with other labels, byte for byte."
    assert len({e.split for e in dataset.examples if e.content == dataset.examples[0].content})


NO_LABELS = {
    "a list in a list": ([["dog"], ["cat"]], "a list stands for a label"),
    "an object": ([{"name": "dog"}, "cat"], "an object stands for a label"),
    "a number for each class": ([0, 1, 0, 1], "has a number for each class, and not the classes"),
    "truth values for each class": ([True, False, True], "has a number for each class"),
    "a share for each class": ([0.1, 0.75, 0.15], "has a number for each class"),
    "a list cut off": ("['dog', 'cat'", "begins like a list, and is none that can be read"),
    "a text that is not closed": ('["dog", "cat]', "begins like a list, and is none"),
    "more than any picture has": ([f"l{n}" for n in range(2000)], "2,000 labels. Expected"),
    "a name of a book": (["x" * 501, "dog"], "a label of 501 characters"),
}


@pytest.mark.parametrize(
    ("value", "message", "everywhere"),
    [
        pytest.param(value, message, everywhere, id=f"{name}, {'all' if everywhere else 'one'}")
        for name, (value, message) in NO_LABELS.items()
        # Beside names, numbers are names.
        for everywhere in ((True,) if "number for each" in message else (True, False))
    ],
)
def test_lists_of_what_is_no_label_are_refused(
    root: Path, value: object, message: str, everywhere: bool
) -> None:
    """What stands in a list is never made a class by being written out; the line is named."""
    rows = [value if everywhere or at == 2 else ["dog", "cat"] for at in range(len(paths(root)))]
    lines = [json.dumps({"path": p, "label": v}) for p, v in zip(paths(root), rows, strict=True)]
    (root / "table.jsonl").write_text("\n".join(lines))

    with pytest.raises(DataError, match=message) as caught:
        read_data(root / "table.jsonl", options=MANY)
    assert f"line {1 if everywhere else 3}" in str(caught.value)


def columns(root: Path, headings: str, *rows: str) -> Path:
    table = root / "table.csv"
    lines = [f"{name},{rows[at % len(rows)]}" for at, name in enumerate(paths(root))]
    table.write_text("\n".join([f"path,{headings}", *lines]))
    return table


@pytest.mark.parametrize("odd", ["-1", "2", "-1.0", "0.5", "u", "maybe"])
@pytest.mark.parametrize("options", [FEW, MANY], ids=["as found", "many"])
def test_a_column_of_labels_with_something_else_in_it_is_named(
    root: Path, odd: str, options: ReadOptions
) -> None:
    """What is not certain is neither yes nor no: the message has the column, the line, the cell."""
    table = columns(root, "cat,dog", "1,0", f"{odd},1", "1,1")

    with pytest.raises(DataError, match=f"line 3: '{odd}' in the column 'cat'.*expected 1 or 0"):
        read_data(table, options=options)


def test_a_column_that_is_left_out_for_a_cell_is_told(root: Path) -> None:
    """Beside columns that are labels beyond doubt, one with an odd cell does not vanish unseen."""
    table = columns(root, "cat,dog,bird", "1,0,1", "0,1,-1", "1,1,0")

    dataset = read_data(table, options=MANY)

    assert dataset.class_names == ("cat", "dog")
    assert (
        "labels-left-out",
        "warning",
        f"'bird' in '{table}' is taken for no label: '{table}', line 3 has '-1' there. "
        "If it is one, write 1 or 0 into each cell.",
    ) in told_of(dataset)


@pytest.mark.parametrize(
    ("headings", "message"),
    [
        ("cat,dog,cat", "two columns of labels called 'cat'"),
        ("caf\u00e9,dog,cafe\u0301", "two columns of labels called 'caf\u00e9'"),
        ("cat,dog,null", "whose heading is 'null', which is no name"),
        ("cat,dog,\u200b", "which is no name"),
    ],
)
def test_columns_of_labels_have_names_of_their_own(root: Path, headings: str, message: str) -> None:
    """Columns that would be one label, or none, are refused: they would be joined or lost."""
    with pytest.raises(DataError, match=message):
        read_data(columns(root, headings, "1,0,1", "0,1,0", "1,1,0"), options=MANY)
