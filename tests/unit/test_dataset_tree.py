"""What lies in folders besides pictures: links, locked folders, pipes, films."""

from __future__ import annotations

import os
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.pictures import write_class_folders, write_picture

from kerasport import cli
from kerasport.dataset import Dataset, read_data, read_labeled
from kerasport.errors import DataError
from kerasport.pictures import MAX_BYTES

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file types")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes of 20 pictures."""
    return write_class_folders(tmp_path / "data", {"a": 20, "b": 20})


def skipped(dataset: Dataset) -> dict[str, str]:
    return {item.path.relative_to(dataset.root).as_posix(): item.reason for item in dataset.skipped}


@posix_only
def test_linked_folders_are_read(root: Path, tmp_path: Path) -> None:
    """A link inside a class counts as much as a linked class."""
    write_class_folders(tmp_path / "store", {"more": 7, "c": 20}, seed=1)
    (root / "a" / "more").symlink_to(tmp_path / "store" / "more")
    (root / "c").symlink_to(tmp_path / "store" / "c")

    dataset = read_data(root)

    assert dataset.class_names == ("a", "b", "c")
    assert [sum(example.label == label for example in dataset.examples) for label in range(3)] == [
        *(27, 20, 20)
    ]
    assert dataset.skipped == ()


@posix_only
def test_links_without_an_end_are_named(root: Path) -> None:
    """A link up is not followed, neither into its class nor beside it; one to nowhere is told."""
    (root / "a" / "up").symlink_to("..")
    (root / "b" / "top").symlink_to(root)
    (root / "b" / "self").symlink_to("../b")
    (root / "a" / "loop.png").symlink_to("loop.png")
    (root / "a" / "gone.png").symlink_to("nowhere.png")

    dataset = read_data(root)

    assert len(dataset.examples) == 40
    assert skipped(dataset) == {
        "a/up": "a link to a folder that it lies in",
        "b/top": "a link to a folder that it lies in",
        "b/self": "a link to a folder that it lies in",
        "a/loop.png": f"cannot be opened ({os.strerror(40)})",
        "a/gone.png": "a link that leads nowhere",
    }


@posix_only
def test_a_class_that_links_to_the_whole_is_none(root: Path) -> None:
    """Every picture would be in it once more."""
    (root / "everything").symlink_to(root)

    with pytest.raises(DataError, match=r"'everything' .* has 0 pictures"):
        read_data(root)


@posix_only
def test_two_links_to_one_folder_are_both_read(root: Path, tmp_path: Path) -> None:
    """Only what has no end is left out."""
    write_class_folders(tmp_path / "store", {"more": 7}, seed=1)
    (root / "a" / "one").symlink_to(tmp_path / "store" / "more")
    (root / "a" / "two").symlink_to(tmp_path / "store" / "more")

    assert len(read_data(root).examples) == 54


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Folders that the system does not open; for root it opens all."""
    folders: set[Path] = set()
    scandir = os.scandir

    def refuse(path: Any = ".") -> Any:
        if Path(path) in folders:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return folders


def test_a_folder_that_cannot_be_opened_is_named(root: Path, locked: set[Path]) -> None:
    """Pictures behind a lock are missed, not forgotten."""
    write_class_folders(root / "a", {"inner": 5}, seed=1)
    locked.add(root / "a" / "inner")

    dataset = read_data(root)

    assert len(dataset.examples) == 40
    assert skipped(dataset) == {"a/inner": "a folder that cannot be opened (Permission denied)"}


def test_a_class_that_cannot_be_opened_is_named(root: Path, locked: set[Path]) -> None:
    """It has no pictures, and the reason is among what was skipped."""
    locked.add(root / "b")

    with pytest.raises(DataError, match=r"'b' .* has 0 pictures .* 1 were skipped"):
        read_data(root)


def test_data_that_cannot_be_opened_is_one_sentence(
    root: Path, locked: set[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Training, testing and the command line say so, without a traceback."""
    locked.add(root)
    message = (
        f"'{root}' cannot be opened (Permission denied). Expected a folder that you may read; "
        "change its permissions, or copy it."
    )

    with pytest.raises(DataError) as caught:
        read_data(root)
    assert str(caught.value) == message
    with pytest.raises(DataError, match="cannot be opened"):
        read_labeled(root, class_names=["a", "b"])
    with pytest.raises(SystemExit):
        cli.main(["check", str(root)])
    assert capsys.readouterr().err == f"Error: {message}\n"


@pytest.fixture
def pipes(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A named pipe and a socket among the pictures."""
    os.mkfifo(root / "a" / "pipe.png")
    monkeypatch.chdir(root / "a")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.png")
        monkeypatch.chdir(tmp_path)
        yield root


@posix_only
def test_a_pipe_is_not_waited_for(pipes: Path) -> None:
    """What is no file is told apart before it is opened."""
    assert skipped(read_data(pipes)) == {
        "a/pipe.png": "a named pipe, not a file",
        "a/socket.png": "a socket, not a file",
    }


def _sparse(path: Path, start: bytes, size: int) -> None:
    with path.open("wb") as stream:
        stream.write(start)
        stream.truncate(size)


def test_a_film_among_the_pictures_is_not_read(root: Path) -> None:
    """Forty gigabytes cost nothing: what cannot be a picture shows in its first bytes."""
    _sparse(root / "a" / "film.mp4", b"\0\0\0\x18ftypisom", 40 << 30)
    _sparse(root / "a" / "film.avi", b"RIFF\0\0\0\0AVI ", 2 << 20)
    _sparse(root / "b" / "zeros.png", b"", 40 << 30)
    _sparse(root / "b" / "huge.png", b"\x89PNG\r\n\x1a\n", MAX_BYTES + 1)

    tracemalloc.start()
    dataset = read_data(root)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert skipped(dataset) == {
        "a/film.avi": "not a picture",
        "a/film.mp4": "not a picture",
        "b/huge.png": f"it has {MAX_BYTES + 1:,} bytes, more than {MAX_BYTES:,}",
        "b/zeros.png": "not a picture",
    }
    assert peak < 64 << 20


def test_large_pictures_are_read(root: Path) -> None:
    """A picture above the size that is looked at first is read like any other."""
    large = write_picture(root / "a" / "large.png", seed=7, size=(800, 700))
    assert large.stat().st_size > 1 << 20

    assert large in {example.path for example in read_data(root).examples}
