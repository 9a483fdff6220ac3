"""Archives of pictures: read where they lie like the folder they hold, and hostile ones refused."""

from __future__ import annotations

import io
import re
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.pictures import write_class_folders

from kerasport.bundle import Bundle
from kerasport.dataset import (
    Dataset,
    ReadOptions,
    check_data,
    decode_dataset,
    name_of_source,
    read_data,
    read_labeled,
)
from kerasport.errors import DataError
from kerasport.prediction import predict
from kerasport.preprocess import ImageSpec

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
SPEC = ImageSpec(height=5, width=7)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine pictures each in cat/ and dog/."""
    return write_class_folders(tmp_path_factory.mktemp("pictures"), {"cat": 9, "dog": 9})


def files(root: Path) -> list[tuple[str, bytes]]:
    return [(p.relative_to(root).as_posix(), p.read_bytes()) for p in sorted(root.rglob("*.png"))]


def zipped(path: Path, root: Path, *, before: str = "", method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write the pictures below `root` to a ZIP archive, each under `before`."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files(root):
            archive.writestr(before + name, data)
    return path


def tarred(path: Path, root: Path, *, before: str = "./", mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(root, before)
    return path


def streamed(path: Path, root: Path) -> Path:
    """Write a ZIP whose sizes stand behind each file, as programs do that write to a pipe."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        for name, data in files(root):
            archive.writestr(name, data)
    path.write_bytes(pipe.data)
    return path


def with_start(path: Path, root: Path) -> Path:
    """Write a ZIP behind other bytes, as self-extracting archives are."""
    data = zipped(path, root).read_bytes()
    path.write_bytes(b"MZ" + b"\0" * 500 + data)
    return path


