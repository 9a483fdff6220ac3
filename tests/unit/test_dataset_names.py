"""Names of classes and files that speak of a mistake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.pictures import write_class_folders, write_picture

from kerasport.dataset import DataFinding, check_data, read_data, read_labeled
from kerasport.errors import DataError
from kerasport.labels import similar_class_names

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs names of any bytes")

LATIN = os.fsdecode(b"caf\xe9")


def found(root: Path, kind: str) -> DataFinding | None:
    return next((each for each in check_data(root).findings if each.kind == kind), None)


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["cat", "Cat", "dog"], [["cat", "Cat"]]),
        (["cat", "cat "], [["cat", "cat "]]),
        (["1", "1.0", "01", "2"], [["1", "1.0", "01"]]),
        (["red fox", "red_fox", "Red-Fox"], [["red fox", "red_fox", "Red-Fox"]]),
        (["a", "A", "+", "-", "_"], []),
        (["10", "11", "nan", "inf", "cats", "cat"], []),
    ],
)
def test_names_that_people_take_for_one(names: list[str], groups: list[list[str]]) -> None:
    """Case, spaces and the spelling of a number make no class, but for single letters."""
    assert similar_class_names(names) == groups


def test_similar_classes_are_doubted(tmp_path: Path) -> None:
    """Two spellings of a class are two classes, and that is told."""
    write_class_folders(tmp_path, {"cat": 20, "cat ": 20, "dog": 20})

    finding = found(tmp_path, "similar-classes")

    assert finding is not None
    assert finding.severity == "warning"
    assert finding.text == (
        "Classes whose names differ only in case, spaces or the spelling of a number: 'cat' and "
        "'cat '. Where they are one class, give both the same name."
    )


def test_a_class_spelled_otherwise_in_the_test_is_recognised(tmp_path: Path) -> None:
    """What cannot be trained on for its spelling is told from what has no pictures."""
    write_class_folders(tmp_path / "train", {"cat": 20, "dog": 20})
    write_class_folders(tmp_path / "test", {"Cat": 6, "dog": 6}, seed=1)

    with pytest.raises(DataError, match="Where it is the class 'cat', give both the same name"):
        read_data(tmp_path)


@posix_only
@pytest.mark.parametrize("where", ["", "train"])
def test_a_class_whose_name_is_no_text_is_refused_at_once(tmp_path: Path, where: str) -> None:
    """No page could show it; the message says how to get the name right."""
    write_class_folders(tmp_path / where, {"a": 20, LATIN: 20})

    with pytest.raises(DataError) as caught:
        read_data(tmp_path)

    assert str(caught.value) == (
        f"The class folder 'caf\\xe9' in '{tmp_path / where}' has a name that is not UTF-8 text, "
        "as archives from other systems leave behind. Rename the folder, or unpack the archive "
        "again with its encoding: unzip -O cp1252 ARCHIVE."
    )
    with pytest.raises(DataError, match=r"'caf\\xe9'"):
        read_labeled(tmp_path / where, class_names=["a", "b"])


@posix_only
def test_a_file_whose_name_is_no_text_is_used_and_told(tmp_path: Path) -> None:
    """The check names it with escapes, whether it is a picture or not."""
    write_class_folders(tmp_path, {"a": 20, "b": 20})
    write_picture(tmp_path / "a" / f"{LATIN}.png", seed=50)
    (tmp_path / "b" / f"{LATIN}.txt").write_text("x")

    finding = found(tmp_path, "names-no-text")

    assert finding is not None
    assert (finding.severity, finding.count) == ("note", 2)
    assert finding.examples == (("a/caf\\xe9.png",), ("b/caf\\xe9.txt",))
    assert len(read_data(tmp_path).examples) == 41
    unreadable = found(tmp_path, "unreadable")
    assert unreadable is not None
    assert "/b/caf\\xe9.txt' (not a picture)" in unreadable.message


DERIVED = [
    (["1.png", "1_mask.png"], ["1_mask.png"]),
    (["benign (1).png", "benign (1)_mask_1.png"], ["benign (1)_mask_1.png"]),
    (["1.png", "thumbs/1.png"], ["thumbs/1.png"]),
    (["images/1.png", "masks/1.png"], ["masks/1.png"]),
    (["1.png", "1-thumbnail.png"], ["1-thumbnail.png"]),
    (["my_mask.png", "mask.png", "the label.png"], []),
    (["face 1.png", "face 2.png"], []),
]


@pytest.mark.parametrize(("files", "derived"), DERIVED, ids=[files[-1] for files, _ in DERIVED])
def test_masks_and_thumbnails_beside_pictures_are_doubted(
    tmp_path: Path, files: list[str], derived: list[str]
) -> None:
    """They are told by their folder, or by the name of the picture that they are of."""
    write_class_folders(tmp_path, {"cat": 20, "mask": 20})
    for seed, name in enumerate(files):
        write_picture(tmp_path / "cat" / name, seed=100 + seed)

    finding = found(tmp_path, "derived-pictures")

    named = [name for group in finding.examples for name in group] if finding else []
    assert named == [f"cat/{name}" for name in derived]
