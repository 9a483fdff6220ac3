"""Tables as spreadsheets, competitions, hubs and annotation tools write them: all read alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.listening import Listening
from support.table_pictures import (
    NO_CUT,
    labels_of,
    names,
    row_table,
    told_of,
)

from kerasport.dataset import ReadOptions, read_data
from kerasport.dataset.dataset import Remark
from kerasport.errors import DataError

TABLES = {
    "ids without extension": row_table("{stem},{label}", heading="id,label"),
    "another name of the label": row_table("{stem},{label}", heading="id_code,diagnosis"),
    "a row number of pandas": row_table("7,images/{name},{label}", heading=",filename,label"),
    "a separator at the end": row_table("images/{name};{label};", heading="file;class;"),
    "names without their folder": row_table("{name},{label}", heading="Image Name,Class"),
    "other letter case": row_table("IMAGES/{stem}.PNG,{label}", heading="file,label"),
    "no heading": row_table("images/{name},{label}"),
    "no heading, label first": row_table("{label},images/{name}"),
    "a list with spaces": row_table("images/{name} {label}"),
    "tabs": row_table("images/{name}\t{label}", heading="filename\tlabel"),
    "bars": row_table("images/{name}|{label}", heading="filename|label"),
    "the separator said first": row_table("images/{name};{label}", heading="sep=;\npath;label"),
    "quotes": row_table('"images/{name}", "{label}"', heading='"file name", "label"'),
    "spaces at the ends": row_table(" images/{name} , {label} ", heading=" path , label "),
    "paths of Windows": row_table("C:\\Users\\me\\images\\{name},{label}", heading="path,label"),
    "paths of a share": row_table("\\\\server\\x\\images\\{name},{label}", heading="path,label"),
    "paths of another machine": row_table("/srv/me/images/{name},{label}", heading="path,label"),
    "paths from the root": row_table("/images/{name},{label}", heading="path,label"),
    "a folder too many": row_table("data/images/{name},{label}", heading="path,label"),
    "addresses of a bucket": row_table("gs://bucket/images/{name},{label}"),
    "served by Label Studio": row_table(
        "1,me,{label},7,/data/local-files/?d=images/{name},3.1",
        heading="annotation_id,annotator,choice,id,image,lead_time",
    ),
    "uploaded to Label Studio": row_table("/data/upload/1/{name},{label}", heading="image,choice"),
    "notes first": row_table("images/{name},{label}", heading="# made by hand\npath,label"),
    "a heading with a mark": row_table("images/{name},{label}", heading="#path,label"),
    "single quotes": row_table("'images/{name}','{label}'", heading="'path','label'"),
    "lists of one": row_table("""images/{name},"['{label}']\"""", heading="path,label"),
    "arrays of one": row_table(
        """images/{name},"array(['{label}'], dtype=object)\"""", heading="path,label"
    ),
    "tuples of one": row_table("""images/{name},"('{label}',)\"""", heading="path,label"),
    "pasted from a page": row_table(
        "images/{name}\u200b,\u00a0{label}\u200b", heading="path,label"
    ),
    "one column per class, and others": row_table(
        "{name},12,{a},{b}", heading="filename,width,a,b"
    ),
    "one column per class": row_table("{name},{a},{b}", heading="filename, a, b"),
    "one column per class, as fractions": row_table("{stem},{a}.0,{b}.0", heading="image,a,b"),
    "a number and a name": row_table("images/{name},{a},{label}", heading="path,target,class"),
}


@pytest.mark.parametrize("write", TABLES.values(), ids=TABLES.keys())
def test_tables_as_they_are_written(root: Path, write: Callable[[list[str]], str]) -> None:
    """Whatever spelling a table has, each file gets the label that its row gives it."""
    table = root / "labels.csv"
    table.write_text(write(names(root)), encoding="utf-8")

    dataset = read_data(table, options=NO_CUT)

    assert labels_of(dataset) == {name: name[0] for name in names(root)}
    assert len(dataset.examples) == 18