def large(path: Path, root: Path) -> Path:
    """Write a ZIP with the fields of archives of more than 4 GiB."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files(root):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    return path


WRITERS: dict[str, tuple[str, Callable[[Path, Path], Path]]] = {
    "deflated": ("x.zip", zipped),
    "stored": ("x.zip", lambda path, root: zipped(path, root, method=zipfile.ZIP_STORED)),
    "bzip2": ("x.ZIP", lambda path, root: zipped(path, root, method=zipfile.ZIP_BZIP2)),
    "streamed": ("x.zip", streamed),
    "behind a program": ("x.zip", with_start),
    "64 bits": ("x.zip", large),
    "wrapped": ("x.zip", lambda path, root: zipped(path, root, before="all/pets/")),
    "tar": ("x.tar", tarred),
    "tgz": ("x.tgz", lambda path, root: tarred(path, root, before="pets", mode="w:gz")),
    "tar.bz2": ("x.tar.bz2", lambda path, root: tarred(path, root, mode="w:bz2")),
    "tar.xz": ("x.tar.xz", lambda path, root: tarred(path, root, mode="w:xz")),
}


def known(dataset: Dataset) -> list[tuple[str, int, str, str]]:
    """Return what is told apart: class folder and file, label, split, content."""
    return [("/".join(e.path.parts[-2:]), e.label, e.split, e.content) for e in dataset.examples]


@pytest.mark.parametrize(("name", "write"), WRITERS.values(), ids=WRITERS.keys())
def test_an_archive_is_read_like_its_folder(
    pictures: Path, tmp_path: Path, name: str, write: Callable[[Path, Path], Path]
) -> None:
    """The same pictures, labels, splits and pixels, whatever the archive; nothing is unpacked."""
    path = write(tmp_path / name, pictures)

    dataset = read_data(path)

    expected = read_data(pictures)
    assert known(dataset) == known(expected)
    assert dataset.class_names == expected.class_names
    assert dataset.fingerprint == expected.fingerprint
    pixels = decode_dataset(dataset, SPEC).pixels[:]
    assert (pixels == decode_dataset(expected, SPEC).pixels[:]).all()
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_paths_of_pictures_begin_with_the_archive(pictures: Path, tmp_path: Path) -> None:
    """What a report names is found again: the archive, then the way in it."""
    path = zipped(tmp_path / "pets.zip", pictures)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("cat/notes.txt", "nothing to see")

    report = check_data(path)

    assert report.findings[0].message == (
        "1 file(s) were skipped because they are not usable pictures, the first is "
        f"'{path}/cat/notes.txt' (not a picture)."
    )
    assert report.findings[0].examples == (("cat/notes.txt (not a picture)",),)


def test_a_model_is_tested_on_an_archive(pictures: Path, tmp_path: Path) -> None:
    """Labelled pictures for a test come from archives as well, wrapped or not."""
    path = zipped(tmp_path / "pets.zip", pictures, before="pets/")

    dataset = read_labeled(path, class_names=["bird", "cat", "dog"])

    assert [dataset.class_names[e.label] for e in dataset.examples] == ["cat"] * 9 + ["dog"] * 9


def test_a_picture_in_an_archive_is_classified(pictures: Path, tmp_path: Path) -> None:
    """A path that a report names may be given to `predict`, and what is wrong there is told."""
    path = zipped(tmp_path / "pets.zip", pictures)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("cat/notes.txt", "nothing to see")
    bundle = Bundle.open(FROZEN)

    inside = [path / "cat" / "000.png", path / "cat" / "notes.txt", path / "cat" / "none.png"]
    answers, errors = predict(bundle, inside)
    (expected,), _ = predict(bundle, [pictures / "cat" / "000.png"])

    assert [answer.path for answer in answers] == inside[:1]
    assert (answers[0].probabilities == expected.probabilities).all()
    assert [str(error).partition(": ")[0] for error in errors] == [
        f"'{path}/cat/notes.txt' cannot be read",
        f"'{path}/cat/none.png' cannot be read",
    ]


def test_what_systems_add_is_left_out(pictures: Path, tmp_path: Path) -> None:
    """`__MACOSX` and hidden files are no classes and no wrappers."""
    path = zipped(tmp_path / "pets.zip", pictures, before="pets/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/pets/cat/._000.png", "x")
        archive.writestr("pets/.DS_Store", "x")

    assert read_data(path).class_names == ("cat", "dog")


def test_split_folders_in_an_archive(pictures: Path, tmp_path: Path) -> None:
    """Folders mean in an archive what they mean on the disk."""
    write_class_folders(tmp_path / "in" / "train", {"cat": 9, "dog": 9}, seed=3)
    write_class_folders(tmp_path / "in" / "test", {"cat": 5, "dog": 5}, seed=4)

    dataset = read_data(zipped(tmp_path / "pets.zip", tmp_path / "in"))

    assert len(dataset.in_split("test")) == 10
    assert dataset.fingerprint == read_data(tmp_path / "in").fingerprint


def test_a_table_in_an_archive(pictures: Path, tmp_path: Path) -> None:
    """A table is named by its path in the archive, or lies beside the pictures as metadata.csv."""
    rows = "".join(f"{name[:-4]},{name[:3]}\n" for name, _ in files(pictures))
    path = zipped(tmp_path / "pets.zip", pictures, before="images/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.csv", f"id,label\n{rows}")
    hub = zipped(tmp_path / "hub.zip", pictures)
    with zipfile.ZipFile(hub, "a") as archive:
        lines = "".join(f"{name},{name[:3]}\n" for name, _ in files(pictures))
        archive.writestr("metadata.csv", f"file_name,label\n{lines}")

    assert read_data(path / "labels.csv").class_names == ("cat", "dog")
    assert read_data(hub).class_names == ("cat", "dog")


def test_a_table_of_what_is_in_an_archive(pictures: Path, tmp_path: Path) -> None:
    """`--root` may be an archive."""
    path = zipped(tmp_path / "pets.zip", pictures)
    table = tmp_path / "labels.csv"
    table.write_text("path,label\n" + "".join(f"{n},{n[:3]}\n" for n, _ in files(pictures)))

    dataset = read_data(table, options=ReadOptions(root=path))

    assert dataset.fingerprint == read_data(pictures).fingerprint


def test_an_archive_among_the_pictures_is_a_file(pictures: Path, tmp_path: Path) -> None:
    """An archive in a class folder is no picture, however broken it is."""
    root = write_class_folders(tmp_path / "data", {"cat": 9, "dog": 9})
    (root / "cat" / "more.zip").write_bytes(b"PK\x03\x04 and no more")

    skipped = read_data(root).skipped

    assert [(item.path.name, item.reason) for item in skipped] == [("more.zip", "not a picture")]


def test_an_archive_that_changes_is_read_anew(pictures: Path, tmp_path: Path) -> None:
    """Another file of the same name is another archive; pictures of the first are not mixed in."""
    path = zipped(tmp_path / "pets.zip", pictures)
    before = read_data(path)
    other = write_class_folders(tmp_path / "in", {"ant": 9, "bee": 9}, seed=8)
    path.unlink()
    zipped(path, other)

    assert read_data(path).class_names == ("ant", "bee")
    assert decode_dataset(before, SPEC, max_unreadable=18).dataset.examples == ()


def test_the_name_of_an_archive_leads_back_to_it(tmp_path: Path) -> None:
    """A run finds its pictures again by an absolute path."""
    assert name_of_source("pets.zip") == str(Path("pets.zip").absolute())


NAMES = {
    "UTF-8 without its mark": ("käfer", "utf-8", 0, 0),
    "UTF-8": ("käfer", "utf-8", 0x800, 0),
    "another": ("käfer", "cp437", 0, 1),
}


@pytest.mark.parametrize(("name", "encoding", "flags", "told"), NAMES.values(), ids=NAMES.keys())
def test_names_that_are_not_ascii(
    pictures: Path, tmp_path: Path, name: str, encoding: str, flags: int, told: int
) -> None:
    """UTF-8 is believed with and without its mark; another encoding is guessed and said."""
    raw = name.encode(encoding)
    path = tmp_path / "pets.zip"
    placeholder = "k" * len(raw)
    with zipfile.ZipFile(path, "w") as archive:
        for inside, content in files(pictures):
            archive.writestr(inside.replace("cat", placeholder), content)
    data = bytearray(path.read_bytes().replace(placeholder.encode(), raw))
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        for found in re.finditer(re.escape(signature), data):
            struct.pack_into("<H", data, found.start() + place, flags)
    path.write_bytes(data)

    dataset = read_data(path)

    assert dataset.class_names == ("dog", name)
    expected = (
        f"'{path}' has names that are not UTF-8; their spelling is a guess, like "
        f"'{name}/000.png'. If it is wrong, unpack the archive where it was made."
    )
    remarks = [(remark.kind, remark.severity, remark.text) for remark in dataset.remarks]
    assert remarks == [("guessed-names", "warning", expected)] * told


def test_paths_of_windows_in_an_archive(pictures: Path, tmp_path: Path) -> None:
    """Some programs of Windows part folders with backslashes."""
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files(pictures):
            info = zipfile.ZipInfo(name.replace("/", "\\"))
            info.create_system = 0
            archive.writestr(info, data)

    assert read_data(path).fingerprint == read_data(pictures).fingerprint


def members(*names: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"x")

    return write


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", b"\0" * 1_000_000)
    # A directory that says of the same bytes that they are many times as many.
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    path.write_bytes(data[: at + 24] + struct.pack("<L", 0xFFFFFFF0) + data[at + 28 :])


def encrypted(path: Path) -> None:
    members("a/1.png")(path)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)


def truncated(path: Path) -> None:
    members("a/1.png", "b/1.png")(path)
    path.write_bytes(path.read_bytes()[:-30])


def many(path: Path) -> None:
    members("a/1.png")(path)
    data = path.read_bytes()
    at = data.index(b"PK\x05\x06")
    path.write_bytes(data[: at + 12] + struct.pack("<L", 0xFFFFFFF0) + data[at + 16 :])


HOSTILE = {
    "leading out": (members("../a.png"), "it holds '../a.png', a path that leads out of it"),
    "deep out": (members("a/../../b.png"), "it holds 'a/../../b.png', a path that leads out of it"),
    "absolute": (members("/etc/a.png"), "it holds '/etc/a.png', a path that leads out of it"),
    "drive": (members("C:/a.png"), "it holds 'C:/a.png', a path that leads out of it"),
    "twice": (members("a/1.png", "a/1.png"), "it holds 'a/1.png' twice"),
    "file and folder": (members("a", "a/1.png"), "it holds 'a' twice, as a file and as a folder"),
    "deep": (members("d/" * 3000 + "a.png"), f"it holds '{'d/' * 99}"),
    "encrypted": (encrypted, "its file 'a/1.png' is encrypted"),
    "bomb": (bomb, "it would unpack to 4,294,967,280 bytes, more than 200 times what it has"),
    "cut off": (truncated, "it has no end, so it was cut off or is no ZIP archive"),
    "web page": (
        lambda path: path.write_bytes(b"\n<!DOCTYPE html>"),
        "it is a web page, as a download without a login leaves behind",
    ),
    "RAR": (lambda path: path.write_bytes(b"Rar!\x1a"), "it is a RAR archive, which is not read"),
    "empty file": (lambda path: path.write_bytes(b""), "it has no end"),
    "too large a directory": (many, "the list of what it holds is damaged"),
}


@pytest.mark.parametrize(("write", "reason"), HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_archive_is_refused(
    tmp_path: Path, write: Callable[[Path], None], reason: str
) -> None:
    """One sentence says what is wrong with the archive; nothing of it is read."""
    path = tmp_path / "pets.zip"
    write(path)

    message = f"'{path}' cannot be read as an archive of pictures: {reason}"
    with pytest.raises(DataError, match="^" + re.escape(message)):
        read_data(path)


def test_archives_in_an_archive_are_named(tmp_path: Path) -> None:
    """An archive that holds archives instead of pictures is not opened any deeper."""
    path = tmp_path / "pets.zip"
    members("train.zip", "test1.zip", "sampleSubmission.csv")(path)

    message = (
        f"'{path}' holds archives instead of pictures: 'test1.zip', 'train.zip'. Unpack it and "
        "name the one to read."
    )
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        read_data(path)


def link(archive: zipfile.ZipFile, name: str) -> None:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/hostname")


def damaged(archive: zipfile.ZipFile, name: str) -> None:
    archive.writestr(name, b"some bytes that will be others")


def grown(archive: zipfile.ZipFile, name: str) -> None:
    archive.writestr(name, b"\0" * (32 << 20), zipfile.ZIP_DEFLATED)


def packed_otherwise(archive: zipfile.ZipFile, name: str) -> None:
    archive.writestr(name, b"x" * 100, zipfile.ZIP_LZMA)


ODD_MEMBERS = {
    "a link": (link, "a link, which is not followed inside of an archive"),
    "damaged": (damaged, "damaged in the archive (its checksum or length differs)"),
    "a bomb": (
        grown,
        "it would unpack to 33,554,432 bytes, more than 200 times what it has in the archive",
    ),
    "another packing": (
        packed_otherwise,
        "packed with LZMA, which is not read: unpack the archive",
    ),
}


@pytest.mark.parametrize(("add", "reason"), ODD_MEMBERS.values(), ids=ODD_MEMBERS.keys())
def test_an_odd_file_in_an_archive_is_skipped(
    pictures: Path, tmp_path: Path, add: Callable[[zipfile.ZipFile, str], None], reason: str
) -> None:
    """What cannot be read is named like any file that is no picture, and the others are read."""
    path = zipped(tmp_path / "pets.zip", pictures)
    with zipfile.ZipFile(path, "a") as archive:
        add(archive, "cat/odd.png")
    path.write_bytes(path.read_bytes().replace(b"that will be", b"that have be"))

    dataset = read_data(path)

    assert [(item.path, item.reason) for item in dataset.skipped] == [
        (path / "cat" / "odd.png", reason)
    ]
    assert len(dataset.examples) == 18
