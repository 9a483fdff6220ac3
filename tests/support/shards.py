"""Parquet files and TAR shards of small pictures, written as hubs and WebDataset write them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["files_below", "parquet_of", "tar_of", "write_members", "write_parquet", "write_tar"]


def files_below(root: Path) -> list[Path]:
    """Return the pictures of class folders, sorted by their paths."""
    return sorted(root.rglob("*.png"))


def parquet_of(columns: dict[str, Any], *, names: dict[str, Sequence[str]] | None = None) -> Any:
    """Return a table of pyarrow; `names` are those of the classes of numbered columns."""
    import pyarrow

    table = pyarrow.table(columns)
    if names is None:
        return table
    features = {
        column: {"names": list(each), "_type": "ClassLabel"} for column, each in names.items()
    }
    said = json.dumps({"info": {"features": {"image": {"_type": "Image"}, **features}}})
    return table.replace_schema_metadata({"huggingface": said})


def write_parquet(path: Path, files: Sequence[Path], *, rows_per_group: int = 5) -> Path:
    """Write pictures with the names of their folders as numbered classes, as Hugging Face does."""
    from pyarrow import parquet

    classes = sorted({file.parent.name for file in files})
    table = parquet_of(
        {
            "image": [{"bytes": file.read_bytes(), "path": file.name} for file in files],
            "label": [classes.index(file.parent.name) for file in files],
        },
        names={"label": classes},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path, row_group_size=rows_per_group)
    return path


def write_members(path: Path, members: Iterable[tuple[str, bytes]], *, mode: str = "w") -> Path:
    """Write a TAR of these files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def tar_of(files: Sequence[Path], *, kind: str = "cls") -> list[tuple[str, bytes]]:
    """Return the members of a shard: each picture, and its folder's name as its label."""
    members: list[tuple[str, bytes]] = []
    for number, file in enumerate(files):
        label = file.parent.name
        said = json.dumps({"label": label, "width": 12}) if kind == "json" else label
        members.append((f"{number:06d}{file.suffix}", file.read_bytes()))
        members.append((f"{number:06d}.{kind}", said.encode()))
    return members


def write_tar(path: Path, files: Sequence[Path], *, kind: str = "cls", mode: str = "w") -> Path:
    """Write pictures with the names of their folders as labels beside them."""
    return write_members(path, tar_of(files, kind=kind), mode=mode)