@pytest.mark.parametrize("suffix", [".tsv", ".txt", ".TXT", ".tab"])
def test_the_suffix_does_not_decide_the_separator(root: Path, suffix: str) -> None:
    """Text with other suffixes than .csv is a table too, with whatever separates its cells."""
    table = (root / "labels").with_suffix(suffix)
    write = row_table("images/{name}\t{label}", heading="filename\tlabel")
    table.write_text(write(names(root)), encoding="utf-8")

    assert len(read_data(table).examples) == 18


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8-sig", 0),
        ("utf-16", 0),
        ("utf-16-le", 0),
        ("utf-16-be", 0),
        ("utf-32", 0),
        ("utf-32-le", 0),
        ("utf-32-be", 0),
        ("cp1252", 1),
    ],
)
def test_encodings_of_spreadsheets(root: Path, encoding: str, told: int) -> None:
    """UTF-16 is recognised, with its mark and without; a guess at Windows-1252 is said aloud."""
    table = root / "labels.csv"
    words = {"a": "Käfer", "b": "Maus"}
    text = "path,label\n" + "".join(f"images/{name},{words[name[0]]}\n" for name in names(root))
    table.write_bytes(text.encode(encoding))

    dataset = read_data(table)

    assert dataset.class_names == ("Käfer", "Maus")
    expected = (
        f"'{table}' is not UTF-8; it was read as Windows-1252 (Western European), as in "
        "'images/a-000.png,Käfer'. If that is misspelled, save the table as CSV in UTF-8."
    )
    assert told_of(dataset) == [("guessed-encoding", "warning", expected)] * told


OTHER_FILES = {
    "workbook": (b"PK\x03\x04", "a workbook (Excel, LibreOffice, Numbers) or another ZIP archive"),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of Excel"),
    "web page": (b"\r\n<!DOCTYPE html><html>", "a web page"),
    "packed": (b"\x1f\x8b\x08", "packed with gzip"),
    "pointer": (
        b"version https://git-lfs.github.com/spec/v1\n",
        "a Git LFS pointer, not the table itself",
    ),
}


@pytest.mark.parametrize(("start", "kind"), OTHER_FILES.values(), ids=OTHER_FILES.keys())
def test_what_is_no_table_is_named(tmp_path: Path, start: bytes, kind: str) -> None:
    """The message says what the file really is, and what to do."""
    table = tmp_path / "labels.csv"
    table.write_bytes(start + b"\n" * 500)

    with pytest.raises(DataError, match=re.escape(f"'{table}' is no table but {kind}. ")):
        read_data(table)


def test_a_workbook_by_its_own_name_is_told_how_to_be_saved(tmp_path: Path) -> None:
    """A workbook is not refused as unknown: it only has to be saved otherwise."""
    table = tmp_path / "labels.xlsx"
    table.write_bytes(b"PK\x03\x04")

    with pytest.raises(DataError, match=r"save it as CSV \(UTF-8\)\.$"):
        read_data(table)


def test_names_that_are_in_two_folders_are_those_of_the_table(root: Path) -> None:
    """Where two folders have the names, the one that has more of them counts, for all rows."""
    (root / "images").rename(root / "train")
    (root / "test").mkdir()
    for name in names(root)[:4]:
        (root / "test" / name).write_bytes(b"another picture")
    table = root / "labels.csv"
    table.write_text(row_table("{stem},{label}", heading="id,label")(names(root / "train")))

    dataset = read_data(table, options=NO_CUT)

    assert {e.path.parent.name for e in dataset.examples} == {"train"}
    assert len(dataset.examples) == 18


def test_two_folders_with_the_same_names_are_told_apart_by_the_table(root: Path) -> None:
    """`train.csv` means `train/`; a table called otherwise is refused, for it may mean either."""
    (root / "images").rename(root / "train")
    (root / "test").mkdir()
    for name in names(root / "train"):
        (root / "test" / name).write_bytes(b"another picture")
    text = row_table("{stem},{label}", heading="id,label")(names(root / "train"))
    (root / "train.csv").write_text(text)
    (root / "labels.csv").write_text(text)

    assert len(read_data(root / "train.csv").examples) == 18
    with pytest.raises(DataError, match=r"'a-000' may be 'test/a-000\.png' or 'train/"):
        read_data(root / "labels.csv")


def test_the_beginning_of_a_path_is_left_out_before_its_name_is_looked_for(root: Path) -> None:
    """What is left of a path of another machine says which of two folders it means."""
    for name in names(root / "images"):
        copy = root / "backup" / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(b"another picture")
    table = root / "labels.csv"
    write = row_table("C:\\me\\images\\{name},{label}", heading="path,label")
    table.write_text(write(names(root / "images")))

    assert {e.path.parent.name for e in read_data(table).examples} == {"images"}


