"""Parquet files and TAR shards: the same data set as the folder that they were made from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.pictures import write_class_folders
from support.shards import files_below, write_members, write_parquet, write_tar

from kerasport.dataset import (
    Dataset,
    check_data,
    decode_dataset,
    leads_somewhere,
    name_of_source,
    parallel,
    paths,
    read_data,
)
from kerasport.dataset.shards import open_pictures
from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec

SPEC = ImageSpec(height=5, width=7)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures each in cat/ and dog/."""
    return write_class_folders(tmp_path_factory.mktemp("pictures"), {"cat": 12, "dog": 12})


def in_parquet(folder: Path, files: list[Path]) -> str:
    for at in range(3):
        write_parquet(folder / f"train-{at:05d}-of-00003.parquet", files[at::3])
    return str(folder)


def in_tar(folder: Path, files: list[Path]) -> str:
    for at in range(3):
        write_tar(folder / f"train-{at:03d}.tar", files[at::3])
    return str(folder / "train-{000..002}.tar")


def in_packed_tar(folder: Path, files: list[Path]) -> str:
    write_tar(folder / "a.tar.gz", files[:9], kind="json", mode="w:gz")
    write_tar(folder / "b.tgz", files[9:], kind="json", mode="w:gz")
    return str(folder)


def in_one_tar(folder: Path, files: list[Path]) -> str:
    return str(write_tar(folder / "all.tar", files, kind="txt"))


def in_one_parquet(folder: Path, files: list[Path]) -> str:
    return str(write_parquet(folder / "all.parquet", files))


Maker = Callable[[Path, list[Path]], str]
MAKERS = [in_parquet, in_tar, in_packed_tar, in_one_tar, in_one_parquet]


def pixels_of(dataset: Dataset) -> dict[str, bytes]:
    decoded = decode_dataset(dataset, SPEC)
    return {
        example.content: pixels.tobytes()
        for example, pixels in zip(decoded.dataset.examples, decoded.pixels, strict=True)
    }


@pytest.mark.parametrize("make", MAKERS)
def test_shards_are_the_same_data_as_their_folder(
    make: Maker, pictures: Path, tmp_path: Path
) -> None:
    """Contents, classes, splits and pixels are those of the class folders."""
    source = make(tmp_path / "shards", files_below(pictures))

    dataset = read_data(source)

    folder = read_data(pictures)
    assert dataset.fingerprint == folder.fingerprint
    assert dataset.class_names == ("cat", "dog")
    assert pixels_of(dataset) == pixels_of(folder)
    assert all(example.path.is_relative_to(dataset.root) for example in dataset.examples)


@pytest.mark.parametrize("make", MAKERS)
def test_addresses_are_the_same_as_files(make: Maker, pictures: Path, tmp_path: Path) -> None:
    """What fsspec opens is read like the disk: a file, a folder, a pattern."""
    fsspec = pytest.importorskip("fsspec")
    source = Path(make(tmp_path / "shards", files_below(pictures)))
    memory = fsspec.filesystem("memory")
    memory.put(str(tmp_path / "shards"), f"/{tmp_path.name}", recursive=True)
    inside = source.relative_to(tmp_path / "shards").as_posix()

    address = f"memory://{tmp_path.name}/{inside}".removesuffix("/.")
    dataset = read_data(address)

    assert dataset.fingerprint == read_data(pictures).fingerprint
    assert [each.data for each in open_pictures(address)] == [
        each.data for each in open_pictures(str(source))
    ]


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tgz"])
def test_an_archive_of_class_folders_may_lie_at_an_address(
    suffix: str, pictures: Path, tmp_path: Path
) -> None:
    """It is fetched, and is the folder that it holds, as on the disk; a stream has its files."""
    fsspec = pytest.importorskip("fsspec")
    kind = {".zip": "zip", ".tar": "tar", ".tgz": "gztar"}[suffix]
    packed = shutil.make_archive(str(tmp_path / "pets"), kind, pictures)
    fsspec.filesystem("memory").put(packed, f"/{tmp_path.name}/pets{suffix}")
    address = f"memory://{tmp_path.name}/pets{suffix}"

    dataset = read_data(address)

    assert dataset.fingerprint == read_data(pictures).fingerprint
    assert name_of_source(address) == address
    assert leads_somewhere(address)
    assert sorted(each.data for each in open_pictures(address)) == sorted(
        file.read_bytes() for file in files_below(pictures)
    )


def test_what_leads_to_shards_again_is_written_down(tmp_path: Path) -> None:
    """An address is as fsspec takes it, also where a path made one slash of two."""
    assert name_of_source(Path("s3://bucket/x.tar")) == "s3://bucket/x.tar"
    assert name_of_source("x-{0..3}.tar") == str(Path.cwd() / "x-{0..3}.tar")
    assert leads_somewhere("hf://datasets/a/b")
    assert leads_somewhere(str(tmp_path / "x-{0..3}.tar"))
    assert not leads_somewhere(str(tmp_path / "x.tar"))


