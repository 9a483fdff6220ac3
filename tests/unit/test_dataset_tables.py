"""Tables of path and label that are not as they should be: what is refused, with which words."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from support.pictures import write_class_folders

from kerasport.dataset import ReadOptions, read_data
from kerasport.dataset.dataset import Remark
from kerasport.errors import DataError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Nine pictures each in a/ and b/."""
    return write_class_folders(tmp_path / "data", {"a": 9, "b": 9})


def rows_of(root: Path) -> list[str]:
    return [
        f"{p.relative_to(root).as_posix()},{p.parent.name}" for p in sorted(root.rglob("*.png"))
    ]


REFUSED = {
    "empty": ("", "{csv} is empty. Expected a heading like 'path,label' and rows."),
    "no rows": (
        "path,label\n",
        "{csv} has a heading but no rows. Expected one row per picture.",
    ),
    "no path column": (
        "where,label\na/x,a\nb/x,b\n",
        "{csv} has no column for the path, only 'where', 'label'. Expected a heading with one of: "
        "path, file, filename, filepath, image, image_path.",
    ),
    "no heading": (
        "a/000.png,a,red\nb/000.png,b,blue\n",
        "{csv} has no heading, and which column is the label cannot be told from what they hold. "
        "Put a heading first, like 'path,label'.",
    ),
    "no label": (
        "path,colour,size\na/000.png,a,9\n",
        "{csv} has no column for the label, only 'path', 'colour', 'size'. Expected a heading with "
        "one of: label, class, category, class_name.",
    ),
    "two labels": (
        "path,label,class\na/000.png,a,a\n",
        "{csv} has several columns for the label: 'label', 'class'. Keep one, or rename the "
        "others.",
    ),
    "ragged": (
        "path,label\na/000.png,a\nb/0,00.png,b\n",
        "{csv}, line 3: 3 cells. Expected 2, as in the heading; quote cells that contain the "
        "separator.",
    ),
    "open quote": (
        'path,label\n"a/000.png,a\n',
        "{csv} is not a CSV table: unexpected end of data.",
    ),
    "one class": (
        "path,label\na/000.png,a\na/001.png,a\n",
        "{csv} has one class only ('a'). Expected at least two: a classifier chooses between "
        "classes.",
    ),
    "outside": (
        "path,label\n../../../etc/passwd,a\n",
        "{csv}, line 2: '../../../etc/passwd' leads out of '{root}'. Sample pictures are published "
        "with the model, so only one folder is read; name the one that holds all pictures with "
        "--root.",
    ),
    "absolute": (
        "path,label\n/etc/hostname,a\n",
        "{csv}, line 2: '/etc/hostname' leads out of '{root}'. Sample pictures are published with "
        "the model, so only one folder is read; name the one that holds all pictures with --root.",
    ),
    "no path": (
        "path,label\na/000.png,a\n ,b\n",
        "{csv}, line 3: no path. Expected a file below '{root}'.",
    ),
    "no class": (
        "path,label\na/000.png,a\nb/000.png, \n",
        "{csv}, line 3: no label. Give the picture a class, or remove the row; where a picture may "
        "have several labels or none, pass --labels many.",
    ),
    "contradiction": (
        "path,label\na/000.png,a\n./a/../a/000.png,b\n",
        "{csv}, line 3: '{root}/a/000.png' is 'b', but 'a' in {csv}, line 2. A picture has one "
        "class; remove one of the rows, or pass --labels many.",
    ),
    "split": (
        "path,label,split\na/000.png,a,train\nb/000.png,b,fold 2\n",
        "{csv}, line 3: 'fold 2' is not a split. Expected train, val (or validation) or test.",
    ),
    "one column twice": (
        "path,label,label\na/000.png,a,b\n",
        "{csv} has several columns for the label: 'label', 'label'. Keep one, or rename the "
        "others.",
    ),
    "several rows without a class": (
        "path,label\na/000.png,NaN\nb/000.png,\nb/001.png,b\n",
        "{csv}, line 2: no label, and so in 1 more row(s). Give the picture a class, or remove "
        "the row; where a picture may have several labels or none, pass --labels many.",
    ),
    "no class set": (
        "path,a,b\na/000.png,1,0\nb/000.png,0,0\n",
        "{csv}, line 3: no label. Set one of its classes to 1, or remove the row; where a picture "
        "may have several labels or none, pass --labels many.",
    ),
    "an endless label": (
        f"path,label\na/000.png,{'x' * 501}\n",
        "{csv}, line 2: a label of 501 characters, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... "
        "Expected the name of a class.",
    ),
    "pixels": (
        "label,pixel0,pixel1\n1,0,0\n",
        "{csv} holds pixels as numbers, not paths of pictures. Save them as arrays x and y in an "
        ".npz file: numpy.savez('pictures.npz', x=pixels, y=labels) with x of [n, height, width] "
        "in uint8.",
    ),
    "nothing there": (
        "path,label\nx/1.png,a\nx/2.png,b\n",
        "None of the 2 files that {csv} lists is there; the first would be '{root}/x/1.png'. Name "
        "the folder that holds the pictures with --root.",
    ),
    "addresses": (
        "path,label\nhttps://some.where/x.jpg,a\n",
        "{csv}, line 2: 'https://some.where/x.jpg' is an address, and no file of its name is below "
        "'{root}'. Pictures are read from a folder: download them and name it with --root.",
    ),
    "names that fit several files": (
        "id,label\n000,a\n001,b\n",
        "{csv}, line 2: '000' may be 'a/000.png' or 'b/000.png' below '{root}'. Name the folder of "
        "the table's pictures with --root.",
    ),
    "nothing to train on": (
        "path,label,split\na/000.png,a,test\nb/000.png,b,val\n",
        "{csv} has pictures for test and validation but none for train. Mark those to learn from "
        "with 'train'.",
    ),
}


