"""Atomic writes: whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kerasport.files import replaced_folder, sha256_of, to_json, write_bytes, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_takes_its_place_when_it_is_complete(tmp_path: Path) -> None:
    """The old folder is replaced whole and nothing is left beside it."""
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()

    with replaced_folder(target) as folder:
        (folder / "new").touch()
        assert names(target) == ["old"]

    assert names(target) == ["new"]
    assert names(tmp_path) == ["out"]


def test_a_failure_leaves_the_old_folder(tmp_path: Path) -> None:
    """When writing fails, what was there stays and the half-written folder goes."""
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()

    def fail_half_way() -> None:
        with replaced_folder(target) as folder:
            (folder / "new").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    assert names(target) == ["old"]
    assert names(tmp_path) == ["out"]


def test_a_file_is_replaced_without_leftovers(tmp_path: Path) -> None:
    """A rewritten file has the new content, is readable by all, and leaves no temporary file."""
    path = tmp_path / "file"
    write_bytes(path, b"one")
    write_bytes(path, b"two")

    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o644
    assert names(tmp_path) == ["file"]


def test_json_does_not_depend_on_insertion_order() -> None:
    """Equal content gives equal bytes."""
    assert (
        to_json({"b": 1, "a": "é"})
        == to_json({"a": "é", "b": 1})
        == ('{\n  "a": "é",\n  "b": 1\n}\n')
    )


def test_sha256_is_the_standard_digest(tmp_path: Path) -> None:
    """The digest of an empty file is the published one."""
    path = tmp_path / "empty"
    path.touch()

    assert sha256_of(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_names_that_are_no_utf_8_are_written_and_read_again(tmp_path: Path) -> None:
    """JSON gives back the very name, text shows its bytes, and both files are UTF-8."""
    name = os.fsdecode(b"caf\xe9 \xff.png")

    write_json(tmp_path / "names.json", {name: [name, "\ud83d"]})
    write_text(tmp_path / "page.html", f"<b>{name}</b>")

    assert json.loads((tmp_path / "names.json").read_text("utf-8")) == {name: [name, "\ud83d"]}
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page == f"<b>{name}</b>".encode("utf-8", "backslashreplace").decode()