def test_a_table_beside_the_folder_of_pictures(root: Path) -> None:
    """With another root, a path may still start from the table's own folder."""
    table = root / "tables" / "labels.csv"
    table.parent.mkdir()
    write = row_table("../images/{name},{label}", heading="path,label")
    table.write_text(write(names(root)))

    assert len(read_data(table, options=ReadOptions(root=root)).examples) == 18
    with pytest.raises(DataError, match="leads out of"):
        read_data(table)


SPLITS = {
    "words": ("split", {0: "Training", 1: "TRAIN ", 2: "dev", 3: "Testing"}),
    "is_valid": ("is_valid", {0: "False", 1: "False", 2: "True", 3: "False"}),
    "numbers": ("isValidation", {0: "0", 1: "0", 2: "1.0", 3: "0"}),
    "is_test": ("is_test", {0: "no", 1: "", 2: "no", 3: "yes"}),
    "empty cells": ("Data Set", {0: "train", 1: "", 2: "valid", 3: "test"}),
    "AutoML": (None, {0: "TRAIN", 1: "UNASSIGNED", 2: "VALIDATION", 3: "TEST"}),
}


@pytest.mark.parametrize(("heading", "words"), SPLITS.values(), ids=SPLITS.keys())
def test_splits_as_they_are_written(root: Path, heading: str | None, words: dict[int, str]) -> None:
    """Words in any case, yes and no, and nothing at all for train: each means a split."""
    table = root / "labels.csv"
    lines = [f"{heading},path,label"] if heading else []
    lines += [f"{words[at % 4]},images/{name},{name[0]}" for at, name in enumerate(names(root))]
    table.write_text("\n".join(lines))

    dataset = read_data(table, options=ReadOptions(test_share=0, validation_share=0))

    meant = {
        2: "train" if heading == "is_test" else "validation",
        3: "test" if heading not in ("is_valid", "isValidation") else "train",
    }
    assert {e.path.name: e.split for e in dataset.examples} == {
        name: meant.get(at % 4, "train") for at, name in enumerate(names(root))
    }


def test_rows_without_a_split_are_told(root: Path) -> None:
    """That they are taken like those of train is said, with their number."""
    table = root / "labels.csv"
    lines = [f"images/{name},{name[0]},{'test' if '0' in name[4:] else ''}" for name in names(root)]
    table.write_text("path,label,split\n" + "\n".join(lines))
    progress = Listening()

    dataset = read_data(table, progress=progress)

    count = sum(line.endswith(",") for line in lines)
    expected = f"'{table}': {count} row(s) name no split; they are taken like those of train."
    assert expected in progress.said
    assert Remark("rows-without-split", expected, count=count) in dataset.remarks


def test_pictures_in_split_folders_without_a_column_are_told(root: Path) -> None:
    """Where only the folders know the splits, the table would mix them: that is a warning."""
    for name in names(root):
        place = root / ("test" if "8" in name else "train") / name
        place.parent.mkdir(exist_ok=True)
        (root / "images" / name).rename(place)
    table = root / "labels.csv"
    paths = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.png"))]
    table.write_text("path,label\n" + "\n".join(f"{p},{Path(p).name[0]}" for p in paths))

    expected = (
        f"'{table}': its pictures lie in test, train, but no column says which split each belongs "
        "to. Add a column 'split' to keep them apart."
    )
    assert told_of(read_data(table)) == [("splits-unread", "warning", expected)]


def test_one_number_written_in_two_ways_is_one_class(root: Path) -> None:
    """`1` and `1.0` are the same label where all labels are numbers."""
    table = root / "labels.csv"
    lines = [
        f"images/{name},{'0' if name[0] == 'a' else ('1', '1.0')[at % 2]}"
        for at, name in enumerate(names(root))
    ]
    table.write_text("path,label\n" + "\n".join(lines))

    assert read_data(table).class_names == ("0", "1")


