"""TAR archives as nobody should have them: their links left out, and hostile ones refused."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from support.pictures import write_class_folders
from support.shards import files_below, write_members

from kerasport.dataset import read_data
from kerasport.errors import DataError

Members = list[tuple[str, bytes]]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Members:
    """Nine pictures each in cat/ and dog/."""
    root = write_class_folders(tmp_path_factory.mktemp("pictures"), {"cat": 9, "dog": 9})
    return [(each.relative_to(root).as_posix(), each.read_bytes()) for each in files_below(root)]


def test_links_and_devices_in_a_tar_are_skipped(pictures: Members, tmp_path: Path) -> None:
    """A link of a TAR leads nowhere, and a device is no file."""
    path = write_members(tmp_path / "pets.tar", pictures)
    with tarfile.open(path, "a") as archive:
        for name, kind in (("cat/x.png", tarfile.SYMTYPE), ("cat/y.png", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/hostname"
            archive.addfile(info)

    assert [(item.path.name, item.reason) for item in read_data(path).skipped] == [
        ("x.png", "a link, which is not followed inside of an archive"),
        ("y.png", "not a file"),
    ]


@pytest.mark.parametrize("name", ["pets.tar", "pets.tgz"])
def test_a_tar_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever is wrong with it is one sentence."""
    path = tmp_path / name
    path.write_bytes(b"\x1f\x8b\x08 and nothing that could be unpacked" * 20)

    with pytest.raises(DataError, match=f"^'{path}' cannot be read as an archive of pictures: "):
        read_data(path)


def header(name: bytes, size: int, kind: bytes = b"0") -> bytes:
    """Return a header of a TAR; a size that is negative or large in the binary way of GNU."""
    octal = 0 <= size < 8**11
    written = b"%011o\0" % size if octal else size.to_bytes(12, "big", signed=True)
    number = written if octal else bytes([written[0] | 0x80]) + written[1:]
    fields = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + number + b"0" * 11 + b"\0"
    start = (fields + b" " * 8 + kind).ljust(257, b"\0") + b"ustar\x0000"
    whole = bytearray(start.ljust(512, b"\0"))
    whole[148:156] = b"%06o\0 " % sum(whole)
    return bytes(whole)


def record(text: bytes) -> bytes:
    """Return a record of POSIX's extended headers, behind the header that it has."""
    length = len(text) + 2 + len(str(len(text) + 4))
    line = b"%d %s\n" % (length, text)
    return header(b"x", len(line), b"x") + line.ljust(512, b"\0")


LONG = header(b"././@LongLink", 10, b"L") + b"cat/q.png\0".ljust(512, b"\0")
HOSTILE_TARS = {
    "headers of headers": (
        header(b"a.png", 0),
        LONG * 1200,
        "the list of what it holds is damaged",
    ),
    "a name of a gigabyte": (header(b"x", 1 << 30, b"L"), b"", "a name in it has 1,073,741,824"),
    "records of a gigabyte": (header(b"x", 1 << 30, b"x"), b"", "a name in it has 1,073,741,824"),
    "less than nothing": (record(b"size=-5") + header(b"a.png", 0), b"", "has -5 bytes"),
    "all there is": (record(b"size=-1") + header(b"a.png", 0), b"", "has -1 bytes"),
}


@pytest.mark.parametrize(
    ("first", "then", "reason"), HOSTILE_TARS.values(), ids=HOSTILE_TARS.keys()
)
def test_a_hostile_tar_is_refused(
    first: bytes, then: bytes, reason: str, pictures: Members, tmp_path: Path
) -> None:
    """What a header says of itself is not believed: neither its length nor how many there are."""
    path = write_members(tmp_path / "pets.tar", pictures)
    path.write_bytes(then + first + path.read_bytes())

    with pytest.raises(DataError, match=reason) as caught:
        read_data(path)
    assert str(caught.value).startswith(f"'{path}' cannot be read as an archive of pictures: ")
