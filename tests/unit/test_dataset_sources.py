"""The same pictures from every kind of source: equal pixels, equal labels, whole splits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.listening import Listening
from support.pictures import write_class_folders

from kerasport.dataset import (
    Dataset,
    PixelCache,
    ReadOptions,
    decode_dataset,
    name_of_source,
    read_data,
    survey,
)
from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec
from kerasport.runs import choose_samples, write_samples

SPECS = {
    "resized": ImageSpec(height=5, width=7),
    "as they are": ImageSpec(height=10, width=12),
    "gray, padded": ImageSpec(height=9, width=9, color_mode="grayscale", fit="pad"),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes in train/ and test/."""
    root = tmp_path_factory.mktemp("pictures")
    write_class_folders(root / "train", {"cat": 12, "dog": 12}, seed=1)
    write_class_folders(root / "test", {"cat": 5, "dog": 5}, seed=2)
    return root


def listed(root: Path) -> list[tuple[str, str, str]]:
    """Return path, label and split of each picture, in an order that no reader gives."""
    files = sorted(root.rglob("*.png"), key=lambda path: path.name, reverse=True)
    return [(path.relative_to(root).as_posix(), path.parts[-2], path.parts[-3]) for path in files]


def arrays_of(root: Path) -> dict[str, Any]:
    """Return the pictures as arrays: x_train, y_train, x_test, y_test."""
    arrays: dict[str, Any] = {}
    for split in ("train", "test"):
        rows = [row for row in listed(root) if row[2] == split]
        arrays[f"x_{split}"] = np.stack([np.asarray(Image.open(root / row[0])) for row in rows])
        arrays[f"y_{split}"] = np.array([row[1] for row in rows])
    return arrays


def csv_source(root: Path, work: Path) -> Path:
    lines = [",".join(row) for row in listed(root)]
    path = root / "pictures.csv"
    path.write_text("\n".join(["Filename,class,set", *lines]))
    return path


def frame_source(root: Path, work: Path) -> Any:
    rows = [(str(root / path), *rest) for path, *rest in listed(root)]
    return pd.DataFrame(rows, columns=["image", "label", "split"])


def npz_source(root: Path, work: Path) -> Path:
    np.savez(work / "pictures.npz", **arrays_of(root))
    return work / "pictures.npz"


def tuple_source(root: Path, work: Path) -> Any:
    arrays = arrays_of(root)
    return (
        (arrays["x_train"], (arrays["y_train"] == "dog").astype(np.uint8)[:, None]),
        (arrays["x_test"], (arrays["y_test"] == "dog").astype(np.uint8)[:, None]),
    )


SOURCES = {
    "csv": (csv_source, {}),
    "frame": (frame_source, {"root": True}),
    "npz": (npz_source, {}),
    "tuple": (tuple_source, {"class_names": ["cat", "dog"]}),
}


def pictures_of(dataset: Dataset, spec: ImageSpec, cache: PixelCache | None) -> set[Any]:
    """Return what training gets: the pixels, the class and whether it is the test, unordered."""
    decoded = decode_dataset(dataset, spec, cache=cache)
    return {
        (pixels.tobytes(), dataset.class_names[example.label], example.split == "test")
        for pixels, example in zip(decoded.pixels, decoded.dataset.examples, strict=True)
    }


@pytest.mark.parametrize("kept", [True, False], ids=["cached", "in memory"])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
@pytest.mark.parametrize("kind", SOURCES)
def test_every_source_gives_the_pixels_of_the_folders(
    folders: Path, tmp_path: Path, kind: str, spec: ImageSpec, kept: bool
) -> None:
    """Pixels, class and test membership are the same whatever the pictures come in."""
    make, choices = SOURCES[kind]
    options = ReadOptions(
        root=folders if choices.get("root") else None, class_names=choices.get("class_names")
    )
    cache = PixelCache(tmp_path / "cache") if kept else None

    dataset = read_data(make(folders, tmp_path), options=options)

    assert dataset.class_names == ("cat", "dog")
    expected = pictures_of(read_data(folders), spec, None)
    assert len(expected) == 34
    assert pictures_of(dataset, spec, cache) == expected
    if kept:
        # Once more, now from the cache.
        assert pictures_of(dataset, spec, cache) == expected


@pytest.mark.parametrize("make", [csv_source, frame_source], ids=["csv", "frame"])
def test_tables_cut_like_folders(folders: Path, tmp_path: Path, make: Any) -> None:
    """A file's content decides its split, so a table of the same files cuts them the same way."""
    dataset = read_data(make(folders, tmp_path), options=ReadOptions(root=folders))

    expected = read_data(folders)
    assert dataset.examples == expected.examples
    assert dataset.fingerprint == expected.fingerprint


def test_a_table_without_splits_is_cut(folders: Path) -> None:
    """Without a column for it, content decides test and validation, as in class folders."""
    frame = pd.DataFrame(
        [(path, label) for path, label, _ in listed(folders)], columns=["path", "category"]
    )

    dataset = read_data(frame, options=ReadOptions(root=folders, seed=2))

    assert {example.split for example in dataset.examples} == {"train", "validation", "test"}


