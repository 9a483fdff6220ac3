"""TAR shards as people have them and as nobody should: understood, or refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.pictures import write_class_folders
from support.shards import files_below, tar_of, write_members, write_tar

from kerasport.dataset import ReadOptions, read_data
from kerasport.errors import DataError

LOOSE = ReadOptions(min_per_class=1, max_unreadable=1000)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures each in cat/ and dog/."""
    return write_class_folders(tmp_path_factory.mktemp("pictures"), {"cat": 12, "dog": 12})


Members = list[tuple[str, bytes]]
ODD_TARS: dict[str, tuple[Callable[[Members], Members], str]] = {
    "a label missing": (lambda m: m[:1] + m[2:], r"x\.tar/000000\.png': no label"),
    "two pictures of a key": (
        lambda m: [*m, ("000003.jpg", b"x")],
        "several pictures for the key '000003': 000003.png, 000003.jpg",
    ),
    "a name twice": (lambda m: [*m, m[0]], "holds '000000.png' twice"),
    "a path that leads out": (lambda m: [*m, ("../x.png", b"x")], "leads out of it"),
    "an empty label": (lambda m: [m[0], ("000000.cls", b" \n"), *m[2:]], "no label"),
    "a label of bytes": (
        lambda m: [m[0], ("000000.cls", b"\xff\xfe\x00"), *m[2:]],
        r"000000\.cls' cannot be read: it is no text in UTF-8",
    ),
    "a long label": (
        lambda m: [m[0], ("000000.cls", b"x" * (2 << 20)), *m[2:]],
        "it has 2,097,152 bytes, more than 1,048,576",
    ),
}


@pytest.mark.parametrize("what", ODD_TARS)
def test_odd_tars_are_refused(what: str, pictures: Path, tmp_path: Path) -> None:
    """One sentence says which file of which shard, and what is wrong."""
    change, message = ODD_TARS[what]
    write_members(tmp_path / "x.tar", change(tar_of(files_below(pictures))))

    with pytest.raises(DataError, match=message):
        read_data(tmp_path / "x.tar", options=LOOSE)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"{", "cannot be read"),
        (b"[1]", "it holds no JSON object"),
        (b'{"width": 3}', "no label"),
        (b'{"label": 3}', "numbers in .* and texts in"),
    ],
)
def test_odd_records_are_refused(
    record: bytes, message: str, pictures: Path, tmp_path: Path
) -> None:
    """JSON beside a picture has one label, of the kind that the others have."""
    members = tar_of(files_below(pictures), kind="json")
    members[1] = ("000000.json", record)
    write_members(tmp_path / "x.tar", members)

    with pytest.raises(DataError, match=message):
        read_data(tmp_path / "x.tar", options=LOOSE)


def test_records_with_a_list_have_several_labels(pictures: Path, tmp_path: Path) -> None:
    """One list makes labels of all of them, and is refused where one label is asked for."""
    members = tar_of(files_below(pictures), kind="json")
    members[1] = ("000000.json", b'{"label": ["cat", "dog"]}')
    write_members(tmp_path / "x.tar", members)

    dataset = read_data(tmp_path / "x.tar", options=LOOSE)

    assert dataset.kind == "labels"
    assert {len(example.labels) for example in dataset.examples} == {1, 2}
    with pytest.raises(DataError, match="a list of 2 labels"):
        read_data(tmp_path / "x.tar", options=replace(LOOSE, labels="one"))


@pytest.mark.parametrize("length", [1, 600, 5000])
def test_a_tar_that_was_cut_off_is_refused(length: int, pictures: Path, tmp_path: Path) -> None:
    """Packed or not: it says that it is not whole."""
    for name, mode in (("x-0.tar", "w"), ("x-0.tar.gz", "w:gz")):
        path = write_tar(tmp_path / name, files_below(pictures), mode=mode)
        path.write_bytes(path.read_bytes()[:length])

        with pytest.raises(DataError, match=r"cannot be read as an archive|There are no"):
            read_data(str(tmp_path / name.replace("0", "{0..0}")), options=LOOSE)


def test_keys_without_pictures_are_counted(pictures: Path, tmp_path: Path) -> None:
    """A label whose picture is missing is said, not passed over."""
    members = tar_of(files_below(pictures))
    write_members(tmp_path / "x.tar", [*members, ("999.cls", b"cat"), ("998.npy", b"x")])

    dataset = read_data(tmp_path / "x.tar", options=LOOSE)

    assert len(dataset.examples) == 24
    (remark,) = [each for each in dataset.remarks if each.kind == "keys-without-picture"]
    assert remark.count == 2


def test_a_tar_of_class_folders_is_still_a_folder(pictures: Path, tmp_path: Path) -> None:
    """Texts beside pictures in class folders are captions, and the folders the classes."""
    members = [(f.relative_to(pictures).as_posix(), f.read_bytes()) for f in files_below(pictures)]
    members += [(name.replace(".png", ".txt"), b"a caption") for name, _ in members]
    write_members(tmp_path / "x.tar", members)

    assert read_data(tmp_path / "x.tar", options=LOOSE).class_names == ("cat", "dog")


def test_records_of_a_picture_may_name_its_split(pictures: Path, tmp_path: Path) -> None:
    """A field `split` counts where the files' names say nothing."""
    members: Members = []
    for at, file in enumerate(files_below(pictures)):
        said = {"class": file.parent.name, "split": "test" if at % 4 == 0 else "train"}
        members += [(f"{at}.png", file.read_bytes()), (f"{at}.json", json.dumps(said).encode())]
    write_members(tmp_path / "x.tar", members)

    dataset = read_data(tmp_path / "x.tar", options=LOOSE)

    assert len(dataset.in_split("test")) == 6
