"""Class names: order, uniqueness, Unicode, label files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import DataError
from kerasport.labels import (
    find_label_file,
    list_class_names,
    order_class_names,
    read_label_file,
)


def test_folder_names_are_sorted_by_code_point() -> None:
    """Capitals come before small letters, and 10 before 2, as Keras sorts them."""
    assert order_class_names(["b", "a", "B", "10", "2"]) == ["10", "2", "B", "a", "b"]


def test_folder_names_are_normalized_before_sorting() -> None:
    """A decomposed name, as macOS hands it out, is the same class as its composed form."""
    assert order_class_names(["caf\u0065\u0301", "cafz"]) == ["cafz", "caf\u00e9"]


def test_two_spellings_of_one_name_are_refused() -> None:
    """Composed and decomposed folders side by side would be one class with two folders."""
    with pytest.raises(DataError, match=r"occurs twice"):
        order_class_names(["\u00e9", "e\u0301"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\ndog\n", ["cat", "dog"]),
        ("\ufeffcat\r\ndog\r\n\r\n", ["cat", "dog"]),
        ("0 cat\n1 big dog\n", ["cat", "big dog"]),
        ("0 cat\n2 dog\n", ["0 cat", "2 dog"]),
        ("0: cat\n1: big: dog\n", ["cat", "big: dog"]),
        ("1,dog\n0,cat\n", ["cat", "dog"]),
        ('index,name\n0,"cat"\n1,"dog, big"\n', ["cat", "dog, big"]),
        ("0\tcat\n1\tdog\n", ["cat", "dog"]),
        ("1: cat\n3: dog\n", ["1: cat", "3: dog"]),
        ("0\n1\n2\n", ["0", "1", "2"]),
    ],
    ids=[
        *("plain", "byte-order-mark-and-crlf", "teachable-machine", "numbers-that-are-names"),
        *("colons", "table", "heading", "tabs", "other-numbers", "digits"),
    ],
)
def test_label_files_are_read_line_by_line(text: str, expected: list, tmp_path: Path) -> None:
    """One name per line, with a leading index removed only where every line has its own."""
    path = tmp_path / "labels.txt"
    path.write_bytes(text.encode("utf-8"))

    assert read_label_file(path) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"cat\n\ndog\n", "Class name number 2 is empty"),
        (b"cat\ncat\n", "'cat' occurs twice"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
    ],
    ids=["empty", "gap", "twice", "binary"],
)
def test_wrong_label_files_say_why(content: bytes, message: str, tmp_path: Path) -> None:
    """Each defect of a label file has its own message."""
    path = tmp_path / "labels.txt"
    path.write_bytes(content)

    with pytest.raises(DataError) as error:
        read_label_file(path)

    assert message in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        '["cat", "dog"]',
        '{"labels": ["cat", "dog"], "imageSize": 224}',
        '{"classNames": ["cat", "dog"], "labels": 2}',
        '{"dog": 1, "cat": 0}',
        '{"1": "dog", "0": "cat"}',
        '{"class_indices": {"dog": 1, "cat": 0}}',
        '{"architectures": ["ViT"], "id2label": {"1": "dog", "0": "cat"}, "label2id": {}}',
        '{"label2id": {"dog": 1, "cat": 0}}',
        '{"classes": ["cat", "dog"]}',
        '{"0": ["n02121808", "cat"], "1": ["n02084071", "dog"]}',
    ],
    ids=[
        *("list", "teachable-machine", "bundle", "class-indices", "by-index", "nested"),
        *("id2label", "label2id", "classes", "imagenet"),
    ],
)
def test_label_files_of_json_are_read_in_output_order(text: str, tmp_path: Path) -> None:
    """Lists, dictionaries in either direction and the metadata of other tools give one order."""
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")

    assert read_label_file(path) == ["cat", "dog"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("3", "has no list of class names"),
        ('["cat", 3]', "has no list of class names"),
        ('{"cat": 0, "dog": 2}', "has no list of class names"),
        ('{"cat": true, "dog": false}', "has no list of class names"),
        ('{"name": "model"}', "has no list of class names"),
        ("[]", "is empty"),
    ],
)
def test_wrong_label_files_of_json_say_why(text: str, message: str, tmp_path: Path) -> None:
    """A gap in the indices, or something else altogether, is refused."""
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(DataError) as error:
        read_label_file(path)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("model", "files", "found"),
    [
        ("model.keras", {"labels.txt": "", "class_names.json": "[]"}, "labels.txt"),
        ("model.keras", {"metadata.json": '{"keras_version": "3"}'}, None),
        ("model.keras", {"metadata.json": "{", "class_names.txt": ""}, "class_names.txt"),
        ("model.json", {"metadata.json": '{"labels": ["a"]}'}, "metadata.json"),
        ("model.json", {"metadata.json": '{"classNames": ["a"]}'}, "metadata.json"),
        ("saved/", {"labels.txt": "", "saved/labels.txt": ""}, "saved/labels.txt"),
        ("saved/", {"labels.txt": ""}, "labels.txt"),
        ("model.keras", {"labels.csv": "", "other/labels.txt": ""}, None),
    ],
)
def test_labels_are_found_beside_the_model(
    model: str, files: dict[str, str], found: str | None, tmp_path: Path
) -> None:
    """The first file that names classes counts: in a model's folder, then beside it."""
    if model.endswith("/"):
        (tmp_path / model).mkdir()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    assert find_label_file(tmp_path / model) == (tmp_path / found if found else None)


