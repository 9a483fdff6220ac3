"""Cutting by content, and what follows for data that grows or holds copies."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.pictures import write_class_folders, write_picture

from kerasport.dataset import (
    ReadOptions,
    check_counts,
    fraction_of,
    read_folders,
    split_of,
    warnings_about,
)
from kerasport.errors import DataError

CONTENTS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(4000)]


def test_fractions_are_spread_evenly_and_depend_on_the_seed() -> None:
    """Fractions lie in [0, 1), a tenth of them in each tenth, and another seed mixes anew."""
    fractions = [fraction_of(content, seed=1) for content in CONTENTS]
    others = [fraction_of(content, seed=2) for content in CONTENTS]

    assert all(0 <= fraction < 1 for fraction in fractions)
    for tenth in range(10):
        # 4000 draws: five standard deviations are 95.
        assert abs(sum(int(f * 10) == tenth for f in fractions) - 400) < 95
    both = sum((a < 0.5) == (b < 0.5) for a, b in zip(fractions, others, strict=True))
    assert abs(both - 2000) < 160


def test_the_fraction_of_a_content_never_changes() -> None:
    """The cut is part of the contract: a new version must not move pictures into the test set."""
    assert fraction_of("0" * 64, seed=0) == 0.39027412103198444


def test_the_shares_are_kept() -> None:
    """About 15 % each go to test and validation by default; a given split gets nothing."""
    options = ReadOptions(seed=3)
    splits = [split_of(content, options) for content in CONTENTS]
    given = [split_of(content, options, given={"test"}) for content in CONTENTS]

    assert abs(splits.count("test") - 600) < 115
    assert abs(splits.count("validation") - 600) < 115
    assert given.count("test") == 0
    assert abs(given.count("validation") - 600) < 115


def test_adding_pictures_moves_no_other(tmp_path: Path) -> None:
    """Pictures that were there keep their split when others come or are renamed."""
    write_class_folders(tmp_path, {"a": 40, "b": 40})
    before = {e.content: e.split for e in read_folders(tmp_path).examples}
    write_class_folders(tmp_path / "a", {"more": 30}, seed=9)
    (tmp_path / "b" / "000.png").rename(tmp_path / "b" / "zzz.png")

    after = {e.content: e.split for e in read_folders(tmp_path).examples}

    assert len(after) == 110
    assert before.items() <= after.items()


def test_copies_fall_on_the_same_side_and_contradictions_are_told(tmp_path: Path) -> None:
    """Byte-identical files share a split; one picture in two classes is warned about."""
    write_class_folders(tmp_path, {"a": 30, "b": 30})
    for path in sorted((tmp_path / "a").iterdir()):
        shutil.copy(path, path.with_name(f"copy-{path.name}"))
    shutil.copy(tmp_path / "a" / "000.png", tmp_path / "b" / "a.png")

    dataset = read_folders(tmp_path)

    splits: dict[str, set[str]] = {}
    for example in dataset.examples:
        splits.setdefault(example.content, set()).add(example.split)
    assert all(len(found) == 1 for found in splits.values())
    assert warnings_about(dataset) == [
        "1 picture(s) lie in more than one class, byte for byte. Keep each in the class that it "
        "shows."
    ]


def test_copies_between_given_splits_are_told(tmp_path: Path) -> None:
    """A test picture that is also trained on makes the figures too good, so it is reported."""
    write_class_folders(tmp_path / "train", {"a": 30, "b": 30})
    write_class_folders(tmp_path / "test", {"a": 9, "b": 9}, seed=5)
    shutil.copy(tmp_path / "train" / "a" / "001.png", tmp_path / "test" / "a" / "x.png")

    warnings = warnings_about(read_folders(tmp_path))

    assert warnings == [
        "1 of 19 test picture(s) are also in train or validation, byte for byte: figures on the "
        "test pictures are too good. Pass --drop-test-duplicates to leave them out of the test."
    ]


def test_a_class_without_training_pictures_is_refused(tmp_path: Path) -> None:
    """A class that went wholly to validation and test cannot be learned."""
    write_class_folders(tmp_path, {"a": 9, "b": 9})
    dataset = read_folders(tmp_path)
    moved = tuple(
        replace(example, split="test") if example.label == 1 else example
        for example in dataset.examples
    )

    message = (
        f"Class 'b' in '{tmp_path}' has no picture to train on: all 9 went to validation and "
        "test. Add pictures to train, or take the class out of the other splits; where the shares "
        "decide, lower those of validation and test, or change the seed."
    )
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        check_counts(replace(dataset, examples=moved), ReadOptions())


def test_classes_without_test_or_validation_pictures_are_told(tmp_path: Path) -> None:
    """Missing test and validation pictures do not stop the training, but are reported."""
    write_class_folders(tmp_path, {"a": 9, "b": 9})
    nothing = ReadOptions(test_share=0, validation_share=0)
    dataset = read_folders(tmp_path, options=nothing)
    first = replace(dataset.examples[0], split="test")

    assert warnings_about(dataset) == [
        "There are no validation pictures at all.",
        "There are no test pictures at all.",
    ]
    assert warnings_about(replace(dataset, examples=(*dataset.examples[1:], first))) == [
        "There are no validation pictures at all.",
        "No test picture in: b.",
    ]


def test_the_fingerprint_is_of_contents_classes_and_splits_only(tmp_path: Path) -> None:
    """File names and place do not enter the fingerprint; contents, classes and seed do."""
    one = read_folders(write_class_folders(tmp_path / "one", {"a": 20, "b": 20}))
    write_class_folders(tmp_path / "two", {"a": 20, "b": 20})
    (tmp_path / "two" / "a" / "000.png").rename(tmp_path / "two" / "a" / "zzz.png")
    two = read_folders(tmp_path / "two")
    reseeded = read_folders(tmp_path / "one", options=ReadOptions(seed=1))
    write_picture(tmp_path / "two" / "a" / "new.png", seed=77)

    assert one.fingerprint == two.fingerprint
    assert reseeded.fingerprint != one.fingerprint
    assert read_folders(tmp_path / "two").fingerprint != one.fingerprint
    (tmp_path / "one" / "b").rename(tmp_path / "one" / "c")
    assert read_folders(tmp_path / "one").fingerprint != one.fingerprint
