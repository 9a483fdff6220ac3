"""Tables that lie beside pictures, and what a table was taken for: read, told or refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.listening import Listening
from support.pictures import write_class_folders
from support.table_pictures import (
    NO_CUT,
    labels_of,
    names,
    row_table,
    told_of,
)

from kerasport.dataset import ReadOptions, check_data, read_data
from kerasport.dataset.tables import tables_beside
from kerasport.errors import DataError


def test_a_table_of_labels_beside_loose_pictures(root: Path) -> None:
    """`metadata.csv` labels the pictures in its folder, as on Hugging Face."""
    (root / "metadata.csv").write_text(
        row_table("images/{name},{label}", heading="file_name,label")(names(root))
    )

    assert labels_of(read_data(root, options=NO_CUT)) == {n: n[0] for n in names(root)}


def test_pictures_that_a_table_beside_them_does_not_list_are_told(root: Path) -> None:
    """A table that was found, not named, says that it counts, and what is left out by it."""
    table = root / "metadata.csv"
    write = row_table("images/{name},{label}", heading="file_name,label")
    table.write_text(write(names(root)[1:]))
    progress = Listening()

    dataset = read_data(root, progress=progress)

    beside = f"The labels are those of '{table}', not of folders."
    assert progress.said[:1] == [beside]
    unlisted = (
        f"1 picture(s) in '{root}' are left out because no row has them, the first is "
        f"'{root}/images/a-000.png'. Add rows, or name another table."
    )
    assert told_of(dataset) == [
        ("table-beside", "note", beside),
        ("unlisted", "warning", unlisted),
    ]


def test_what_a_table_was_taken_for_is_a_finding(root: Path) -> None:
    """`check` counts it with its kind among what is wrong with the data, and says it only there."""
    table = root / "metadata.csv"
    write = row_table("images/{name},{label},", heading="file_name,label,split")
    lines = write(names(root)[1:]).splitlines()
    lines[1] += "test"
    table.write_bytes("\n".join([*lines, lines[2]]).replace(",b,", ",ä,").encode("cp1252"))
    progress = Listening()

    report = check_data(root, progress=progress)

    kinds = {found.kind: (found.severity, found.count) for found in report.findings}
    assert {
        "guessed-encoding": ("warning", 1),
        "repeated-rows": ("warning", 1),
        "unlisted": ("warning", 1),
        "rows-without-split": ("note", len(lines) - 1),
        "table-beside": ("note", 1),
    }.items() <= kinds.items()
    assert (progress.said, progress.warned) == ([], [])


def test_what_a_table_was_taken_for_is_told_before_an_error(root: Path) -> None:
    """Where reading ends in an error, a guess may be why: it is told though there is no data."""
    table = root / "labels.csv"
    table.write_bytes("path,label\nimages/a-000.png,Käfer\nimages/ä.png,\n".encode("cp1252"))
    progress = Listening()

    with pytest.raises(DataError, match=r"line 3: no label"):
        read_data(table, progress=progress)

    assert [text.partition(";")[0] for text in progress.warned] == [f"'{table}' is not UTF-8"]


def test_what_a_table_was_taken_for_is_told_before_too_few_pictures(root: Path) -> None:
    """So it is where the data could be read, and there is too little of it to train on."""
    table = root / "labels.csv"
    table.write_bytes("path,label\nimages/a-000.png,Käfer\nimages/b-000.png,b\n".encode("cp1252"))
    progress = Listening()

    with pytest.raises(DataError, match=r"at least 5"):
        read_data(table, progress=progress)

    assert [text.partition(";")[0] for text in progress.warned] == [f"'{table}' is not UTF-8"]


@pytest.mark.parametrize("file", ["metadata.csv", "_classes.csv"])
def test_tables_of_labels_in_split_folders(root: Path, file: str) -> None:
    """Each split folder has its own table, as on Hugging Face and as Roboflow exports them."""
    for name in names(root):
        place = root / ("valid" if "8" in name else "train") / name
        place.parent.mkdir(exist_ok=True)
        (root / "images" / name).rename(place)
    (root / "images").rmdir()
    write = {
        "metadata.csv": row_table("{name},{label}", heading="file_name,label"),
        "_classes.csv": row_table("{name},{a},{b}", heading="filename, a, b"),
    }[file]
    for split in ("train", "valid"):
        (root / split / file).write_text(write(names(root / split)))

    dataset = read_data(root, options=ReadOptions(test_share=0))

    assert labels_of(dataset) == {name: name[0] for name in names(root)}
    assert {e.path.name: e.split for e in dataset.examples} == {
        name: "validation" if "8" in name else "train" for name in names(root)
    }


def test_captions_beside_class_folders_do_not_count(tmp_path: Path) -> None:
    """A `metadata.csv` without labels leaves the class folders what they are."""
    root = write_class_folders(tmp_path / "data", {"a": 9, "b": 9})
    (root / "metadata.csv").write_text("file_name,text\na/000.png,a thing\n")

    assert len(read_data(root).examples) == 18


def test_a_folder_without_classes_names_its_table(root: Path) -> None:
    """Where the labels are in a table, the message says to name that instead of the folder."""
    table = root / "train.csv"
    table.write_text(row_table("{stem},{label}", heading="id,label")(names(root)))

    hint = f"If the labels are in '{table}', name that file instead of the folder."
    with pytest.raises(DataError, match=re.escape(hint) + "$"):
        read_data(root)


def test_a_folder_that_cannot_be_opened_has_no_table_beside(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking for tables leaves it to the reading of the folder to tell what is wrong with it."""

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)

    assert tables_beside(root) == []


def test_a_table_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """No more than a bounded part of it is ever read."""
    table = tmp_path / "labels.csv"
    with table.open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(DataError, match=f"'{table}' has 1048576 MiB; "):
        read_data(table)
