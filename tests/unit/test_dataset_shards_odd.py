"""Shards as people have them and as nobody should: understood, or refused in one sentence."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.pictures import write_class_folders, write_picture
from support.shards import files_below, parquet_of, write_parquet, write_tar

from kerasport.dataset import ReadOptions, read_data, read_labeled
from kerasport.dataset.archives.parquet_pages import Chunk, require_bounded_pages
from kerasport.dataset.paths import read_bytes
from kerasport.dataset.shards import open_pictures
from kerasport.errors import DataError, KerasportError

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

LOOSE = ReadOptions(min_per_class=1, max_unreadable=1000)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures each in cat/ and dog/."""
    return write_class_folders(tmp_path_factory.mktemp("pictures"), {"cat": 12, "dog": 12})


@pytest.fixture(scope="module")
def encoded(pictures: Path) -> list[bytes]:
    """The files of the pictures, those of the cats first."""
    return [file.read_bytes() for file in files_below(pictures)]


def save(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    names = options.pop("names", None)
    parquet.write_table(parquet_of(columns, names=names), path, **options)
    return path


# How a column of labels may be written, and the classes that come of it.
WRITTEN: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "names": ({"label": [0] * 12 + [1] * 12}, {"names": {"label": ["cat", "dog"]}}, ["cat", "dog"]),
    "texts": ({"label": ["cat"] * 12 + ["dog"] * 12}, {}, ["cat", "dog"]),
    "numbers": ({"label": [0] * 12 + [1] * 12}, {}, ["0", "1"]),
    "fractions": ({"label": [0.0] * 12 + [1.0] * 12}, {}, ["0", "1"]),
    "another name": ({"class": ["a"] * 12 + ["b"] * 12, "caption": list("x" * 24)}, {}, ["a", "b"]),
    "named by the file": (
        {"breed": [1] * 12 + [0] * 12, "age": list(range(24))},
        {"names": {"breed": ["pug", "ant"]}},
        ["ant", "pug"],
    ),
    "numbers of names": (
        {"label": [0] * 12 + [1] * 12, "label_name": ["cat"] * 12 + ["dog"] * 12},
        {},
        ["cat", "dog"],
    ),
    "the only other": ({"what": ["cat"] * 12 + ["dog"] * 12}, {}, ["cat", "dog"]),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("shape", ["struct", "binary"])
def test_columns_of_labels_are_found(
    written: str, shape: str, encoded: list[bytes], tmp_path: Path
) -> None:
    """By their names, by the names of their classes, or because there is no other."""
    columns, options, classes = WRITTEN[written]
    image = [{"bytes": data, "path": "x"} for data in encoded] if shape == "struct" else encoded
    save(tmp_path / "x.parquet", {"image": image, **columns}, **options)

    dataset = read_data(tmp_path / "x.parquet", options=LOOSE)

    assert dataset.class_names == tuple(classes)
    cats = {example.content for example in dataset.examples if example.path.name < "12"}
    first = dataset.class_names.index(
        next(iter(classes)) if written != "named by the file" else "ant"
    )
    assert len({e.content for e in dataset.examples if e.label == first} & cats) == 12


def test_dictionaries_of_texts_are_labels(encoded: list[bytes], tmp_path: Path) -> None:
    """What pandas calls a category is a text."""
    labels = pyarrow.array(["cat"] * 12 + ["dog"] * 12).dictionary_encode()
    save(tmp_path / "x.parquet", {"image": encoded, "label": labels}, row_group_size=7)

    assert read_data(tmp_path / "x.parquet", options=LOOSE).class_names == ("cat", "dog")


# What a Parquet file may hold instead of pictures with one class each, and what is said of it.
REFUSED: dict[str, tuple[Callable[[list[bytes]], dict[str, Any]], dict[str, Any], str]] = {
    "no pictures": (lambda e: {"label": [1, 2]}, {}, "has no column of pictures"),
    "numbers for pictures": (
        lambda e: {"image": [[1, 2], [3, 4]], "label": [1, 2]},
        {},
        r"has no column of pictures, only: 'image' \(list",
    ),
    "two of pictures": (
        lambda e: {"left": e, "right": e, "label": [0, 1] * 12},
        {},
        "several columns of bytes: 'left', 'right'",
    ),
    "no label": (lambda e: {"image": e}, {}, "has no column for the label"),
    "lists of lists": (
        lambda e: {"image": e, "label": [[["cat"]]] * 24},
        {},
        r"has labels in 'label', which is list<element: list<.*Expected a column of texts or numb",
    ),
    "objects": (lambda e: {"image": e, "label": [{"a": 1}] * 24}, {}, "'label', which is struct"),
    "bytes of words": (
        lambda e: {"image": e, "label": pyarrow.array([[b"cat"]] * 24)},
        {},
        "'label', which is list<element: binary>",
    ),
    "names that repeat": (
        lambda e: {"image": e, "label": [0, 1, 2] * 8},
        {"names": {"label": ["a", "b", "a"]}},
        "calls several of its classes 'a'",
    ),
    "two labels": (
        lambda e: {"image": e, "fine": [0, 1] * 12, "coarse": [1, 0] * 12},
        {"names": {"fine": ["a", "b"], "coarse": ["c", "d"]}},
        "several columns of classes: 'fine', 'coarse'",
    ),
    "a missing label": (
        lambda e: {"image": e, "label": ["cat", None] * 12},
        {},
        r"x\.parquet/01': no label, and so in 11 more row",
    ),
    "no label by its number": (
        lambda e: {"image": e, "label": [0, -1] * 12},
        {"names": {"label": ["a", "b"]}},
        r"x\.parquet/01': no label",
    ),
    "a label without a name": (
        lambda e: {"image": e, "label": [0, 7] * 12},
        {"names": {"label": ["a", "b"]}},
        "has the label 7, and names for 2 classes only. Expected 0 to 1",
    ),
    "one class": (lambda e: {"image": e, "label": [3] * 24}, {}, "has one class only"),
    "an essay": (
        lambda e: {"image": e, "label": ["cat", "x" * 100_000] * 12},
        {},
        "a label of 1,000 characters",
    ),
    "no rows": (lambda e: {"image": e[:0], "label": []}, {}, "There are no pictures with labels"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_set_of_pictures_is_refused(
    what: str, encoded: list[bytes], tmp_path: Path
) -> None:
    """One sentence says which file, what is wrong and what was expected."""
    make, options, message = REFUSED[what]
    columns = make(encoded)
    if what == "no rows":
        columns = {"image": pyarrow.array([], pyarrow.binary()), "label": pyarrow.array([], "int8")}
    save(tmp_path / "x.parquet", columns, **options)

    with pytest.raises(DataError, match=message):
        read_data(tmp_path / "x.parquet", options=LOOSE)


def test_labels_of_two_kinds_are_refused(encoded: list[bytes], tmp_path: Path) -> None:
    """Numbers in one file and texts in another are no labels of one kind."""
    save(tmp_path / "a.parquet", {"image": encoded, "label": [0, 1] * 12})
    save(tmp_path / "b.parquet", {"image": encoded, "label": ["cat", "dog"] * 12})

    with pytest.raises(DataError, match=r"numbers in '.*a\.parquet' and texts in '.*b\.parquet'"):
        read_data(tmp_path, options=LOOSE)


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "it is no Parquet file"),
    "a web page": (lambda data: b"<html>" * 50, "it is no Parquet file"),
    "cut off": (lambda data: data[:-20], "it has no end, so it was cut off"),
    "cut short": (lambda data: data[:8] + data[40:], "ends too early|damaged"),
    "encrypted": (lambda data: data[:-4] + b"PARE", "it is encrypted"),
    "a long list": (
        lambda data: data[:-8] + struct.pack("<L", 1 << 30) + b"PAR1",
        "has 1,073,741,824 bytes, too many",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("place", ["disk", "address"])
def test_broken_parquet_files_are_refused(
    what: str, place: str, pictures: Path, tmp_path: Path
) -> None:
    """Whatever a download leaves behind is named, with the reason."""
    fsspec = pytest.importorskip("fsspec")
    change, message = BROKEN[what]
    whole = write_parquet(tmp_path / "x.parquet", files_below(pictures))
    whole.write_bytes(change(whole.read_bytes()))
    source = str(whole)
    if place == "address":
        source = f"memory://{tmp_path.name}/x.parquet"
        fsspec.filesystem("memory").pipe(f"/{tmp_path.name}/x.parquet", whole.read_bytes())

    with pytest.raises(DataError, match=rf"x\.parquet' cannot be read.*({message})"):
        read_data(source, options=LOOSE)


def test_a_bomb_is_not_unpacked(encoded: list[bytes], tmp_path: Path) -> None:
    """A page that would unpack to two thousand times itself is refused, with its row group."""
    zeros = bytes(30 << 20)
    columns = {"image": [*encoded[:20], zeros], "label": [0] * 12 + [1] * 9}
    bomb = save(
        tmp_path / "x.parquet",
        columns,
        row_group_size=20,
        compression={"image": "zstd", "label": "none"},
        use_dictionary=False,
        write_statistics=False,
    )

    dataset = read_data(bomb, options=LOOSE)

    assert len(dataset.examples) == 20
    assert "would unpack to 31,457,29" in dataset.skipped[0].reason


def test_a_value_that_is_said_again_and_again_fills_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dictionary of one large value and a thousand rows of it ends at a limit, once."""
    from kerasport.dataset.archives import parquet_file

    monkeypatch.setattr(parquet_file, "_FREE_BYTES", 1 << 20)
    monkeypatch.setattr(parquet_file, "_MOST_GROWTH", 2)
    value = bytes(range(256)) * 400
    save(tmp_path / "x.parquet", {"image": [value] * 1000})

    streamed = list(open_pictures(tmp_path / "x.parquet"))

    assert [each.reason for each in streamed[:10]] == [""] * 10
    assert {each.reason for each in streamed[10:]} == {
        "the row group unpacks to more than 1,048,576 bytes"
    }


def header(unpacked: int, packed: int, *extra: bytes) -> bytes:
    """Return the header of a page in Thrift's compact protocol."""

    def zigzag(number: int) -> bytes:
        number, found = number << 1, b""
        while number >= 0x80:
            found, number = found + bytes([number & 0x7F | 0x80]), number >> 7
        return found + bytes([number])

    return b"\x15\x00\x15" + zigzag(unpacked) + b"\x15" + zigzag(packed) + b"".join(extra) + b"\0"


@pytest.mark.parametrize(
    ("pages", "values", "message"),
    [
        (header(100, 10) + bytes(10), 1, None),
        (header(16 << 20, 10) + bytes(10), 1, None),
        (header((16 << 20) + 1, 10) + bytes(10), 1, "would unpack to 16,777,217"),
        (header(10 << 30, 10) + bytes(10), 1, "would unpack to 10,737,418,240"),
        (header(100, 10) + bytes(9), 1, "its pages are damaged"),
        (header(100, 1 << 40) + bytes(9), 1, "its pages are damaged"),
        (header(10, 1) + b"xy", 1, "damaged|too early"),
        (header(0, 0) * 1002, 1, "more pages than values"),
        (header(1, 1, b"\x18\xff\xff\xff\xff\x0f") + b"x", 1, "damaged or too long"),
        (header(1, 1, b"\x19" + b"\x19" * 40) + b"x", 1, "nested too deep|damaged|too early"),
        (b"\x15", 1, "too early|damaged"),
        (b"\x1f" * 9, 1, "damaged"),
    ],
)
def test_pages_are_bounded_by_their_headers(pages: bytes, values: int, message: str | None) -> None:
    """What a page says of itself is enough to refuse it, and lies end in the same."""
    file, chunk = io.BytesIO(b"PAR1" + pages), Chunk(4, len(pages))

    if message is None:
        require_bounded_pages(file, chunk, values=values)
    else:
        with pytest.raises(ValueError, match=message):
            require_bounded_pages(file, chunk, values=values)


def test_a_damaged_row_group_costs_its_rows(pictures: Path, tmp_path: Path) -> None:
    """The others are read, and each lost row says why."""
    path = write_parquet(tmp_path / "x.parquet", files_below(pictures), rows_per_group=8)
    data = bytearray(path.read_bytes())
    data[4:8] = b"\xff" * 4
    path.write_bytes(data)

    dataset = read_data(path, options=LOOSE)

    assert len(dataset.examples) == 16
    assert {skipped.path.name for skipped in dataset.skipped} == {f"{at:02d}" for at in range(8)}
    assert all("damaged in the Parquet file" in skipped.reason for skipped in dataset.skipped)


def test_a_file_that_changes_is_noticed(pictures: Path, tmp_path: Path) -> None:
    """A shard that is written anew meanwhile is read as it is now."""
    files = files_below(pictures)
    path = write_parquet(tmp_path / "x.parquet", files)
    assert read_bytes(path / "00") == files[0].read_bytes()

    write_parquet(path, files[::-1])

    assert read_bytes(path / "00") == files[-1].read_bytes()


@pytest.mark.parametrize(
    ("names", "given"),
    [
        (["train-00000-of-00001.parquet", "test-00000-of-00001.parquet"], {"train", "test"}),
        (["pets-train.parquet", "pets-val.parquet"], {"train", "validation"}),
        (["train/0000.parquet", "validation/0000.parquet"], {"train", "validation"}),
        (["train-0.parquet", "val-0.parquet", "test-0.parquet"], {"train", "validation", "test"}),
        (["a.parquet", "b.parquet"], set()),
        (["train_station.parquet", "airport.parquet"], set()),
    ],
)
def test_files_are_splits_by_their_names(
    names: list[str], given: set[str], pictures: Path, tmp_path: Path
) -> None:
    """Numbers and folders count as hubs write them, and a word within another name does not."""
    files = files_below(pictures)
    for at, name in enumerate(names):
        write_parquet(tmp_path / name, files[at :: len(names)])

    dataset = read_data(tmp_path, options=LOOSE)

    def split_of(name: str) -> set[str]:
        return {e.split for e in dataset.examples if e.path.parent == tmp_path / name}

    for name in names:
        own = {s for s in given if s[:3] in name and s != "train"}
        assert split_of(name) == own if own else "train" in split_of(name)


def test_a_test_without_labels_is_left_out(pictures: Path, tmp_path: Path) -> None:
    """As hubs publish the test of a competition; the test is cut from the rest then."""
    files = files_below(pictures)
    write_parquet(tmp_path / "train-0.parquet", files)
    image = [{"bytes": write_picture(tmp_path / "p.png", seed=5).read_bytes(), "path": "p"}] * 3
    (tmp_path / "p.png").unlink()
    save(tmp_path / "test-0.parquet", {"image": image, "label": [-1] * 3}, names={"label": ["a"]})

    dataset = read_data(tmp_path, options=LOOSE)

    assert len(dataset.examples) == 24
    assert [remark.kind for remark in dataset.remarks] == ["unlabeled"]


def test_others_beside_splits_are_not_guessed(pictures: Path, tmp_path: Path) -> None:
    """A file of no split beside those of splits is for the user to take or to leave."""
    for name in ("train-0", "test-0", "extra-0"):
        write_parquet(tmp_path / f"{name}.parquet", files_below(pictures))

    with pytest.raises(DataError, match=r"others beside them, like 'extra-0\.parquet'"):
        read_data(tmp_path, options=LOOSE)


def test_testing_takes_the_test_or_everything(pictures: Path, tmp_path: Path) -> None:
    """A model's classes may be more; a label that is none of them is refused."""
    files = files_below(pictures)
    write_parquet(tmp_path / "train-0.parquet", files[:20])
    write_parquet(tmp_path / "test-0.parquet", files[20:])

    both = read_labeled(tmp_path, class_names=["bird", "cat", "dog"])
    one = read_labeled(tmp_path / "train-0.parquet", class_names=["bird", "cat", "dog"])

    assert [len(dataset.examples) for dataset in (both, one)] == [4, 20]
    assert {example.label for example in one.examples} == {1, 2}
    with pytest.raises(DataError, match=r"labels that are not classes of the model: cat\."):
        read_labeled(tmp_path / "train-0.parquet", class_names=["bird", "dog"])


def test_a_missing_package_says_what_to_install(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parquet and addresses name the extra; TAR shards on the disk need none."""
    import sys

    write_parquet(tmp_path / "x.parquet", files_below(pictures))
    write_tar(tmp_path / "x.tar", files_below(pictures))
    for name in [each for each in sys.modules if each.split(".")[0] in ("pyarrow", "fsspec")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fsspec", None)

    assert len(read_data(tmp_path / "x.tar", options=LOOSE).examples) == 24
    for source in (tmp_path / "x.parquet", "s3://bucket/x.tar"):
        with pytest.raises(KerasportError, match=r"pip install 'kerasport\[shards\]'"):
            read_data(source, options=LOOSE)
