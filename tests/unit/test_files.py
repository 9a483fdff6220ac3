"""Atomic writes: whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kerasport.errors import KerasportError
from kerasport.files import (
    check_place,
    claims,
    put_back,
    replaced_folder,
    sha256_of,
    to_json,
    write_bytes,
    write_json,
    write_text,
)
from kerasport.platforms import folders


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


def test_what_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    """A link to a folder or a file stays a link; one that leads nowhere leads somewhere then."""
    (tmp_path / "disk" / "real").mkdir(parents=True)
    (tmp_path / "disk" / "file").touch()
    for name in ("real", "file", "missing"):
        (tmp_path / name).symlink_to(tmp_path / "disk" / name)

    for name in ("real", "missing"):
        with replaced_folder(tmp_path / name) as folder:
            (folder / "new").touch()
    write_bytes(tmp_path / "file", b"new")

    assert all((tmp_path / name).is_symlink() for name in ("real", "file", "missing"))
    assert names(tmp_path / "disk" / "real") == names(tmp_path / "disk" / "missing") == ["new"]
    assert (tmp_path / "disk" / "file").read_bytes() == b"new"
    assert names(tmp_path / "disk") == ["file", "missing", "real"]


def test_a_circle_of_links_is_no_place(tmp_path: Path) -> None:
    """Links that lead to each other stay as they are."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    with pytest.raises(OSError, match="symbolic links"), replaced_folder(tmp_path / "a"):
        pass

    assert names(tmp_path) == ["a", "b"]


def test_a_device_is_written_to(tmp_path: Path) -> None:
    """What is no regular file is not replaced by one."""
    write_bytes(Path(os.devnull), b"nothing")
    assert not Path(os.devnull).is_file()

    with pytest.raises(OSError, match="directory"):
        write_bytes(tmp_path, b"nothing")


def test_what_cannot_be_replaced_is_told_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working folder, one around it, and a place inside a file, before anything is written."""
    (tmp_path / "here" / "in").mkdir(parents=True)
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path / "here" / "in")

    for place in (Path(), Path(".."), tmp_path, Path("/")):
        with pytest.raises(KerasportError, match="the folder that this command runs in"):
            check_place(place)
    with pytest.raises(KerasportError, match=r"file' is a file, so '.*out' cannot be"):
        check_place(tmp_path / "file" / "a" / "out")
    check_place(Path("out", "model"))
    check_place(tmp_path / "file", folder=False)
    assert names(Path()) == []


@pytest.mark.parametrize("listed", [True, False], ids=["in-mountinfo", "by-its-device"])
def test_a_mount_point_is_told_before(
    listed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is a folder that another is mounted on, also from the same file system."""
    target = tmp_path / "two words"
    target.mkdir()
    mounts = tmp_path / "mountinfo"
    escaped = str(target).replace(" ", r"\040")
    mounts.write_text(f"36 35 98:0 /mnt1 {escaped} rw - ext3 /dev/root rw\n" if listed else "")
    monkeypatch.setattr(folders, "_MOUNTS", mounts)
    if not listed:
        monkeypatch.setattr(Path, "is_mount", lambda path: path == target)

    with pytest.raises(KerasportError, match=r"a file system is mounted.*two words/model'"):
        check_place(target)

    check_place(target / "model")


def test_leftovers_of_others_stay(tmp_path: Path) -> None:
    """Only names as `tempfile` ends them are taken for leftovers, and only of the same place."""
    strange = [".out.new-", ".out.new-notes", ".out2.new-abcdefgh", ".out.new-ABCDEFGH", "out.new"]
    for name in (*strange, ".out.new-abcdefgh", ".out.old-abcdefgh"):
        (tmp_path / name).mkdir()

    with replaced_folder(tmp_path / "out"):
        pass

    assert names(tmp_path) == sorted([*strange, "out"])


def test_a_reader_brings_back_what_was_renamed_away(tmp_path: Path) -> None:
    """The last one of several; a place where something is, or nothing was, is not touched."""
    for number, name in enumerate(("abcdefgh", "bcdefghi")):
        old = tmp_path / f".out.old-{name}"
        (old / "out" / name).mkdir(parents=True)
        os.utime(old, (number, number))

    put_back(tmp_path / "other")
    put_back(tmp_path / "out")

    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["bcdefghi"]


def test_two_commands_are_not_at_one_place_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second waits; where the first does not end, it says so and changes nothing."""
    code = (
        "import sys; from pathlib import Path; from kerasport.files import replaced_folder\n"
        "with replaced_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'first').touch(); print('in', flush=True); sys.stdin.readline()"
    )
    target = tmp_path / "out"
    command = [sys.executable, "-c", code, str(target)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert first.stdout.readline() == "in\n"
        monkeypatch.setattr(claims, "_WAIT_SECONDS", 0.1)
        with (
            pytest.raises(KerasportError, match=r"Another command is writing '.*out' at this"),
            replaced_folder(target),
        ):
            pass
        monkeypatch.setattr(claims, "_WAIT_SECONDS", 60)
        first.stdin.write("\n")
        first.stdin.flush()

        with replaced_folder(target) as folder:
            assert names(target) == ["first"]
            (folder / "second").touch()

    assert names(target) == ["second"]
    assert names(tmp_path) == ["out"]


def test_a_file_system_without_locks_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leftovers stay there, because nobody knows whose they are."""

    def refuse(path: Path) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(claims, "take_lock", refuse)
    (tmp_path / ".out.new-abcdefgh").mkdir()

    with replaced_folder(tmp_path / "out"):
        pass

    assert names(tmp_path) == [".out.new-abcdefgh", "out"]


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    """What stands beside it while it is written has a shorter name."""
    name = "n" * 255

    with replaced_folder(tmp_path / name) as folder:
        write_bytes(folder / name, b"")

    assert names(tmp_path / name) == [name]


def test_names_that_are_no_text_are_written(tmp_path: Path) -> None:
    """JSON gives back the very name, text shows its bytes, and both files are UTF-8."""
    name = os.fsdecode(b"caf\xe9 \xff.png")

    write_json(tmp_path / "names.json", {name: [name, "\ud83d"]})
    write_text(tmp_path / "page.html", f"<b>{name}</b>")

    text = (tmp_path / "names.json").read_text("utf-8")
    assert "caf\\udce9 \\udcff.png" in text
    assert json.loads(text) == {name: [name, "\ud83d"]}
    assert (tmp_path / "page.html").read_text("utf-8") == r"<b>caf\xe9 \xff.png</b>"
