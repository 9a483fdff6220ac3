"""Where a run may be written is asked before anything is trained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.pictures import write_class_folders

from kerasport.errors import DataError, KerasportError
from kerasport.recipes import get_recipe
from kerasport.runs import check_target, new_run
from kerasport.training import train


def test_a_folder_in_a_file_is_refused(tmp_path: Path) -> None:
    """Nothing can be written into a file."""
    (tmp_path / "notes").touch()

    with pytest.raises(KerasportError, match=r"notes' is a file, so '.*cats' cannot be inside of"):
        check_target(tmp_path / "notes" / "runs" / "cats", force=False)


def test_a_folder_that_takes_no_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permissions are asked for at the nearest folder that is there."""
    asked = []

    def access(path: Path, mode: int) -> bool:
        asked.append((Path(path), mode))
        return False

    monkeypatch.setattr(os, "access", access)

    with pytest.raises(KerasportError) as caught:
        check_target(tmp_path / "runs" / "cats", force=False)

    assert asked == [(tmp_path, os.W_OK | os.X_OK)]
    assert str(caught.value) == (
        f"'{tmp_path}/runs/cats' cannot be written: nothing can be added to the folder "
        f"'{tmp_path}', because it belongs to somebody else or can only be read. Name "
        "another place."
    )


def test_a_folder_that_cannot_be_looked_into_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run below a locked folder is an error in one sentence too."""

    def exists(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", exists)

    with pytest.raises(DataError, match=r"cannot be written to '.*cats' \(Permission denied\)"):
        check_target(tmp_path / "cats", force=False)


def test_a_disk_that_refuses_the_first_file_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only writing shows ends the training before its first epoch."""
    from kerasport.training import unfinished

    def refuse(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(unfinished, "write_bytes", refuse)
    data = write_class_folders(tmp_path / "data", {"a": 20, "b": 20})

    with pytest.raises(DataError, match=r"cannot be written to '.*run' \(No space left on dev"):
        train(get_recipe("folder"), out=tmp_path / "run", data=data)


def test_paths_that_are_no_text_are_refused_where_they_are_written_down(tmp_path: Path) -> None:
    """A run names its folder and its pictures in files of UTF-8."""
    root = tmp_path / os.fsdecode(b"caf\xe9")
    data = write_class_folders(root / "data", {"a": 20, "b": 20})

    with pytest.raises(DataError, match=r"caf\\xe9/run' is not UTF-8 text, and a run names its"):
        check_target(root / "run", force=False)
    with pytest.raises(DataError, match=r"caf\\xe9/data' is not UTF-8 text, and a training"):
        train(get_recipe("folder"), out=tmp_path / "run", data=data)


def test_a_new_run_asks_too(tmp_path: Path) -> None:
    """Writing a run asks as its beginning does."""
    (tmp_path / "notes").touch()

    with (
        pytest.raises(KerasportError, match="is a file"),
        new_run(tmp_path / "notes" / "cats"),
    ):
        pass