def test_arrays_are_cut_by_content(folders: Path) -> None:
    """More pictures, and another order, move no picture; copies share a split."""
    arrays = arrays_of(folders)
    x, y = arrays["x_train"], arrays["y_train"]
    before = {e.content: e.split for e in read_data((x, y)).examples}
    more = np.concatenate([arrays["x_test"], x[::-1], x[:9]])
    labels = np.concatenate([arrays["y_test"], y[::-1], y[:9]])

    after = read_data({"x": more, "y": labels})

    splits: dict[str, set[str]] = {}
    for example in after.examples:
        splits.setdefault(example.content, set()).add(example.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {content: {split} for content, split in before.items()}.items() <= splits.items()
    assert len(set(before.values())) == 3


def test_a_survey_of_arrays_is_that_of_the_files(folders: Path, tmp_path: Path) -> None:
    """The size and the colour mode that training chooses do not depend on the kind of source."""
    nothing = ReadOptions(validation_share=0)
    arrays = survey(read_data(npz_source(folders, tmp_path), options=nothing))

    assert arrays == survey(read_data(folders, options=nothing))


def test_samples_of_arrays_are_png_files_with_their_pixels(folders: Path, tmp_path: Path) -> None:
    """What the bundle shows of an array is the picture itself, in a format without loss."""
    dataset = read_data(npz_source(folders, tmp_path))
    chosen = choose_samples(dataset)

    write_samples(chosen, tmp_path / "samples", class_names=dataset.class_names)

    names = [f"{number:02d}.png" for number in range(1, 3)]
    for name, example in zip(names, chosen, strict=True):
        assert example.split == "test"
        assert np.array_equal(Image.open(tmp_path / "samples" / name), example.read())


@pytest.mark.parametrize("kind", ["folders", "csv", "npz"])
def test_some_of_the_classes(tmp_path: Path, kind: str) -> None:
    """`classes` selects; the data keeps its own order, and labels count from 0."""
    root = write_class_folders(tmp_path / "in", {"ant": 9, "bee": 9, "cow": 9})
    rows = [(path.relative_to(root), path.parent.name) for path in sorted(root.rglob("*.png"))]
    if kind == "csv":
        source = root / "all.csv"
        source.write_text("path;label\n" + "\n".join(f"{path};{label}" for path, label in rows))
    elif kind == "npz":
        source = root / "all.npz"
        x = np.stack([np.asarray(Image.open(root / path)) for path, _ in rows])
        np.savez(source, images=x, labels=np.array([label for _, label in rows]))
    else:
        source = root

    dataset = read_data(source, options=ReadOptions(classes=["cow", "ant"], seed=3))

    assert dataset.class_names == ("ant", "cow")
    assert sorted(example.label for example in dataset.examples) == [0] * 9 + [1] * 9
    place = root if kind == "csv" else source
    message = f"'{place}' has no class 'can'. Did you mean 'ant'? Classes: ant, bee, cow."
    with pytest.raises(DataError, match="^" + re.escape(message)):
        read_data(source, options=ReadOptions(classes=["can", "cow"]))


def test_copies_can_be_left_out_of_the_test(tmp_path: Path) -> None:
    """Test pictures that are also trained on go, found by bytes and by pixels; nothing else."""
    root = write_class_folders(tmp_path / "train", {"a": 20, "b": 20}).parent
    write_class_folders(root / "test", {"a": 9, "b": 9}, seed=5)
    same = (root / "train" / "a" / "001.png").read_bytes()
    (root / "test" / "a" / "bytes.png").write_bytes(same)
    Image.open(root / "train" / "b" / "002.png").save(root / "test" / "b" / "pixels.bmp")
    progress = Listening()

    before = read_data(root)
    after = read_data(root, options=ReadOptions(drop_test_duplicates=True), progress=progress)

    assert [(item.path.name, item.reason) for item in after.dropped] == [
        ("bytes.png", "the same picture as 'train/a/001.png'"),
        ("pixels.bmp", "the same picture as 'train/b/002.png'"),
    ]
    left_out = {item.path for item in after.dropped}
    assert after.examples == tuple(e for e in before.examples if e.path not in left_out)
    assert progress.said == [
        "2 test picture(s) left out of the test: they are also in train or validation."
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "There is nothing at 'nowhere'. Expected a folder with one folder per class"),
        (7, "Pictures cannot be read from a int. Expected a folder with one folder per class"),
        ((1, 2, 3), "A tuple of 3 was given. Expected (x, y), ((x_train, y_train), (x_test,"),
        ("keras:mist", "There is no 'keras:mist'. Did you mean 'keras:mnist'? Data sets: mnist,"),
    ],
)
def test_what_cannot_be_read_is_refused(source: Any, message: str) -> None:
    """The message says what there is and what is read."""
    with pytest.raises(DataError, match="^" + re.escape(message)):
        read_data(source)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A file that is no table and no arrays is not guessed at."""
    path = tmp_path / "pictures.rar"
    path.write_bytes(b"Rar!")

    with pytest.raises(DataError, match=re.escape(f"'{path}' is a file of another kind.")):
        read_data(path)


def test_the_name_of_a_source_leads_back_to_it(folders: Path) -> None:
    """Paths become absolute, named sets stay as they are, arrays have no name."""
    assert name_of_source(Path("some/where")) == str(Path("some/where").absolute())
    assert name_of_source("keras:mnist") == "keras:mnist"
    assert name_of_source(Path("tfds:cats_vs_dogs")) == "tfds:cats_vs_dogs"
    assert name_of_source(arrays_of(folders)) is None