REFUSED_AS_ONE = {
    "two classes set": (
        "path,a,b\na/000.png,1,0\nb/000.png,1,1\nb/001.png,1,1\n",
        "{csv}, line 3: the classes 'a' and 'b' are set, and so in 1 more row(s). A classifier "
        "gives each picture one class; keep one of them, or remove the row; where a picture may "
        "have several labels or none, pass --labels many.",
    ),
    "a list of labels": (
        """path,label\na/000.png,"['a', 'b']"\n""",
        "{csv}, line 2: the list \"['a', 'b']\". A classifier gives each picture one class; keep "
        "one, or remove the row.",
    ),
    "several labels": (
        "path,label\na/000.png,a\nb/000.png,b\nb/001.png,a|b\n",
        "{csv}, line 4: 'a|b' is several labels, each a class of other rows. A classifier gives "
        "each picture one class; keep one of them, or remove the row; where a picture may have "
        "several labels or none, pass --labels many.",
    ),
    "one file with two labels": (
        "path,label\na/000.png,a\nb/000.png,b\na/000.png,b\n",
        "{csv}, line 4: '{root}/a/000.png' is 'b', but 'a' in '{root}/table.csv', line 2. A "
        "picture has one class; remove one of the rows, or pass --labels many.",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED_AS_ONE.values(), ids=REFUSED_AS_ONE.keys())
def test_several_labels_are_refused_where_one_is_asked_for(
    root: Path, text: str, message: str
) -> None:
    """With `labels="one"` no picture becomes one of several labels."""
    path = root / "table.csv"
    path.write_text(text)

    expected = message.format(csv=f"'{path}'", root=root)
    with pytest.raises(DataError, match="^" + re.escape(expected) + "$"):
        read_data(path, options=ReadOptions(labels="one"))


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_table_that_is_not_right_is_refused(root: Path, text: str, message: str) -> None:
    """The message names the line, what is wrong there and what was expected."""
    path = root / "table.csv"
    path.write_text(text)

    expected = message.format(csv=f"'{path}'", root=root)
    with pytest.raises(DataError, match="^" + re.escape(expected) + "$"):
        read_data(path)


def test_missing_files_are_skipped_up_to_the_limit(root: Path) -> None:
    """A row whose file is not there is listed like an unreadable file, and counted as one."""
    path = root / "table.csv"
    rows = [*rows_of(root), "a/gone.png,a", "b,b"]
    path.write_text("path,label\n" + "\n".join(rows))

    dataset = read_data(path)

    assert len(dataset.examples) == 18
    assert [(item.path.name, item.reason) for item in dataset.skipped] == [
        ("gone.png", "there is no such file"),
        ("b", "a folder, not a picture"),
    ]
    with pytest.raises(DataError, match=r"^2 of 20 files in .* at most 1 may be skipped"):
        read_data(path, options=ReadOptions(max_unreadable=1))


def test_repeated_rows_are_used_once_and_told(root: Path) -> None:
    """The same row again adds no picture."""
    path = root / "table.csv"
    rows = rows_of(root)
    path.write_text("path,label\n" + "\n".join([*rows, rows[0], "./" + rows[1]]))

    dataset = read_data(path)

    assert len(dataset.examples) == 18
    expected = f"'{path}' lists 2 picture(s) again; each is used once."
    assert dataset.remarks == (Remark("repeated-rows", expected, severity="warning", count=2),)


@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_labels_may_be_numbers(root: Path, separator: str) -> None:
    """Numbers are names, as the names of folders are, whatever separates the cells."""
    path = root / "table.csv"
    numbers = {"a": "10", "b": "9"}
    cells = [row.split(",") for row in rows_of(root)]
    lines = [separator.join((f'"{name}"', numbers[label])) for name, label in cells]
    path.write_text(separator.join(("File", "Label")) + "\n" + "\n\n".join(lines) + "\n")

    dataset = read_data(path)

    assert dataset.class_names == ("10", "9")
    assert all((e.path.parent.name == "b") == (e.label == 1) for e in dataset.examples)


def test_a_data_frame_with_gaps(root: Path) -> None:
    """Numbers that pandas made fractions because of a gap are named as they were; gaps refused."""
    paths = [row.split(",")[0] for row in rows_of(root)]
    whole = pd.DataFrame({"path": paths, "label": [1.0] * 9 + [2.0] * 9})
    gap = pd.DataFrame({"path": paths, "label": pd.array([None] + [1] * 17, dtype="Int64")})

    assert read_data(whole, options=ReadOptions(root=root)).class_names == ("1", "2")
    with pytest.raises(DataError, match=r"^Row 0 of the table: no label\. Give the picture"):
        read_data(gap, options=ReadOptions(root=root))


def test_only_files_below_the_root_are_read(root: Path) -> None:
    """An absolute path below the folder is fine, and another root lets a table lie elsewhere."""
    table = root.parent / "tables" / "table.csv"
    table.parent.mkdir()
    lines = [str(root / row) for row in rows_of(root)]
    table.write_text("path,label\n" + "\n".join(lines))

    dataset = read_data(table, options=ReadOptions(root=root.parent))

    assert len(dataset.examples) == 18
    assert all(example.path.relative_to(dataset.root) for example in dataset.examples)
    with pytest.raises(DataError, match="leads out of"):
        read_data(table)


def test_one_file_in_two_splits_is_kept_in_both(root: Path) -> None:
    """A table that puts a file in train and test is read as it says; the check tells the leak."""
    path = root / "table.csv"
    rows = [f"{row},train" for row in rows_of(root)]
    path.write_text("path,label,split\n" + "\n".join([*rows, "a/000.png,a,test"]))

    dataset = read_data(path)
    dropped = read_data(path, options=ReadOptions(drop_test_duplicates=True))

    assert len(dataset.examples) == 19
    assert [example.path.name for example in dataset.in_split("test")] == ["000.png"]
    assert len(dropped.examples) == 18
    assert dropped.in_split("test") == ()


@pytest.mark.parametrize("name", ["val", "valid", "Validation"])
def test_the_names_of_splits(root: Path, name: str) -> None:
    """Validation has the names that its folder may have, in any case."""
    path = root / "table.csv"
    first, *others = rows_of(root)
    rows = [f"{first},{name}", *(f"{row},TRAIN" for row in others)]
    path.write_text("path,label,split\n" + "\n".join(rows))

    dataset = read_data(path, options=ReadOptions(test_share=0))

    assert [example.path.name for example in dataset.in_split("validation")] == ["000.png"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-le"])
def test_a_zero_anywhere_is_no_text(root: Path, encoding: str) -> None:
    """No name holds one, wherever in the file it stands and however the file is written."""
    table = root / "table.csv"
    text = "path,label\n" + "\n".join(rows_of(root)) + "\n" * 5000 + "a/000.png,a\0\n"
    table.write_bytes(text.encode(encoding))

    with pytest.raises(DataError, match="is not text"):
        read_data(table, options=ReadOptions(min_per_class=1))