def test_labels_made_of_other_labels_are_told(root: Path) -> None:
    """`a b` beside `a` and `b` may be one class or two: it is read as one and said."""
    table = root / "labels.csv"
    lines = [f"images/{name},{'a b' if '8' in name else name[0]}" for name in names(root)]
    table.write_text("path,label\n" + "\n".join(lines))

    dataset = read_data(table, options=ReadOptions(min_per_class=1))

    assert dataset.class_names == ("a", "a b", "b")
    assert [
        (kind, severity, text.partition(". ")[0]) for kind, severity, text in told_of(dataset)
    ] == [
        (
            "joined-labels",
            "warning",
            f"'{table}': 2 row(s) have a label made of others, like 'a b'",
        )
    ]


def test_a_column_that_counts_the_rows_is_no_label(root: Path) -> None:
    """Without a heading, numbers that never repeat are a numbering, as in lists of MXNet."""
    table = root / "train.txt"
    lines = [f"{at}\t{+(n[0] == 'b')}.000\timages/{n}" for at, n in enumerate(names(root))]
    table.write_text("\n".join(lines))

    found = labels_of(read_data(table, options=NO_CUT))

    assert found == {name: str(+(name[0] == "b")) for name in names(root)}


def record(name: str) -> dict[str, object]:
    return {"file_name": f"images/{name}", "label": name[0]}


RECORDS = {
    "lines": lambda found: "\n".join(json.dumps(record(name)) for name in found),
    "a list": lambda found: json.dumps([record(name) for name in found], indent=1),
    "lists of one": lambda found: json.dumps(
        [{"image": f"images/{name}", "labels": [name[0]]} for name in found]
    ),
    "paths and labels": lambda found: json.dumps({f"images/{n}": n[0] for n in found}, indent=1),
    "tasks of Label Studio": lambda found: json.dumps(
        [
            {
                "id": at,
                "data": {"image": f"/data/upload/1/{name}"},
                "annotations": [{"result": [{"value": {"choices": [name[0]]}}]}],
            }
            for at, name in enumerate(found)
        ]
    ),
    "objects inside": lambda found: "\n".join(
        json.dumps(
            {
                "imageGcsUri": f"gs://bucket/images/{name}",
                "classificationAnnotation": {"displayName": name[0]},
                "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": "training"},
            }
        )
        for name in found
    ),
}


@pytest.mark.parametrize("write", RECORDS.values(), ids=RECORDS.keys())
def test_records_in_json(root: Path, write: Callable[[list[str]], str]) -> None:
    """JSON lines and lists of objects are tables too."""
    table = root / "labels.jsonl"
    table.write_text(write(names(root)))

    dataset = read_data(table, options=NO_CUT)

    assert labels_of(dataset) == {name: name[0] for name in names(root)}


BROKEN_RECORDS = {
    "no JSON": ('{"file_name": ', ", line 1: no JSON ("),
    "no object": ("[1]", ", entry 1: 1. Expected an object"),
    "half a character": ('{"file_name": "\\ud800", "label": "a"}', ", line 1: no JSON ("),
    "deep": ("[" * 100_000, ": no JSON ("),
    "boxes": ('{"images": [], "annotations": []}', " lists annotations of parts of pictures, as"),
}

BROKEN_AS_ONE = {
    "two choices": (
        '{"data": {"image": "a"}, "annotations": '
        '[{"result": [{"value": {"choices": ["a", "b"]}}]}]}',
        ", line 1: a list of 2 labels. ",
    ),
    "two labels": (
        '{"path": "a", "label": ["a", "b"]}',
        ", line 1: a list of 2 labels. A classifier gives each picture one class;",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN_RECORDS.values(), ids=BROKEN_RECORDS.keys())
def test_records_that_are_not_right_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """The message names the line or the entry."""
    table = tmp_path / "labels.jsonl"
    table.write_text(text)

    with pytest.raises(DataError, match="^" + re.escape(f"'{table}'{message}")):
        read_data(table)


@pytest.mark.parametrize(("text", "message"), BROKEN_AS_ONE.values(), ids=BROKEN_AS_ONE.keys())
def test_records_of_several_are_refused_where_one_is_asked_for(
    tmp_path: Path, text: str, message: str
) -> None:
    """A list of labels is none of one label, wherever it is found."""
    table = tmp_path / "labels.jsonl"
    table.write_text(text)

    with pytest.raises(DataError, match="^" + re.escape(f"'{table}'{message}")):
        read_data(table, options=ReadOptions(labels="one"))
