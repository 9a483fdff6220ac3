"""Published data sets by name: keras.datasets and TensorFlow Datasets."""

from __future__ import annotations

import difflib
import mmap
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasport.dataset.arrays import array_source
from kerasport.dataset.dataset import Remark, Split
from kerasport.dataset.entries import Entry, Source
from kerasport.dataset.keras_classes import KERAS_CLASSES
from kerasport.dataset.layout import split_named
from kerasport.errors import DataError, missing_extra
from kerasport.labels import check_class_names, normalize_class_name
from kerasport.progress import Progress

__all__ = ["keras_source", "tfds_source"]


def keras_source(
    name: str, *, class_names: Sequence[str] | None, remarks: list[Remark], progress: Progress
) -> Source:
    """Return `keras.datasets.NAME`, from Keras' own folder or the network.

    Raises:
        DataError: there is no such set of pictures, or it cannot be fetched.
        KerasportError: Keras is not installed.
    """
    if name not in KERAS_CLASSES:
        raise DataError(
            f"There is no 'keras:{name}'. {_hint(name, KERAS_CLASSES)}"
            f"Data sets: {', '.join(KERAS_CLASSES)}."
        )
    # TensorFlow's start-up chatter; what matters arrives as an exception.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        from keras import datasets
    except ModuleNotFoundError:
        raise missing_extra("train", f"Reading 'keras:{name}'") from None
    progress.say(f"Loading keras.datasets.{name}; Keras downloads it the first time.")
    try:
        arrays = getattr(datasets, name).load_data()
    # Keras raises a bare Exception where a download fails.
    except Exception as error:
        raise DataError(
            f"keras.datasets.{name} cannot be loaded: {error}. Without a network, put its file "
            "into Keras' folder (~/.keras/datasets), or pass the arrays as an .npz file."
        ) from None
    return array_source(
        arrays,
        root=Path(f"keras:{name}"),
        class_names=class_names or KERAS_CLASSES[name],
        remarks=remarks,
    )


def tfds_source(
    name: str, *, data_dir: Path | None, remarks: list[Remark], progress: Progress
) -> Source:
    """Return a TensorFlow Dataset that has one picture and one class per example.

    The pictures are taken as the data set stores them, encoded, and decoded by
    `kerasport.preprocess` like files, so that the browser sees the same pixels. They go to a
    temporary file that is mapped into memory and vanishes with the process.

    Args:
        name: as `tensorflow_datasets.load` takes it: `cats_vs_dogs`, `name/config:1.0.0`.
        data_dir: folder with prepared data sets; None stands for TensorFlow Datasets' own
            (`TFDS_DATA_DIR`, else `~/tensorflow_datasets`).
        remarks: what is left out is added.
        progress: told what is fetched.

    Raises:
        DataError: it is unknown, cannot be fetched, or is no set of labelled pictures.
        KerasportError: TensorFlow Datasets is not installed.
    """
    tfds = _tfds()
    source = f"tfds:{name}"
    try:
        builder = tfds.builder(name, data_dir=data_dir)
        if not builder.info.splits:
            progress.say(f"Fetching and preparing {source} in '{builder.data_dir}'.")
            builder.download_and_prepare()
    # Each data set's own code runs here, and raises what it likes.
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise DataError(
            f"'{source}' cannot be loaded: {first or type(error).__name__}. Without a network, "
            "name the folder that holds the prepared data set with --root."
        ) from None
    image, label = _features(tfds, builder.info, source)
    class_names = check_class_names(
        [normalize_class_name(text) for text in builder.info.features[label].names]
    )
    wanted = {split: found for split in builder.info.splits if (found := split_named(split))}
    others = sorted(set(builder.info.splits) - set(wanted))
    if others:
        message = (
            f"{source}: not read, because they are no train, validation or test: "
            f"{', '.join(others)}."
        )
        remarks.append(Remark("splits-left-out", message, count=len(others)))
    if "train" not in wanted:
        raise DataError(f"'{source}' has no split 'train', only: {', '.join(builder.info.splits)}.")
    return _stored(
        tfds, builder, wanted, (image, label), class_names=class_names, progress=progress
    )


def _stored(
    tfds: Any,
    builder: Any,
    wanted: dict[str, Split],
    keys: tuple[str, str],
    *,
    class_names: Sequence[str],
    progress: Progress,
) -> Source:
    image, label = keys
    root = Path(f"tfds:{builder.info.full_name}")
    cut = not {"validation", "test"} <= set(wanted.values())
    found: list[tuple[Path, int, Split, int, int]] = []
    with tempfile.TemporaryFile() as spool:
        for name, split in wanted.items():
            total = builder.info.splits[name].num_examples
            pictures = builder.as_dataset(
                split=name, decoders={image: tfds.decode.SkipDecoding()}, shuffle_files=False
            )
            with progress.task(f"Copying {name}", total=total) as task:
                for number, example in enumerate(tfds.as_numpy(pictures)):
                    data = bytes(example[image])
                    start = spool.tell()
                    spool.write(data)
                    path = root / split / f"{number:06d}"
                    found.append((path, int(example[label]), split, start, len(data)))
                    task.advance()
        spool.flush()
        # The mapping outlives the file's name and its descriptor.
        mapped = memoryview(mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ))
    entries = tuple(
        Entry(
            path,
            number,
            None if cut and split == "train" else split,
            data=mapped[start : start + length],
        )
        for path, number, split, start, length in found
    )
    given = frozenset(wanted.values())
    return Source(root, tuple(class_names), entries, given - {"train"} if cut else given)


def _tfds() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow_datasets
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow_datasets", "tensorflow"):
            raise
        raise missing_extra("train,datasets", "Reading TensorFlow Datasets") from None
    return tensorflow_datasets


def _features(tfds: Any, info: Any, source: str) -> tuple[str, str]:
    features = info.features
    kinds = {"picture": tfds.features.Image, "class": tfds.features.ClassLabel}
    chosen = []
    for meaning, kind in kinds.items():
        keys = [key for key in features if isinstance(features[key], kind)]
        supervised = [key for key in info.supervised_keys or () if key in keys]
        if len(keys) != 1 and len(supervised) != 1:
            raise DataError(
                f"'{source}' has {len(keys)} features that are a {meaning}. Expected one: "
                "pictures with one class each."
            )
        chosen.append((supervised or keys)[0])
    return chosen[0], chosen[1]


def _hint(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean 'keras:{near[0]}'? " if near else ""
