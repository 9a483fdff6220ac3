"""Arrays as pictures: which dtypes, shapes and labels are understood, which are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.listening import Listening

from kerasport.dataset import ReadOptions, read_data
from kerasport.dataset.dataset import Remark
from kerasport.errors import DataError

X = np.random.default_rng(4).integers(0, 256, (24, 6, 5, 3), np.uint8)
Y = np.arange(24) % 3


def levels(dataset: Any) -> dict[str, bytes]:
    """Return the pixels of each picture by its name."""
    return {example.path.name: example.read().tobytes() for example in dataset.examples}


CONVERTED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "int64": (
        lambda x: x.astype(np.int64),
        "'arrays': pixels of dtype int64 are whole numbers of 0..255, as uint8.",
    ),
    "whole float32": (
        lambda x: x.astype(np.float32),
        "'arrays': pixels of dtype float32 are whole numbers of 0..255, as uint8.",
    ),
    "float32 in 0..1": (
        lambda x: x.astype(np.float32) / 255,
        "'arrays': pixels of dtype float32 in 0..1 are multiplied by 255, to uint8.",
    ),
    "float16 in 0..1": (
        lambda x: (x / 255).astype(np.float16),
        "'arrays': pixels of dtype float16 in 0..1 are multiplied by 255, to uint8.",
    ),
}


@pytest.mark.parametrize(("change", "message"), CONVERTED.values(), ids=CONVERTED.keys())
def test_what_was_uint8_becomes_it_again(change: Callable[[Any], Any], message: str) -> None:
    """Values that are exactly the levels of a picture are converted, and that is said."""
    progress = Listening()

    dataset = read_data((change(X), Y), progress=progress)

    assert levels(dataset) == levels(read_data((X, Y)))
    assert progress.said == [message]
    assert dataset.remarks == (Remark("converted-pixels", message),)


WRONG_PIXELS: dict[str, tuple[NDArray[Any], str]] = {
    "centred": (
        X / np.float32(127.5) - 1,
        "'arrays': the pixels have dtype float32 and values of -1 to 1. Expected uint8 in 0..255, "
        "as a picture file holds them: scaling belongs to the model's own Rescaling layer.",
    ),
    "between levels": (
        np.sqrt(X / 255.0),
        "'arrays': the pixels have dtype float64 and values of 0 to 1. Expected uint8",
    ),
    "not a number": (
        np.full(X.shape, np.nan),
        "'arrays': the pixels have dtype float64 and values of nan to nan. Expected uint8",
    ),
    "16 bits": (
        X.astype(np.uint16) * 257,
        "'arrays': the pixels have dtype uint16 and values of 0 to 65535. Expected uint8",
    ),
    "bool": (X > 127, "'arrays': the pixels have dtype bool. Expected uint8 in 0..255."),
    "channels first": (
        X.transpose(0, 3, 1, 2),
        "'arrays': the pictures have shape [24, 3, 6, 5]. Expected [n, height, width] or [n, "
        "height, width, 1, 3 or 4]. The channels come first here; put them last: "
        "x.transpose(0, 2, 3, 1).",
    ),
    "flat": (
        X.reshape(24, -1),
        "'arrays': the pictures have shape [24, 90]. Expected [n, height, width] or [n, height, "
        "width, 1, 3 or 4]. Bring flattened pictures into shape: x.reshape(-1, height, width).",
    ),
    "no pixels": (
        X[:, :0],
        "'arrays': the pictures have shape [24, 0, 5, 3]: there are no pixels.",
    ),
}


@pytest.mark.parametrize(("x", "message"), WRONG_PIXELS.values(), ids=WRONG_PIXELS.keys())
def test_pixels_that_are_no_levels_are_refused(x: NDArray[Any], message: str) -> None:
    """The message says dtype, range or shape, and what a picture has."""
    with pytest.raises(DataError, match="^" + re.escape(message)):
        read_data((x, Y))


def test_zeros_and_ones_as_fractions_are_white() -> None:
    """In 0..1 a 1.0 is the brightest level, not the darkest grey but one."""
    dataset = read_data(((X > 127).astype(np.float32), Y))

    assert levels(dataset) == levels(read_data(((X > 127).astype(np.uint8) * np.uint8(255), Y)))


LABELS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "column": (Y[:, None], ("0", "1", "2")),
    "one-hot": (np.eye(3)[Y], ("0", "1", "2")),
    "whole fractions": (Y.astype(np.float32), ("0", "1", "2")),
    "above nine": (Y + 9, ("9", "10", "11")),
    "text": (np.array(["b", "Ä", "a"])[Y], ("a", "b", "Ä")),
    "bytes": (np.array([b"x", b"y", b"z"])[Y], ("x", "y", "z")),
}


@pytest.mark.parametrize(("y", "names"), LABELS.values(), ids=LABELS.keys())
def test_labels_name_the_classes(y: Any, names: tuple[str, ...]) -> None:
    """Numbers are in the order of numbers, text in that of code points; one-hot rows are read."""
    dataset = read_data((X, y))

    assert dataset.class_names == names
    given = np.array(["b", "Ä", "a"] if names == ("a", "b", "Ä") else names)[Y]
    found = {int(e.path.name): dataset.class_names[e.label] for e in dataset.examples}
    assert found == dict(enumerate(given.tolist()))


WRONG_LABELS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "too few": (Y[:-1], {}, "'arrays': 24 pictures and 23 labels. Expected as many of one as"),
    "several ones": (
        np.ones((24, 3)),
        {"labels": "one"},
        "'arrays': the labels have shape [24, 3] but are not one-hot rows: a picture has exactly",
    ),
    "fractions": (
        Y + 0.5,
        {},
        "'arrays': the labels have dtype float64. Expected whole numbers or text.",
    ),
    "one class": (Y * 0, {}, "'arrays' has one class only ('0'). Expected at least two"),
    "beyond the names": (
        Y,
        {"class_names": ["x", "y"]},
        "'arrays': the labels are 0 to 2, but there are 2 class names. Expected labels of 0 to 1.",
    ),
    "unknown text": (
        np.array(["x", "y", "z"])[Y],
        {"class_names": ["x", "y"]},
        "'arrays': 'z' is a label but not one of the class names: x, y.",
    ),
    "a name twice": (
        Y,
        {"class_names": ["x", "y", "x"]},
        "The class name 'x' occurs twice. Expected each class once",
    ),
}


@pytest.mark.parametrize(("y", "choices", "message"), WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_labels_that_do_not_fit_are_refused(y: Any, choices: dict[str, Any], message: str) -> None:
    """The message says what the labels are and what was expected."""
    with pytest.raises(DataError, match="^" + re.escape(message)):
        read_data((X, y), options=ReadOptions(**choices))


def test_three_pairs_are_train_validation_and_test() -> None:
    """With every split given, none is cut."""
    dataset = read_data(((X, Y), (X[:3], Y[:3]), (X[:6], Y[:6])), options=ReadOptions(seed=1))

    counts = dataset.counts
    assert (counts.train, counts.validation, counts.test) == ([8, 8, 8], [1, 1, 1], [2, 2, 2])
    assert dataset.examples[0].path == Path("arrays/train/000000")


def test_other_names_of_the_arrays(tmp_path: Path) -> None:
    """`train_images`, `val_labels` and their like are understood, and names of classes are read."""
    path = tmp_path / "set.npz"
    np.savez(
        path,
        train_images=X,
        train_labels=Y[:, None],
        val_images=X[:3],
        val_labels=Y[:3],
        class_names=np.array(["x", "y", "z"]),
    )

    dataset = read_data(path)

    assert dataset.class_names == ("x", "y", "z")
    assert dataset.counts.validation == [1, 1, 1]
    assert dataset.in_split("validation")[0].path == path / "validation" / "000000"


WRONG_NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "no labels": ({"x_train": X}, "'{path}' has 'x_train' but no labels for it. Expected x_train,"),
    "something else": ({"x": X, "y": Y, "weights": Y}, "'{path}' has an array 'weights', which is"),
    "no train": ({"x_test": X, "y_test": Y}, "'{path}' has no pictures to train on. Expected x_tr"),
    "two of a kind": ({"x": X, "images": X, "y": Y}, "'{path}': 'x' and 'images' mean the same."),
    "cut and given": (
        {"x": X, "y": Y, "x_test": X, "y_test": Y},
        "'{path}' has 'x' and 'x_test'. Expected either splits or one set that is cut.",
    ),
}


@pytest.mark.parametrize(("arrays", "message"), WRONG_NAMES.values(), ids=WRONG_NAMES.keys())
def test_arrays_with_other_names_are_refused(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    """The message names the array and the names that are understood."""
    path = tmp_path / "set.npz"
    np.savez(path, **arrays)

    with pytest.raises(DataError, match="^" + re.escape(message.format(path=path))):
        read_data(path)


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    """An .npz with Python objects would run code; it is refused unopened."""
    opened = tmp_path / "opened"

    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (opened,)

    path = tmp_path / "set.npz"
    np.savez(path, x=X, y=np.array([Trap()] * 24, dtype=object))

    with pytest.raises(DataError, match=re.escape(f"'{path}' holds Python objects, which can run")):
        read_data(path)
    assert not opened.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\x93NUMPY\x01\x00"])
def test_damaged_archives_are_refused(tmp_path: Path, content: bytes) -> None:
    """A file that is no archive is named, with numpy's own reason."""
    path = tmp_path / "set.npz"
    path.write_bytes(content)

    with pytest.raises(DataError, match=re.escape(f"'{path}' ")):
        read_data(path)
