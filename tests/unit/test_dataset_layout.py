"""Which folders are splits, which are classes, and what is said where that is not plain."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support.listening import Listening
from support.pictures import write_class_folders, write_picture

from kerasport.dataset import Dataset, ReadOptions, check_data, read_data, read_labeled
from kerasport.dataset.split_names import is_collective, split_in, splits_among
from kerasport.errors import DataError

COUNTS = {"train": 20, "validation": 4, "test": 6}


def write_splits(root: Path, names: dict[str, str], *, inside: str = "") -> None:
    """Write the classes a and b into folders of such names, so many each as `COUNTS` says."""
    for seed, (name, split) in enumerate(names.items()):
        count = COUNTS[split]
        write_class_folders(root / name / inside, {"a": count, "b": count}, seed=seed)


def write_flat(folder: Path, names: list[str], *, seed: int = 100) -> None:
    for number, name in enumerate(names):
        write_picture(folder / name, seed=seed + number)


def kinds(dataset: Dataset) -> list[tuple[str, str]]:
    return [(remark.kind, remark.severity) for remark in dataset.remarks]


NAMES = {
    "Train": "train",
    "TRAINING": "train",
    "training_set": "train",
    "TrainSet": "train",
    "trainset": "train",
    "seg_train": "train",
    "01_train": "train",
    "train2017": "train",
    "images-train": "train",
    "dataset.train": "train",
    "Training Data": "train",
    "trainval": "train",
    "train-20240131T101500Z-001": "train",
    "Trainingsdaten": "train",
    "Test": "test",
    "testing": "test",
    "test_images": "test",
    "TestData": "test",
    "test1": "test",
    "Valid": "validation",
    "VAL": "validation",
    "Validation": "validation",
    "images_val": "validation",
    "dev": "validation",
    "development_set": "validation",
    "eval": "held out",
    "Hold-Out": "held out",
    "seg_pred": "unlabeled",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_split_is_known_by_its_name(name: str) -> None:
    """Case, numbers, and words for pictures around it do not matter."""
    found = split_in(name)

    assert found is not None
    assert (found.meaning, found.rest) == (NAMES[name], ())
    assert not is_collective(name)


@pytest.mark.parametrize(
    "name", ["cat", "tram", "Teddy", "trains", "testis", "valley", "device", "1", "train_test", ""]
)
def test_other_names_mean_no_split(name: str) -> None:
    """A word that only begins like one is none, nor is a name with two of them."""
    assert split_in(name) is None


def test_another_word_counts_where_two_splits_share_it() -> None:
    """`flowers-train` is a split beside `flowers-test`; beside other folders it may be a class."""
    assert splits_among(["flowers-train", "flowers-test", "cat"]) == {
        "flowers-train": "train",
        "flowers-test": "test",
    }
    assert splits_among(["train station", "bus station"]) == {}


SETS = [
    {"Train": "train", "Test": "test", "Valid": "validation"},
    {"TRAIN": "train", "TEST": "test", "VAL": "validation"},
    {"training_set": "train", "test_set": "test", "validation_set": "validation"},
    {"seg_train": "train", "seg_test": "test", "seg_val": "validation"},
    {"01_train": "train", "02_test": "test", "03_dev": "validation"},
    {"roses_train": "train", "roses_test": "test", "roses_val": "validation"},
    {"train": "train", "dev": "validation", "test": "test"},
    {"train": "train", "test": "test", "eval": "validation"},
    {"train": "train", "val": "validation", "holdout": "test"},
]


@pytest.mark.parametrize("names", SETS, ids=[" ".join(names) for names in SETS])
def test_split_folders_are_splits_whatever_their_spelling(
    tmp_path: Path, names: dict[str, str]
) -> None:
    """Nothing is cut where all three are there, and how each was read is said and noted."""
    write_splits(tmp_path, names)
    listening = Listening()

    dataset = read_data(tmp_path, progress=listening)

    assert dataset.class_names == ("a", "b")
    for split, count in COUNTS.items():
        assert getattr(dataset.counts, split) == [count, count]
    assert kinds(dataset) == [("split-folders", "note")]
    for name, split in names.items():
        assert f"'{name}' as {split}" in " ".join(listening.said)
    (note,) = [f for f in check_data(tmp_path).findings if f.kind == "split-folders"]
    assert note.message in listening.said


def test_eval_alone_is_the_test(tmp_path: Path) -> None:
    """What is held out measures where nothing else does, and validation is cut from train."""
    write_splits(tmp_path, {"train": "train", "eval": "test"})

    counts = read_data(tmp_path).counts

    assert counts.test == [6, 6]
    assert all(counts.validation)


def test_usual_names_need_no_words(tmp_path: Path) -> None:
    """Nothing is said of train, val and test."""
    write_splits(tmp_path, {"train": "train", "val": "validation", "test": "test"})
    listening = Listening()

    assert read_data(tmp_path, progress=listening).remarks == ()
    assert listening.said == []


def test_stray_pictures_make_no_class_of_a_split(tmp_path: Path) -> None:
    """One picture beside the class folders of each split is left out and named."""
    write_splits(tmp_path, {"train": "train", "test": "test"})
    write_flat(tmp_path / "train", ["preview.png"])
    write_flat(tmp_path / "test", ["preview.png"], seed=200)

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert [item.reason for item in dataset.skipped] == ["not in a class folder"] * 2


def test_a_lone_train_folder_is_no_class(tmp_path: Path) -> None:
    """All splits are cut from it; a stray picture in it changes nothing."""
    write_splits(tmp_path, {"Train": "train"})
    write_flat(tmp_path / "Train", ["preview.png"])

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert dataset.in_split("test")


def test_unlabeled_test_pictures_are_left_out_aloud(tmp_path: Path) -> None:
    """A test folder without class folders cannot be measured; more files than may be skipped."""
    write_splits(tmp_path, {"train": "train"})
    write_flat(tmp_path / "test", [f"{number}.png" for number in range(30)])

    dataset = read_data(tmp_path)

    assert dataset.skipped == ()
    assert dataset.in_split("test")
    assert kinds(dataset) == [("unlabeled", "warning")]
    assert dataset.remarks[0].text == (
        f"'{tmp_path}/test' has no class folders, so its 30 picture(s) have no labels and are left "
        "out. The test pictures are cut from those of train; to have these measured, sort them "
        "into class folders."
    )
    with pytest.raises(DataError, match=r"has train/ but no test/ folder"):
        read_labeled(tmp_path, class_names=["a", "b"])


def test_labels_in_file_names_are_refused_with_what_to_do(tmp_path: Path) -> None:
    """Two folders of pictures called train and test are no two classes."""
    names = [f"{name}.{number}.png" for name in ("cat", "dog") for number in range(6)]
    write_flat(tmp_path / "train", names)
    write_flat(tmp_path / "test", [f"{number}.png" for number in range(6)], seed=200)

    with pytest.raises(DataError) as caught:
        read_data(tmp_path)

    assert str(caught.value) == (
        f"The files in '{tmp_path}/train' lie directly in it. Expected one folder per class: "
        "'DATA/cat/1.jpg', 'DATA/dog/1.jpg'. The names of the files begin with 'cat', 'dog': make "
        "a folder of each name and move its files there, or write a .csv table of path and label."
    )


def test_the_counter_of_a_camera_is_no_label(tmp_path: Path) -> None:
    """Names that say nothing of classes are not taken for some."""
    write_flat(tmp_path, [f"{name}{n:04d}.png" for name in ("IMG_", "DSC_") for n in range(5)])

    with pytest.raises(DataError, match=r"'DATA/dog/1\.jpg'\.$"):
        read_data(tmp_path)


@pytest.mark.parametrize("inside", ["pictures", "two/floors", "cats and dogs"])
def test_a_folder_too_many_is_passed_through(tmp_path: Path, inside: str) -> None:
    """Class folders may lie deeper, where nothing else does; that is said."""
    write_class_folders(tmp_path / inside, {"a": 20, "b": 20})
    (tmp_path / "README.md").write_text("x")

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert dataset.root == tmp_path
    assert [remark.text for remark in dataset.remarks] == [
        f"The class folders of '{tmp_path}' lie in '{inside}'."
    ]


def test_a_stray_picture_beside_the_wrapper_is_named(tmp_path: Path) -> None:
    """It changes nothing, and is left out."""
    write_class_folders(tmp_path / "pictures", {"a": 20, "b": 20})
    write_flat(tmp_path, ["preview.png"])

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert [(item.path.name, item.reason) for item in dataset.skipped] == [
        ("preview.png", "not in a class folder")
    ]


def test_splits_may_lie_deeper_and_be_doubled(tmp_path: Path) -> None:
    """As archives unpack: data/seg_train/seg_train/CLASS, beside pictures without labels."""
    write_splits(tmp_path / "data", {"seg_train": "train"}, inside="seg_train")
    write_splits(tmp_path / "data", {"seg_test": "test"}, inside="seg_test")
    write_flat(tmp_path / "data" / "seg_pred" / "seg_pred", ["1.png", "2.png"])

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert dataset.counts.test == [6, 6]
    assert len(dataset.examples) == 52
    assert "Left out, because no class is there: 'seg_pred'." in dataset.remarks[1].text


@pytest.mark.parametrize("inside", ["", "train"])
def test_a_folder_that_an_archive_doubled_is_read_once(tmp_path: Path, inside: str) -> None:
    """cells/cells beside the folders of cells, with the same folders in it, is a copy."""
    for place in ("cells", "cells/cells"):
        write_class_folders(tmp_path / place / inside, {"a": 20, "b": 20})

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert len(dataset.examples) == 40
    assert ("doubled", "warning") in kinds(dataset)


def test_a_class_named_like_a_split_may_be_made_plain(tmp_path: Path) -> None:
    """Where there is nothing to train on, the folder may be a class, and how to say so is told."""
    write_class_folders(tmp_path, {"test/2023": 9, "test/2024": 9, "control": 9})

    with pytest.raises(DataError, match="or put the pictures of 'test' directly there if that is"):
        read_data(tmp_path)


def test_one_class_is_no_wrapper(tmp_path: Path) -> None:
    """A folder with pictures of its own is a class, even if the only one."""
    write_class_folders(tmp_path, {"cat": 9, "cat/young": 3, "cat/old": 3})

    with pytest.raises(DataError, match="has one class only"):
        read_data(tmp_path)


def test_splits_inside_each_class_are_splits(tmp_path: Path) -> None:
    """CLASS/train and CLASS/test is the same set the other way round."""
    for seed, name in enumerate("ab"):
        write_class_folders(tmp_path / name, {"Train": 20, "Test": 6}, seed=seed)

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert dataset.counts.test == [6, 6]
    assert kinds(dataset) == [("split-folders", "note")]


def test_notes_and_masks_beside_the_classes_are_no_classes(tmp_path: Path) -> None:
    """images/CLASS beside labels/ and masks/ is read as CLASS, and that is said."""
    write_class_folders(tmp_path / "images", {"a": 20, "b": 20})
    write_flat(tmp_path / "masks", ["1.png"])
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "1.txt").write_text("0 .5 .5 1 1")

    dataset = read_data(tmp_path)

    assert dataset.class_names == ("a", "b")
    assert "Left out, because no class is there: 'labels', 'masks'." in dataset.remarks[0].text


def _yolo(root: Path) -> None:
    for split in ("train", "val"):
        write_flat(root / "images" / split, ["1.png", "2.png"])
        (root / "labels" / split).mkdir(parents=True)
        (root / "labels" / split / "1.txt").write_text("0 .5 .5 1 1")


def _yolo_by_split(root: Path) -> None:
    for split in ("train", "valid"):
        write_flat(root / split / "images", ["1.png", "2.png"])
        (root / split / "labels").mkdir(parents=True)
        (root / split / "labels" / "1.txt").write_text("0 .5 .5 1 1")


def _pascal(root: Path) -> None:
    write_flat(root / "JPEGImages", ["1.png", "2.png"])
    write_flat(root / "SegmentationClass", ["1.png"], seed=200)
    (root / "Annotations").mkdir()
    (root / "Annotations" / "1.xml").write_text("<annotation/>")


def _coco(root: Path) -> None:
    for split in ("train2017", "val2017"):
        write_flat(root / split, ["1.png", "2.png"])
    (root / "annotations").mkdir()
    (root / "annotations" / "instances_train2017.json").write_text("{}")


def _beside(root: Path) -> None:
    for split in ("train", "test"):
        write_flat(root / split, ["1.png", "2.png"])
        for name in ("1.xml", "2.xml"):
            (root / split / name).write_text("<annotation/>")


def _masks(root: Path) -> None:
    write_flat(root / "images", ["1.png", "2.png"])
    write_flat(root / "masks", ["1.png", "2.png"], seed=200)


@pytest.mark.parametrize("make", [_yolo, _yolo_by_split, _pascal, _coco, _beside, _masks])
def test_sets_for_detection_are_refused_by_their_name(tmp_path: Path, make: object) -> None:
    """Pictures with notes or masks of their parts, and no classes, are another task."""
    make(tmp_path)  # type: ignore[operator]

    with pytest.raises(DataError, match="looks like a set for detection or segmentation"):
        read_data(tmp_path)


def test_words_for_pictures_may_be_classes(tmp_path: Path) -> None:
    """`raw` and `processed` side by side are classes like any other."""
    write_class_folders(tmp_path, {"raw": 20, "processed": 20})

    assert read_data(tmp_path).class_names == ("processed", "raw")


def test_folders_that_could_be_splits_or_classes_are_doubted(tmp_path: Path) -> None:
    """Unknown names of splits, classes within classes, and groups of classes are told apart."""
    write_splits(tmp_path, {"erste": "train", "zweite": "test"})
    assert kinds(read_data(tmp_path)) == [("folders-in-classes", "warning")]

    shutil.rmtree(tmp_path / "zweite")
    write_class_folders(tmp_path, {"zweite/c": 9, "zweite/d": 9})
    assert kinds(read_data(tmp_path)) == [("folders-in-classes", "note")]

    write_class_folders(tmp_path, {"c": 9}, seed=5)
    assert kinds(read_data(tmp_path))[0] == ("classes-in-classes", "warning")


def test_classes_named_like_splits_or_masks_are_doubted(tmp_path: Path) -> None:
    """They may be meant, and what to pass where they are not is offered."""
    write_class_folders(tmp_path, {"cat": 20, "dog": 20, "masks": 20, "test": 20})

    found = [f for f in check_data(tmp_path).findings if f.kind == "odd-class-names"]

    assert [finding.text for finding in found] == [
        f"Read as a class, though named like a split: 'test' in '{tmp_path}'. Where it is none, "
        "move it away or pass --classes cat,dog,masks.",
        f"Read as a class, though named like what goes with pictures: 'masks' in '{tmp_path}'. "
        "Where it is none, move it away or pass --classes cat,dog,test.",
    ]


def test_two_forms_of_a_name_are_not_dropped_in_any_split(tmp_path: Path) -> None:
    """A class written in two Unicode forms in test/ is refused, as in train/."""
    write_class_folders(tmp_path / "train", {"\u00e9": 9, "b": 9})
    write_class_folders(tmp_path / "test", {"\u00e9": 3, "e\u0301": 3, "b": 3}, seed=1)

    with pytest.raises(DataError, match="The class name '\u00e9' occurs twice"):
        read_data(tmp_path)


def test_a_decomposed_class_is_found_where_it_is_the_only_one(tmp_path: Path) -> None:
    """Testing with one class folder finds it in either Unicode form."""
    write_class_folders(tmp_path, {"e\u0301": 3})

    assert len(read_labeled(tmp_path, class_names=["\u00e9", "b"]).examples) == 3


def test_testing_needs_no_train_folder(tmp_path: Path) -> None:
    """Of test/ and val/ alone, test/ is measured."""
    write_splits(tmp_path, {"Test": "test", "Validation": "validation"})
    listening = Listening()

    dataset = read_labeled(tmp_path, class_names=["a", "b"], progress=listening)

    assert len(dataset.examples) == 12
    assert listening.said == [
        f"The folders of '{tmp_path}' are splits: 'Validation' as validation, 'Test' as test."
    ]


def test_pictures_in_no_class_folder_are_told_when_testing(tmp_path: Path) -> None:
    """What lies beside the class folders is not passed over in silence."""
    write_class_folders(tmp_path, {"a": 3, "b": 3})
    write_flat(tmp_path, ["stray.png"])

    dataset = read_labeled(tmp_path, class_names=["a", "b"])

    assert [item.reason for item in dataset.skipped] == ["not in a class folder"]


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (ReadOptions(), r"Add pictures, or leave the class out: remove its folder, or name the "),
        (ReadOptions(min_per_class=40), r"Add pictures or pass --min-per-class 20\.$"),
    ],
)
def test_no_remedy_is_offered_that_cannot_help(
    tmp_path: Path, options: ReadOptions, remedy: str
) -> None:
    """A class without pictures stays without, whatever the limit."""
    write_class_folders(tmp_path, {"a": 20, "b": 20})
    if options.min_per_class == 5:
        (tmp_path / "c").mkdir()

    with pytest.raises(DataError, match=remedy):
        read_data(tmp_path, options=options)
    texts = " ".join(finding.text for finding in check_data(tmp_path, options=options).findings)
    assert ("--min-per-class" in texts) == (options.min_per_class == 40)


def test_no_limit_is_offered_where_nothing_is_left(tmp_path: Path) -> None:
    """Where no file is a picture, skipping them all leaves none."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(9):
            (tmp_path / name / f"{number}.heic").write_bytes(b"\0\0\0\x18ftypheic")

    with pytest.raises(DataError) as caught:
        read_data(tmp_path)

    assert str(caught.value).endswith("None is left; save them as JPEG or PNG first.")
    texts = " ".join(finding.text for finding in check_data(tmp_path).findings)
    assert not re.search(r"--max-unreadable|--min-per-class", texts)
