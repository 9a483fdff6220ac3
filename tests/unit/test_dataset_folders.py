"""Reading class folders: what becomes an example, what is skipped, what is refused."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.pictures import write_class_folders, write_picture

from kerasport.dataset import ReadOptions, read_data, read_labeled, warnings_about
from kerasport.dataset.tree import IGNORED_NAMES
from kerasport.errors import DataError


def test_class_folders_become_examples_with_labels_in_code_point_order(tmp_path: Path) -> None:
    """Class names are the folder names, sorted by code point, and labels index them."""
    write_class_folders(tmp_path, {"dog": 20, "Ant": 20, "cat": 20})

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("Ant", "cat", "dog")
    for example in dataset.examples:
        assert example.path.parent.name == dataset.class_names[example.label]
    assert len(dataset.examples) == 60


def test_folder_names_are_normalized(tmp_path: Path) -> None:
    """A folder name in NFD, as macOS writes it, gives the class name in NFC."""
    decomposed = unicodedata.normalize("NFD", "Käfer")
    write_class_folders(tmp_path, {decomposed: 20, "Ameise": 20})

    assert read_data(tmp_path).class_names == ("Ameise", "Käfer")


def test_hidden_and_system_files_are_no_files(tmp_path: Path) -> None:
    """Hidden files and folders and what systems leave behind are neither read nor reported."""
    write_class_folders(tmp_path, {"a": 20, "b": 20, ".hidden": 3, "__MACOSX": 3})
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", ".cache/x.png"):
        path = tmp_path / "a" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no picture")

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert len(dataset.examples) == 40
    assert dataset.skipped == ()


def test_folders_inside_a_class_belong_to_the_class(tmp_path: Path) -> None:
    """A class folder is read to its bottom."""
    write_class_folders(tmp_path, {"a": 20, "b/2023/may": 10, "b/2024": 10})

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert sum(example.label == 1 for example in dataset.examples) == 20


def test_examples_are_ordered_by_split_then_path(tmp_path: Path) -> None:
    """Each split is one contiguous span, whatever the order of reading."""
    write_class_folders(tmp_path, {"a": 40, "b": 40})

    dataset = read_data(tmp_path)

    for split in ("train", "validation", "test"):
        part = dataset.examples[dataset.span(split)]
        assert part == dataset.in_split(split)
        assert [e.path for e in part] == sorted(e.path for e in part)
        assert len(part) > 0


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_given_splits_are_used_as_they_are(tmp_path: Path, name: str) -> None:
    """With train, test and validation folders nothing is cut."""
    counts = {"train": 20, "test": 6, name: 4}
    for number, (split, count) in enumerate(counts.items()):
        write_class_folders(tmp_path / split, {"a": count, "b": count}, seed=number)

    result = read_data(tmp_path).counts

    assert (result.train, result.validation, result.test) == ([20, 20], [4, 4], [6, 6])


@pytest.mark.parametrize(("given", "cut"), [("test", "validation"), ("val", "test")])
def test_the_missing_split_is_cut_from_train(tmp_path: Path, given: str, cut: str) -> None:
    """Of test and validation, the one without a folder comes out of train; the other stays."""
    write_class_folders(tmp_path / "train", {"a": 60, "b": 60})
    write_class_folders(tmp_path / given, {"a": 7, "b": 7}, seed=1)

    dataset = read_data(tmp_path)

    kept = "validation" if given == "val" else given
    assert {e.path.parents[1].name for e in dataset.in_split(kept)} == {given}
    assert len(dataset.in_split(kept)) == 14
    assert {e.path.parents[1].name for e in dataset.in_split(cut)} == {"train"}
    assert 5 < len(dataset.in_split(cut)) < 40


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    """A folder called train that holds pictures is a class like any other."""
    write_class_folders(tmp_path, {"train": 20, "train/by night": 20, "tram": 20})

    assert read_data(tmp_path).class_names == ("train", "tram")


def test_notes_beside_class_folders_do_not_hide_the_splits(tmp_path: Path) -> None:
    """A table in train/ and test/ leaves them split folders."""
    for number, split in enumerate(("train", "test")):
        write_class_folders(tmp_path / split, {"a": 20, "b": 20}, seed=number)
        (tmp_path / split / "labels.csv").write_text("x")

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert dataset.skipped == ()


def test_pictures_beside_class_folders_are_reported(tmp_path: Path) -> None:
    """A picture that lies in no class folder is not trained on, and not passed over in silence."""
    write_class_folders(tmp_path, {"a": 20, "b": 20})
    write_picture(tmp_path / "lost.png")

    dataset = read_data(tmp_path)

    assert [(item.path.name, item.reason) for item in dataset.skipped] == [
        ("lost.png", "not in a class folder")
    ]


def test_unreadable_files_are_skipped_and_reported(tmp_path: Path) -> None:
    """Up to the limit, files that are no pictures are left out, listed and warned about."""
    write_class_folders(tmp_path, {"a": 40, "b": 40})
    (tmp_path / "a" / "notes.txt").write_text("hello")
    (tmp_path / "b" / "empty.png").write_bytes(b"")

    dataset = read_data(tmp_path)

    assert [(item.path.name, item.reason) for item in dataset.skipped] == [
        ("notes.txt", "not a picture"),
        ("empty.png", "empty"),
    ]
    assert warnings_about(dataset) == [
        "2 file(s) were skipped because they are not usable pictures, "
        f"the first is '{tmp_path}/a/notes.txt' (not a picture). Remove or replace them."
    ]


def test_too_many_unreadable_files_are_refused_and_the_limit_can_be_raised(tmp_path: Path) -> None:
    """Beyond the limit the first files are named; passing the number named lets it through."""
    write_class_folders(tmp_path, {"a": 20, "b": 20})
    for number in range(11):
        (tmp_path / "a" / f"x{number:02d}.png").write_text("hello")

    with pytest.raises(DataError) as caught:
        read_data(tmp_path)

    shown = "; ".join(f"'{tmp_path}/a/x{number:02d}.png' (not a picture)" for number in range(5))
    assert str(caught.value) == (
        f"11 of 51 files in '{tmp_path}' are not usable pictures; at most 10 may be skipped: "
        f"{shown}; and 6 more. Remove or replace them, or pass --max-unreadable 11."
    )
    assert len(read_data(tmp_path, options=ReadOptions(max_unreadable=11)).skipped) == 11


def _nothing(root: Path) -> None:
    root.rmdir()


def _a_file(root: Path) -> None:
    root.rmdir()
    root.write_text("x")


def _empty(root: Path) -> None:
    (root / ".hidden").mkdir()


def _loose(root: Path) -> None:
    write_picture(root / "1.png")


def _one_class(root: Path) -> None:
    write_class_folders(root, {"cat": 9})


def _too_few(root: Path) -> None:
    write_class_folders(root, {"cat": 3, "dog": 9})
    (root / "cat" / "a.txt").write_text("x")
    (root / "cat" / "b.txt").write_text("x")


def _unknown_class(root: Path) -> None:
    write_class_folders(root / "train", {"cat": 9, "dog": 9})
    write_class_folders(root / "test", {"cat": 9, "dog": 9, "eel": 9})


def _no_train(root: Path) -> None:
    write_class_folders(root / "test", {"cat": 9, "dog": 9})
    write_class_folders(root / "val", {"cat": 9, "dog": 9})


def _two_validations(root: Path) -> None:
    for split in ("train", "val", "valid"):
        write_class_folders(root / split, {"cat": 9, "dog": 9})


def _mixed(root: Path) -> None:
    write_class_folders(root / "train", {"cat": 9, "dog": 9})
    write_class_folders(root, {"eel": 9})


def _same_name_twice(root: Path) -> None:
    for form in ("NFC", "NFD"):
        write_class_folders(root, {unicodedata.normalize(form, "é"): 9})


def _loose_train(root: Path) -> None:
    write_picture(root / "train" / "1.png")
    write_class_folders(root / "test", {"cat": 9, "dog": 9})


BAD_INPUTS: list[tuple[Callable[[Path], None], str]] = [
    (_empty, "'{root}' is empty. Expected one folder per class with pictures in it."),
    (
        _loose,
        "The files in '{root}' lie directly in it. Expected one folder per class: "
        "'DATA/cat/1.jpg', 'DATA/dog/1.jpg'.",
    ),
    (
        _one_class,
        "'{root}' has one class only ('cat'). Expected at least two class folders: a classifier "
        "chooses between classes.",
    ),
    (
        _too_few,
        "Class 'cat' in '{root}' has 3 pictures that can be used; training needs at least 5 per "
        "class. 2 were skipped (not usable). Add pictures or pass --min-per-class 3.",
    ),
    (
        _unknown_class,
        "Class 'eel' in '{root}' has no picture to train on: all 9 went to validation and test. "
        "Add pictures to train, or take the class out of the other splits; where the shares "
        "decide, lower those of validation and test, or change the seed.",
    ),
    (
        _no_train,
        "'{root}' has 'test', 'val' but no 'train' folder. Add train/ with one folder per class.",
    ),
    (
        _two_validations,
        "'{root}' has 'val', 'valid', which mean the same split. Keep one of them.",
    ),
    (
        _mixed,
        "'{root}' holds the split folders 'train' and other folders beside them: 'eel'. Expected "
        "either class folders or split folders; move the others away.",
    ),
    (
        _same_name_twice,
        "The class name 'é' occurs twice. Expected each class once; rename or remove one of the "
        "two.",
    ),
    (
        _loose_train,
        "The files in '{root}/train' lie directly in it. Expected one folder per class: "
        "'DATA/cat/1.jpg', 'DATA/dog/1.jpg'.",
    ),
]


@pytest.mark.parametrize(
    ("make", "message"), BAD_INPUTS, ids=[make.__name__.strip("_") for make, _ in BAD_INPUTS]
)
def test_bad_folders_are_refused_with_a_way_out(
    tmp_path: Path, make: Callable[[Path], None], message: str
) -> None:
    """What cannot be trained on is refused: what happened, what was expected, how to fix it."""
    root = tmp_path / "data"
    root.mkdir()
    make(root)

    with pytest.raises(DataError, match="^" + re.escape(message.format(root=root)) + "$"):
        read_data(root)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            _nothing,
            "There is no folder '{root}'. Expected one folder per class with pictures in it.",
        ),
        (_a_file, "'{root}' is a file. Expected a folder with one folder per class."),
    ],
    ids=["nothing", "a_file"],
)
def test_what_is_no_folder_is_refused_for_testing(
    tmp_path: Path, make: Callable[[Path], None], message: str
) -> None:
    """Labelled pictures for a test come in folders only."""
    root = tmp_path / "data"
    root.mkdir()
    make(root)

    with pytest.raises(DataError, match="^" + re.escape(message.format(root=root)) + "$"):
        read_labeled(root, class_names=["cat", "dog"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test_share": 1.0}, "test_share is 1.0. Expected a fraction of 0 to below 1, like 0.15."),
        (
            {"test_share": 0.5, "validation_share": 0.5},
            "test_share 0.5 and validation_share 0.5 leave nothing to train on. "
            "Their sum must be below 1.",
        ),
        ({"max_unreadable": -1}, "max_unreadable is -1. Expected 0 or more."),
        ({"min_per_class": 0}, "min_per_class is 0. Expected 1 or more."),
    ],
)
def test_bad_read_options_are_refused(options: dict[str, float], message: str) -> None:
    """Shares and limits out of range are refused where they are given."""
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        ReadOptions(**options)  # type: ignore[arg-type]


def test_labeled_pictures_are_all_for_testing(tmp_path: Path) -> None:
    """For testing, some of the model's classes are enough, and labels are the model's."""
    write_class_folders(tmp_path, {"cat": 2})

    dataset = read_labeled(tmp_path, class_names=["ant", "cat", "dog"])

    assert [(e.label, e.split) for e in dataset.examples] == [(1, "test"), (1, "test")]


def test_labeled_pictures_come_from_the_test_folder_where_there_is_one(tmp_path: Path) -> None:
    """Of a folder that names its splits, only test/ is measured."""
    write_class_folders(tmp_path / "train", {"cat": 9, "dog": 9})
    write_class_folders(tmp_path / "test", {"cat": 2, "dog": 3}, seed=1)

    dataset = read_labeled(tmp_path, class_names=["cat", "dog"])

    assert dataset.counts.test == [2, 3]
    shutil.rmtree(tmp_path / "test")
    write_class_folders(tmp_path / "val", {"cat": 2, "dog": 3}, seed=1)
    with pytest.raises(DataError, match=r"has train/ but no test/ folder\. Name the folder"):
        read_labeled(tmp_path, class_names=["cat", "dog"])


def test_labeled_pictures_of_unknown_classes_are_refused(tmp_path: Path) -> None:
    """A folder that is none of the model's classes would be counted as always wrong."""
    write_class_folders(tmp_path, {"cat": 2, "eel": 2})

    with pytest.raises(DataError) as caught:
        read_labeled(tmp_path, class_names=["cat", "dog"])

    assert str(caught.value) == (
        f"'{tmp_path}' has folders that are not classes of the model: 'eel'. "
        "Expected some of: cat, dog."
    )


FOLDERS = json.loads((Path(__file__).parents[1] / "golden" / "folders.json").read_text("utf-8"))


@pytest.mark.parametrize("case", FOLDERS["cases"], ids=[case["name"] for case in FOLDERS["cases"]])
def test_a_folder_is_read_as_the_page_reads_it(tmp_path: Path, case: dict[str, Any]) -> None:
    """The table that the page is held to too says of which class each picture is."""
    root = tmp_path / case["root"]
    for seed, name in enumerate(case["files"]):
        picture = write_picture(tmp_path / f"{seed}.png", seed=seed)
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        picture.rename(root / name)

    dataset = read_labeled(root, class_names=case["classes"])

    found = {
        example.path.relative_to(root).as_posix(): case["classes"][example.label]
        for example in dataset.examples
    }
    assert found == case["truth"]


def test_the_names_that_systems_write_are_in_the_table() -> None:
    """The page has the same list, by the same table."""
    assert list(IGNORED_NAMES) == FOLDERS["ignored"]