def test_imagenet_classes_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """A bird and a machine are both called crane; their synsets follow their names."""
    path = tmp_path / "imagenet_class_index.json"
    path.write_text(
        '{"0": ["n02012849", "crane"], "1": ["n03126707", "crane"], "2": ["n01440764", "tench"]}'
    )

    assert read_label_file(path) == ["crane (n02012849)", "crane (n03126707)", "tench"]


class Index:
    """Iterates like an Index of pandas."""

    def __iter__(self) -> Any:
        return iter(["cat", "dog"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["cat", "dog"], ["cat", "dog"]),
        (("cat", "dog"), ["cat", "dog"]),
        ((name for name in ("cat", "dog")), ["cat", "dog"]),
        ({"dog": 1, "cat": 0}, ["cat", "dog"]),
        ({1: "dog", 0: "cat"}, ["cat", "dog"]),
        ({"1": "dog", "0": "cat"}, ["cat", "dog"]),
        ({"dog": np.int64(1), "cat": np.int64(0)}, ["cat", "dog"]),
        ([0, 1, 2], ["0", "1", "2"]),
        (range(3), ["0", "1", "2"]),
        (np.arange(3), ["0", "1", "2"]),
        (np.array(["cat", "dog"]), ["cat", "dog"]),
        (np.array(["cat", "dog"], object), ["cat", "dog"]),
        (Index(), ["cat", "dog"]),
        (["cafe\u0301", "dog"], ["caf\u00e9", "dog"]),
    ],
    ids=[
        *("list", "tuple", "generator", "class-indices", "by-index", "by-index-in-text"),
        *("numpy-indices", "integers", "range", "numpy", "numpy-text", "numpy-objects"),
        *("index", "unicode"),
    ],
)
def test_names_given_in_python_are_listed(given: Any, expected: list[str]) -> None:
    """Dictionaries count by their indices, everything else as it comes; numbers become text."""
    assert list_class_names(given) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cat", "dog"}, "are a set, which has no order. Expected a list"),
        (frozenset(["cat"]), "are a frozenset, which has no order"),
        ({"cat": 0, "dog": 1}.keys(), "are a dict_keys, which has no order"),
        (b"cat", "are a bytes, which holds no names"),
        (3, "are a int, which holds no names"),
        ({"cat": 0, "dog": 2}, "counted from 0 without a gap"),
        ({"cat": "dog"}, "Expected one of name and index"),
        ([0.5, 1.5], "The class name 0.5 is a float. Expected text, or a whole number."),
        ([None, "cat"], "The class name None is a NoneType"),
        (["cat", True], "The class name True is a bool"),
        (["cat", "cat"], "'cat' occurs twice"),
        (["cat", "d\ud800g"], "is no text: it holds half of a character"),
        ([1, "1"], "'1' occurs twice"),
    ],
)
def test_what_names_nothing_is_refused(given: Any, message: str) -> None:
    """What has no order, or is no name, is told with its kind."""
    with pytest.raises(DataError) as error:
        list_class_names(given)

    assert message in str(error.value)