def test_a_folder_that_a_cluster_wrote_is_read(pictures: Path, tmp_path: Path) -> None:
    """Its name ends like a file's, and it holds marks beside the parts."""
    folder = tmp_path / "pets.parquet"
    for at in range(2):
        write_parquet(folder / f"part-0000{at}.snappy.parquet", files_below(pictures)[at::2])
    (folder / "_SUCCESS").touch()

    dataset = read_data(folder)

    assert dataset.fingerprint == read_data(pictures).fingerprint
    assert dataset.root == folder


def test_shards_from_elsewhere_are_fetched_once_for_each_pass(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little is kept: once to know what they are, once to decode, and no copy stays."""
    fsspec = pytest.importorskip("fsspec")
    in_parquet(tmp_path / "shards", files_below(pictures))
    memory = fsspec.filesystem("memory")
    memory.put(str(tmp_path / "shards"), f"/{tmp_path.name}", recursive=True)
    fetched: list[Path] = []
    fetch = paths.fetch

    def counting(address: str) -> object:
        copy = fetch(address)
        fetched.append(copy.path)
        return copy

    monkeypatch.setattr(paths, "fetch", counting)
    monkeypatch.setattr(paths, "_KEPT_BYTES", 0)
    # Fewer pictures under way than a shard has, as on any machine with shards of usual size.
    monkeypatch.setattr(parallel, "_CHUNK", 1)
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 2)

    dataset = read_data(f"memory://{tmp_path.name}")
    read = len(fetched)
    decode_dataset(dataset, SPEC)

    assert (read, len(fetched)) == (3, 6)
    for path in {example.path.parent for example in dataset.examples}:
        paths.forget(path)
    assert not any(path.exists() for path in fetched)


def test_a_stream_has_every_picture_in_its_order(pictures: Path, tmp_path: Path) -> None:
    """Names lead from shard to picture, bytes are those of the file, labels are no pictures."""
    files = files_below(pictures)
    write_parquet(tmp_path / "p" / "x.parquet", files)
    write_tar(tmp_path / "t" / "x.tar", files)

    rows = list(open_pictures(tmp_path / "p"))
    members = list(open_pictures(tmp_path / "t" / "x.tar"))
    below = list(open_pictures(pictures))

    assert [row.name for row in rows] == [f"x.parquet/{at:02d}" for at in range(24)]
    assert [member.name for member in members] == [f"x.tar/{at:06d}.png" for at in range(24)]
    assert [each.name for each in below] == [f.relative_to(pictures).as_posix() for f in files]
    expected = [file.read_bytes() for file in files]
    for streamed in (rows, members, below):
        assert [each.data for each in streamed] == expected


def test_what_is_no_picture_is_named_in_the_stream(tmp_path: Path) -> None:
    """A row without bytes comes with the reason, and the others come with it."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [{"bytes": b"one", "path": "1"}, {"bytes": None, "path": "2"}, None]
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    table = pyarrow.table({"image": pyarrow.array(rows, kind)})
    parquet.write_table(table, tmp_path / "x.parquet")

    streamed = list(open_pictures(tmp_path / "x.parquet"))

    assert [(each.data, each.reason) for each in streamed] == [
        (b"one", ""),
        (b"", "the row has no bytes of a picture"),
        (b"", "the row has no bytes of a picture"),
    ]


@pytest.mark.parametrize(
    "source",
    ["nothing", "part-{0..3}.tar", "memory://nothing/x.tar", "odd://x.tar", "memory://x.tar?key=1"],
)
def test_what_is_not_there_is_said(source: str, tmp_path: Path) -> None:
    """A stream of nothing ends before it begins, with the name of what is missing."""
    with pytest.raises(DataError, match=r"x\.tar|part-0\.tar|nothing"):
        open_pictures(source)


def test_checking_shards_finds_damage(pictures: Path, tmp_path: Path) -> None:
    """`check` names a damaged picture by its place in the shard."""
    files = files_below(pictures)
    members = [(f"{at:03d}.png", file.read_bytes()) for at, file in enumerate(files)]
    members += [(f"{at:03d}.cls", file.parent.name.encode()) for at, file in enumerate(files)]
    members[3] = ("003.png", members[3][1][:60])
    write_members(tmp_path / "x.tar", members)

    report = check_data(tmp_path / "x.tar")

    assert report.usable
    assert "x.tar/003.png" in str([finding.examples for finding in report.findings])
    assert np.sum(report.counts.train) > 0
