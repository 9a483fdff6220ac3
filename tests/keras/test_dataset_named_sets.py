"""keras.datasets and TensorFlow Datasets, without a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.listening import Listening
from support.pictures import write_class_folders

from kerasport.dataset import ReadOptions, decode_dataset, read_data, read_folders
from kerasport.dataset.keras_classes import KERAS_CLASSES
from kerasport.errors import DataError, KerasportError
from kerasport.preprocess import ImageSpec

pytestmark = pytest.mark.keras

SPEC = ImageSpec(height=5, width=7)


@pytest.fixture(scope="module")
def tfds() -> Any:
    """The module tensorflow_datasets."""
    import tensorflow_datasets

    return tensorflow_datasets


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes in train/ and test/."""
    root = tmp_path_factory.mktemp("pictures")
    write_class_folders(root / "train", {"cat": 12, "dog": 12}, seed=1)
    write_class_folders(root / "test", {"cat": 5, "dog": 5}, seed=2)
    return root


def prepare(tfds: Any, folder: Path, *, name: str, features: Any, splits: dict[str, Any]) -> None:
    """Write a data set in the format of TensorFlow Datasets."""
    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={split: list(enumerate(items)) for split, items in splits.items()},
        data_dir=folder,
    )


@pytest.fixture(scope="module")
def prepared(tfds: Any, folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two prepared data sets: `tiny`, of the same files, and `pairs`."""
    root = tmp_path_factory.mktemp("tfds")
    image, label = tfds.features.Image(shape=(None, None, 3)), ["cat", "dog"]
    splits = {
        split: [
            {"image": str(path), "label": path.parent.name, "id": path.name}
            for path in sorted((folders / split).rglob("*.png"))
        ]
        for split in ("train", "test")
    }
    splits["unsupervised"] = splits["train"][:2]
    features = {
        "image": image,
        "label": tfds.features.ClassLabel(names=label),
        "id": tfds.features.Text(),
    }
    prepare(tfds, root, name="tiny", features=features, splits=splits)
    pairs = {"train": [{"left": e["image"], "right": e["image"]} for e in splits["train"]]}
    prepare(tfds, root, name="pairs", features={"left": image, "right": image}, splits=pairs)
    return root


def test_a_prepared_data_set_gives_the_files_it_was_made_of(prepared: Path, folders: Path) -> None:
    """The stored bytes are those of the files, so content, pixels and splits are theirs too."""
    progress = Listening()

    dataset = read_data("tfds:tiny", options=ReadOptions(root=prepared), progress=progress)

    expected = read_folders(folders)
    assert dataset.fingerprint == expected.fingerprint
    pixels = {
        e.content: p
        for e, p in zip(expected.examples, decode_dataset(expected, SPEC).pixels, strict=True)
    }
    decoded = decode_dataset(dataset, SPEC)
    assert len(decoded.pixels) == 34
    for example, row in zip(dataset.examples, decoded.pixels, strict=True):
        assert np.array_equal(row, pixels[example.content])
    assert dataset.root.as_posix() == "tfds:tiny/1.0.0"
    assert progress.said == [
        "tfds:tiny: not read, because they are no train, validation or test: unsupervised."
    ]


def test_a_data_set_without_one_class_per_picture_is_refused(prepared: Path) -> None:
    """Detection and other sets are no classification; the message says what they lack."""
    message = "'tfds:pairs' has 2 features that are a picture. Expected one: pictures with one"
    with pytest.raises(DataError, match="^" + re.escape(message)):
        read_data("tfds:pairs", options=ReadOptions(root=prepared))


def test_an_unknown_data_set_is_refused(prepared: Path) -> None:
    """The message carries what TensorFlow Datasets says, and where to look without a network."""
    with pytest.raises(DataError, match=r"^'tfds:nowhere' cannot be loaded: .*nowhere.*--root\.$"):
        read_data("tfds:nowhere", options=ReadOptions(root=prepared))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing and how to install it."""
    monkeypatch.setitem(__import__("sys").modules, "tensorflow_datasets", None)

    with pytest.raises(KerasportError, match=re.escape("pip install 'kerasport[train,datasets]'")):
        read_data("tfds:tiny")


def test_keras_datasets_are_arrays(monkeypatch: pytest.MonkeyPatch, keras: Any) -> None:
    """keras.datasets gives train and test, and Keras documents the names of the classes."""
    x = np.random.default_rng(1).integers(0, 256, (60, 4, 4, 3), np.uint8)
    y = np.arange(60, dtype=np.uint8)[:, None] % 10
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: ((x, y), (x[:10], y[:10])))

    dataset = read_data("keras:cifar10", options=ReadOptions(seed=2))

    assert dataset.class_names[:2] == ("airplane", "automobile")
    assert dataset.counts.test == [1] * 10
    assert all(np.array_equal(e.read(), x[int(e.path.name)]) for e in dataset.examples)


def test_every_label_of_a_named_set_has_a_name() -> None:
    """As many different names as Keras documents labels; those of CIFAR are sorted."""
    names = {name: classes for name, classes in KERAS_CLASSES.items() if classes}

    assert {name: len(set(classes)) for name, classes in names.items()} == {
        "fashion_mnist": 10,
        "cifar10": 10,
        "cifar100": 100,
    }
    assert all(list(names[name]) == sorted(names[name]) for name in ("cifar10", "cifar100"))


def test_a_failed_download_is_told(monkeypatch: pytest.MonkeyPatch, keras: Any) -> None:
    """Keras' own reason, and what to do without a network."""

    def fails() -> None:
        raise Exception("URL fetch failure on https://example.org/mnist.npz")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fails)

    with pytest.raises(DataError, match=r"^keras\.datasets\.mnist cannot be loaded: URL fetch"):
        read_data("keras:mnist")
