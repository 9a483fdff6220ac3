"""From examples to pixels, and what a look at them decides."""

from __future__ import annotations

import contextlib
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.pictures import write_class_folders

from kerasport.dataset import decode_dataset, read_data, survey
from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec, preprocess
from kerasport.progress import SilentProgress, Task

SPEC = ImageSpec(height=8, width=6)


class Counting(SilentProgress):
    """Counts the steps of each task."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[int, int]] = {}

    @contextlib.contextmanager
    def task(self, title: str, *, total: int) -> Iterator[Task]:
        """Count into `steps[title]`: done, total."""
        counter = self

        class Counter:
            def advance(self, steps: int = 1, *, detail: str | None = None) -> None:
                done, _ = counter.steps[title]
                counter.steps[title] = done + steps, total

            def milestone(self, text: str) -> None:
                raise AssertionError(text)

        self.steps[title] = 0, total
        yield Counter()


def truncate(path: Path) -> None:
    """Cut a file so that it still looks like a picture but cannot be decoded."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def test_every_picture_goes_through_the_one_preprocessing(tmp_path: Path) -> None:
    """Row i is what `preprocess` gives for example i; labels and splits follow suit."""
    dataset = read_data(write_class_folders(tmp_path, {"a": 20, "b": 20}))
    progress = Counting()

    decoded = decode_dataset(dataset, SPEC, progress=progress)

    assert decoded.pixels.shape == (40, 8, 6, 3)
    assert decoded.pixels.dtype == np.uint8
    for row, label, example in zip(decoded.pixels, decoded.labels, dataset.examples, strict=True):
        assert np.array_equal(row, preprocess(example.path, SPEC))
        assert label == example.label
    assert progress.steps == {"Decoding": (40, 40)}


def test_a_picture_over_the_limit_is_told_without_a_warning(tmp_path: Path) -> None:
    """It is left out with a reason, like any other that is not read."""
    write_class_folders(tmp_path, {"a": 20, "b": 20})
    path = next((tmp_path / "a").glob("*.png"))
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 10_000, 9_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)

    dataset = read_data(tmp_path)

    (skipped,) = decode_dataset(dataset, SPEC).dataset.skipped
    assert skipped.path == path
    assert "it has 10000 x 9000 pixels, more than 89,478,485 in all" in skipped.reason


def test_a_split_is_a_view(tmp_path: Path) -> None:
    """Taking a split copies no pixels."""
    dataset = read_data(write_class_folders(tmp_path, {"a": 30, "b": 30}))
    decoded = decode_dataset(dataset, SPEC)

    pixels, labels = decoded.split("test")

    assert np.shares_memory(pixels, decoded.pixels)
    assert labels.tolist() == [example.label for example in dataset.in_split("test")]


def test_damaged_pictures_are_skipped_and_move_no_other(tmp_path: Path) -> None:
    """A file that shows its damage only when decoded is reported; the rest stays aligned."""
    dataset = read_data(write_class_folders(tmp_path, {"a": 20, "b": 20}))
    damaged = dataset.examples[7].path
    truncate(damaged)

    decoded = decode_dataset(dataset, SPEC)

    kept = [example for example in dataset.examples if example.path != damaged]
    assert list(decoded.dataset.examples) == kept
    assert [item.path for item in decoded.dataset.skipped] == [damaged]
    assert "damaged" in decoded.dataset.skipped[0].reason
    assert np.array_equal(decoded.pixels[7], preprocess(kept[7].path, SPEC))


def test_too_many_damaged_pictures_are_refused(tmp_path: Path) -> None:
    """The limit counts what was skipped while reading and while decoding together."""
    dataset = read_data(write_class_folders(tmp_path, {"a": 20, "b": 20}))
    (tmp_path / "a" / "note.txt").write_text("x")
    dataset = read_data(tmp_path)
    truncate(dataset.examples[0].path)

    expected = f"2 of 41 files in '{tmp_path}' are not usable pictures; at most 1 may be skipped"
    with pytest.raises(DataError, match="^" + re.escape(expected)):
        decode_dataset(dataset, SPEC, max_unreadable=1)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((28, 28), 28), ((500, 333), 128), ((9, 7), 16), ((90, 70), 68)],
    ids=["as they are", "capped", "raised", "multiple of four"],
)
def test_the_image_size_follows_from_the_shorter_sides(
    tmp_path: Path, size: tuple[int, int], expected: int
) -> None:
    """The survey proposes the median shorter side within 16 to 128, a multiple of 4."""
    for name in ("a", "b"):
        for number in range(9):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.new("RGB", size, (number, 0, ord(name))).save(tmp_path / name / f"{number}.png")

    found = survey(read_data(tmp_path))

    assert found.shorter_side == min(size)
    assert found.image_size == expected


@pytest.mark.parametrize(
    ("mode", "expected"), [("L", "grayscale"), ("gray RGB", "grayscale"), ("one colour", "rgb")]
)
def test_the_color_mode_follows_from_the_pixels(tmp_path: Path, mode: str, expected: str) -> None:
    """Pictures are gray when all channels agree, however the files store them."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(12):
            gray = Image.new("L", (20, 20), 20 * number + len(name) + (name == "b"))
            image = gray if mode == "L" else gray.convert("RGB")
            if mode == "one colour" and name == "b":
                image.putpixel((3, 3), (1, 2, 3))
            image.save(tmp_path / name / f"{number}.png")

    assert survey(read_data(tmp_path)).color_mode == expected


def test_a_survey_of_damaged_pictures_is_refused(tmp_path: Path) -> None:
    """Where nothing can be decoded there is nothing to choose by."""
    dataset = read_data(write_class_folders(tmp_path, {"a": 9, "b": 9}))
    for example in dataset.examples:
        truncate(example.path)

    with pytest.raises(DataError, match="None of the pictures sampled"):
        survey(dataset)
