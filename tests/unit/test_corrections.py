"""Corrections of labels: the table, merging by content, and a data set that they change."""

from __future__ import annotations

import csv
import hashlib
import os
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from support.marks import draw_marks
from support.pictures import write_class_folders, write_picture

from kerasport.corrections import (
    Correction,
    Verdict,
    apply_corrections,
    read_corrections,
    read_table,
    table_text,
)
from kerasport.dataset import Dataset, ReadOptions, read_data
from kerasport.errors import DataError

ONE, TWO, THREE = (digit * 64 for digit in "123")
HEAD = "content,file,given,label,verdict\r\n"


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def row(
    content: str, label: str = "", verdict: Verdict = "label", file: str = "x.png"
) -> Correction:
    return Correction(content, file, "a", label, verdict)


def write(path: Path, *rows: Correction) -> Path:
    path.write_text(table_text(rows), encoding="utf-8", newline="")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """Twenty pictures in each of two classes, cut by content."""
    return read_data(write_class_folders(tmp_path / "data", {"a": 20, "b": 20}))


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Commas, quotes, line ends and spaces in names survive, and the bytes are plain CSV."""
    rows = [
        row(ONE, 'say "a", b', file="a\nb.png"),
        row(TWO, "", "none"),
        row(THREE, "", "bad", file="ü.png"),
    ]

    path = write(tmp_path / "corrections.csv", *rows)

    assert read_table(path) == rows
    assert path.read_bytes().startswith(HEAD.encode())
    assert table_text(rows[1:2]) == f"{HEAD}{TWO},x.png,a,,none\r\n"


FORMULAS = ("=1+1", "+a", "-1", "@a", "\ta", "'=a", "''-a")


def test_no_cell_is_a_formula_and_every_name_comes_back(tmp_path: Path) -> None:
    """A spreadsheet runs none of the names, and reading takes its apostrophe away again."""
    rows = [
        Correction(f"{n:064x}", text.strip(), text.strip(), text, "label")
        for n, text in enumerate((*FORMULAS, "a=1", "'a", "it's", " a", "a "))
    ]

    path = write(tmp_path / "corrections.csv", *rows)

    assert read_table(path) == rows
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEAD}{ONE},x.png,a,b,label\r\n",
        f"content;file;given;label;verdict\n{ONE};x.png;a;b;label\n\n",
        f"Verdict\tlabel\tnote\tgiven\tfile\tCONTENT\nLabel\tb\t?\ta\tx.png\t{ONE.upper()}\n",
    ],
    ids=["byte order mark", "semicolons", "tabs, another order, a column more"],
)
def test_what_a_spreadsheet_makes_of_it_is_read(text: str, tmp_path: Path) -> None:
    """Other separators, orders and cases mean the same."""
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")

    assert read_table(path) == [row(ONE, "b")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\n1.png,a\n", "no column 'content', 'file', 'given', 'verdict'"),
        ("", "no column"),
        (f"{HEAD}12ab,x,a,b,label\n", "line 2: '12ab' is no SHA-256"),
        (f"{HEAD}{ONE},x,a,b,label\n{ONE},x,a,b,maybe\n", "line 3: 'maybe' is no verdict"),
        (f"{HEAD}{ONE},x,a,,label\n", "there is no label"),
        (f'{HEAD}{ONE},"x,a,b,label\n', "no table of corrections"),
        (f"{HEAD}{ONE},{'x' * 20_000},a,b,label\n", "more than 10,000 characters"),
        ("PK\x03\x04", "no table but"),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """The message names the file, and the line where there is one."""
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())

    with pytest.raises(DataError, match=message) as caught:
        read_table(path)
    assert "table.csv" in str(caught.value)


def test_later_labels_win_and_contradictions_are_listed(tmp_path: Path) -> None:
    """Within a table and between tables; what is said twice alike is no conflict."""
    first = write(tmp_path / "1.csv", row(ONE, "a"), row(TWO, "a"), row(ONE, "b"))
    second = write(tmp_path / "2.csv", row(TWO, "a"), row(ONE, "", "none", file="one.png"))

    merged = read_corrections([first, second])
    back = read_corrections([second, first])

    assert {c: r.meaning for c, r in merged.by_content.items()} == {
        ONE: ("none", ""),
        TWO: ("label", "a"),
    }
    assert [each.text for each in merged.conflicts] == [
        "'x.png' is 'a' and then 'b'",
        "'one.png' is 'b' and then none of the classes",
    ]
    assert back.by_content[ONE].label == "b"


def test_labels_change_and_splits_do_not(data: Dataset, tmp_path: Path) -> None:
    """A picture keeps its split under another label; what shows no class is gone from each."""
    examples = {split: data.in_split(split)[0] for split in ("train", "validation", "test")}
    other = data.in_split("train")[1]
    table = write(
        tmp_path / "c.csv",
        *(row(each.content, "b" if each.label == 0 else "a") for each in examples.values()),
        row(other.content, "", "bad"),
        row(data.in_split("test")[1].content, "", "none"),
        row(data.in_split("train")[2].content, data.class_names[data.in_split("train")[2].label]),
        row(ONE, "a"),
    )

    changed, applied = apply_corrections(data, read_corrections([table]))

    now = {example.content: example for example in changed.examples}
    for split, before in examples.items():
        assert now[before.content].label == 1 - before.label
        assert now[before.content].split == split
    assert len(changed.examples) == 38
    assert applied.to_dict() == {
        "relabeled": 3,
        "confirmed": 1,
        "none": 1,
        "bad": 1,
        "new": 0,
        "test_copies": 0,
        "absent": 1,
        "conflicts": 0,
    }
    assert "3 relabelled" in changed.remarks[-1].message


def zipped(folder: Path, rows: list[Correction], pictures: dict[str, bytes]) -> Path:
    path = folder / "corrections.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("corrections.csv", table_text(rows))
        for name, content in pictures.items():
            archive.writestr(f"pictures/{name}", content)
    return path


def test_new_pictures_are_trained_with_and_never_tested_on(data: Dataset, tmp_path: Path) -> None:
    """Whatever their content would decide, they are in train; those without a class stay out."""
    files = [write_picture(tmp_path / "new" / f"{n}.png", seed=100 + n) for n in range(30)]
    rows = [row(sha(file), "ab"[n % 2]) for n, file in enumerate(files)]
    rows[0] = row(sha(files[0]), "", "none")
    pictures = {f"any-{file.name}": file.read_bytes() for file in files}

    changed, applied = apply_corrections(data, read_corrections([zipped(tmp_path, rows, pictures)]))

    new = [each for each in changed.examples if each not in data.examples]
    assert (applied.new, applied.none) == (29, 1)
    assert {each.split for each in new} == {"train"}
    assert {each.content for each in new} == {sha(file) for file in files[1:]}
    assert all(each.path.is_relative_to(changed.root) for each in new)
    assert changed.in_split("test") == data.in_split("test")
    assert new[0].read() in pictures.values()
    assert changed.fingerprint != data.fingerprint


def test_a_copy_of_a_test_picture_is_not_trained_with(data: Dataset, tmp_path: Path) -> None:
    """Other bytes of the same pixels are the same picture, and the test keeps it."""
    tested = data.in_split("test")[0]
    again = tmp_path / "again.bmp"
    Image.open(tested.path).save(again)
    rows = [row(sha(again), data.class_names[tested.label])]

    changed, applied = apply_corrections(
        data, read_corrections([zipped(tmp_path, rows, {"again.bmp": again.read_bytes()})])
    )

    assert (applied.new, applied.test_copies) == (0, 1)
    assert changed.examples == data.examples


def test_a_label_that_is_no_class_is_refused(data: Dataset, tmp_path: Path) -> None:
    """The message has the nearest class, and what to say of a picture of none."""
    table = write(tmp_path / "c.csv", row(ONE, "bb"))

    with pytest.raises(DataError, match=r"'bb', which is no class.*Did you mean 'b'.*'none'"):
        apply_corrections(data, read_corrections([table]))


@pytest.mark.parametrize(
    ("pictures", "message"),
    [({"a.png": b"no picture"}, "cannot be trained with: not a picture"), (None, "holds no")],
    ids=["no picture", "no table"],
)
def test_a_damaged_archive_is_refused(
    pictures: dict[str, bytes] | None, message: str, data: Dataset, tmp_path: Path
) -> None:
    """The message names what in it is wrong."""
    if pictures is None:
        path = tmp_path / "corrections.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("other.csv", HEAD)
    else:
        content = hashlib.sha256(b"no picture").hexdigest()
        path = zipped(tmp_path, [row(content, "a")], pictures)

    with pytest.raises(DataError, match=message):
        apply_corrections(data, read_corrections([path]))


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """The message says what is expected at the path."""
    with pytest.raises(DataError, match="no corrections at"):
        read_corrections([tmp_path / "corrections.zip"])


@pytest.mark.parametrize("name", ["a ", " a", "=a", "'=a", "caf\u00e9", "x\ny", "a;b", "a,b", "-1"])
def test_whatever_a_class_is_called_its_label_finds_it(name: str, tmp_path: Path) -> None:
    """What is written of a class is that class when it is read, whatever its name is."""
    data = read_data(write_class_folders(tmp_path / "data", {name: 12, "z": 12}))
    picture = next(each for each in data.examples if data.class_names[each.label] == "z")
    table = write(tmp_path / "c.csv", row(picture.content, name))

    changed, applied = apply_corrections(data, read_corrections([table]))

    assert applied.relabeled == 1
    found = next(each for each in changed.examples if each.content == picture.content)
    assert changed.class_names[found.labels[0]] == name


@pytest.mark.parametrize("spelled", [" caf\u00e9 ", "cafe\u0301", "cafe\u0301 "])
def test_a_label_is_found_as_somebody_typed_it(spelled: str, tmp_path: Path) -> None:
    """Spaces around it and another Unicode form are no other class, and no contradiction."""
    name = unicodedata.normalize("NFC", spelled.strip())
    data = read_data(write_class_folders(tmp_path / "data", {name: 12, "z": 12}))
    content = data.examples[0].content
    table = write(tmp_path / "c.csv", row(content, spelled), row(content, name))

    corrections = read_corrections([table])
    changed, _ = apply_corrections(data, corrections)

    assert corrections.conflicts == ()
    assert changed.class_names[changed.examples[0].labels[0]] == name


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_what_has_no_end_among_the_pictures_is_refused(kind: str, tmp_path: Path) -> None:
    """An archive that somebody unpacked may hold links and pipes: none is read or waited for."""
    folder = tmp_path / "corrections"
    (folder / "pictures").mkdir(parents=True)
    write(folder / "corrections.csv", row(ONE, "a"))
    if kind == "pipe":
        os.mkfifo(folder / "pictures" / "1.png")
    else:
        (folder / "pictures" / "1.png").symlink_to("/dev/zero")

    with pytest.raises(DataError, match=r"1\.png' cannot be read \(not a file\)"):
        read_corrections([folder])


@pytest.fixture
def labeled(tmp_path: Path) -> Dataset:
    """Forty pictures with up to three labels, cut by them."""
    table = draw_marks(tmp_path / "marks", 40)
    return read_data(table, options=ReadOptions(min_per_class=1, labels="many"))


def shown(dataset: Dataset, content: str) -> list[tuple[str, ...]]:
    found = [each for each in dataset.examples if each.content == content]
    return [tuple(dataset.class_names[at] for at in each.labels) for each in found]


def test_several_labels_are_corrected_together(labeled: Dataset, tmp_path: Path) -> None:
    """Bars stand between them, or a JSON list holds them; none of them is data, not a loss."""
    contents = [each.content for each in labeled.examples[:5]]
    table = write(
        tmp_path / "corrections.csv",
        row(contents[0], "red|blue"),
        row(contents[1], '["green"]'),
        row(contents[2], "", "none"),
        row(contents[3], "", "bad"),
        row(contents[4], "red"),
    )

    after, applied = apply_corrections(labeled, read_corrections([table]))

    assert shown(after, contents[0]) == [("blue", "red")]
    assert shown(after, contents[1]) == [("green",)]
    assert shown(after, contents[2]) == [()]
    assert shown(after, contents[3]) == []
    assert shown(after, contents[4]) == [("red",)]
    assert applied.relabeled + applied.confirmed == 4
    assert (applied.none, applied.bad) == (0, 1)
    splits = {each.content: each.split for each in labeled.examples}
    assert all(each.split == splits[each.content] for each in after.examples)


def test_new_pictures_may_come_with_several_labels(labeled: Dataset, tmp_path: Path) -> None:
    """They are trained with, those that show none of the labels too."""
    new = [write_picture(tmp_path / f"{seed}.png", seed=seed) for seed in (70, 71)]
    with zipfile.ZipFile(tmp_path / "corrections.zip", "w") as archive:
        rows = [row(sha(new[0]), "green | red"), row(sha(new[1]), "", "none")]
        archive.writestr("corrections.csv", table_text(rows))
        for path in new:
            archive.write(path, f"pictures/{path.name}")

    after, applied = apply_corrections(labeled, read_corrections([tmp_path / "corrections.zip"]))

    assert applied.new == 2
    assert shown(after, sha(new[0])) == [("green", "red")]
    assert shown(after, sha(new[1])) == [()]
    assert {each.split for each in after.examples if each.content in map(sha, new)} == {"train"}


def test_a_label_that_is_none_of_several_is_refused(labeled: Dataset, tmp_path: Path) -> None:
    """By its own name, with the nearest, and what to do for a picture of none."""
    table = write(tmp_path / "corrections.csv", row(labeled.examples[0].content, "red|gren"))

    with pytest.raises(DataError, match=r"is 'gren', which is no.*mean 'green'.*'none'"):
        apply_corrections(labeled, read_corrections([table]))


@pytest.mark.parametrize("cell", ["|", "[]", " | "])
def test_no_label_where_one_was_said_is_refused(
    cell: str, labeled: Dataset, tmp_path: Path
) -> None:
    """A cell of nothing but marks takes no labels away without a word."""
    table = write(tmp_path / "corrections.csv", row(labeled.examples[0].content, cell))

    with pytest.raises(DataError, match=r"has labels, and no label: .*the verdict is 'none'"):
        apply_corrections(labeled, read_corrections([table]))


def test_a_label_with_a_bar_is_one(data: Dataset, tmp_path: Path) -> None:
    """Where it is known whole it is not parted; of one class nothing is."""
    names = ("a|b", "c")
    several = replace(data, class_names=names, kind="labels", examples=tuple(
        replace(each, label=(each.labels[0],)) for each in data.examples
    ))  # fmt: skip
    content = several.examples[0].content
    table = write(tmp_path / "corrections.csv", row(content, "a|b"))
    both = write(tmp_path / "both.csv", row(content, '["a|b", "c"]'))

    assert shown(apply_corrections(several, read_corrections([table]))[0], content) == [("a|b",)]
    assert shown(apply_corrections(several, read_corrections([both]))[0], content) == [names]
    with pytest.raises(DataError, match=r"is 'a\|b', which is no class"):
        apply_corrections(data, read_corrections([table]))


@pytest.mark.parametrize("verdict", ["none", "bad"])
def test_corrections_that_leave_nothing_are_refused(
    verdict: Verdict, data: Dataset, tmp_path: Path
) -> None:
    """A table that takes away every picture to train on is named as the reason."""
    rows = [row(each.content, "", verdict) for each in data.in_split("train")]
    table = write(tmp_path / "c.csv", *rows)

    with pytest.raises(DataError, match=r"no picture to train on\. Corrections: .* left out as"):
        apply_corrections(data, read_corrections([table]))
