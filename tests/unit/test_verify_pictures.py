"""Pictures that browsers are shown, out of folders, archives and shards."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pictures import write_class_folders
from support.shards import files_below, parquet_of, write_parquet, write_tar

from kerasport.errors import DataError
from kerasport.parity.compare.picture_files import PictureFiles


def test_pictures_in_shards_become_files(tmp_path: Path) -> None:
    """Each has its bytes and a name of its own, and is gone with its owner."""
    pytest.importorskip("pyarrow")
    files = files_below(write_class_folders(tmp_path / "data", {"a": 3, "b": 3}))
    write_parquet(tmp_path / "p" / "x.parquet", files)
    write_tar(tmp_path / "t" / "x.tar", files)
    written: list[Path] = []

    for source in (tmp_path / "p", tmp_path / "t" / "x.tar"):
        pictures = PictureFiles(source)
        found = [pictures.file_of(path) for path in pictures.paths]
        assert [path.read_bytes() for path in found] == [file.read_bytes() for file in files]
        assert len(set(found)) == len(files)
        written += found
        del pictures
    folder = PictureFiles(tmp_path / "data")

    assert not any(path.exists() for path in written)
    assert [folder.file_of(path) for path in folder.paths] == files


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A source without pictures, and a picture that is no file."""
    with pytest.raises(DataError, match="There are no pictures at"):
        PictureFiles(tmp_path / "nothing")
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(parquet_of({"image": [b"x" * 20, None]}), tmp_path / "x.parquet")
    pictures = PictureFiles(tmp_path / "x.parquet")

    with pytest.raises(DataError, match=r"'x\.parquet/1' cannot be read: the row has no bytes"):
        pictures.file_of(pictures.paths[1])
