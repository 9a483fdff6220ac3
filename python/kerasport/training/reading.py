"""The pictures of a training: one data set, with validation pictures from elsewhere if so named."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from kerasport.dataset import (
    SPLITS,
    Dataset,
    DataSource,
    DecodedDataset,
    PixelCache,
    ReadOptions,
    decode_dataset,
    name_of_source,
    read_data,
    read_labeled,
    require_enough,
)
from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec
from kerasport.progress import Progress
from kerasport.recipes import SettledRecipe

__all__ = ["decode_pictures", "read_pictures"]


def read_pictures(
    source: DataSource,
    reading: ReadOptions,
    validation: Path | None,
    *,
    cache: Path | None,
    progress: Progress,
) -> Dataset:
    """Return the data set, with the pictures of the folder `validation`, if any, for validation.

    Raises:
        DataError: the pictures are not usable, or there are validation pictures in both places.
    """
    if validation is None:
        return read_data(source, options=reading, progress=progress, cache=cache)
    if isinstance(source, str | Path):
        source = name_of_source(source) or source
    reading = replace(reading, validation_share=0.0)
    dataset = read_data(source, options=reading, progress=progress, cache=cache)
    if dataset.in_split("validation"):
        raise DataError(
            f"'{source}' has validation pictures of its own, and '{validation}' was named for "
            "them too. Leave one of the two out."
        )
    extra = read_labeled(
        validation.absolute(), class_names=dataset.class_names, kind=dataset.kind, progress=progress
    )
    if dataset.root.is_absolute() != extra.root.is_absolute():
        raise DataError(
            f"'{source}' is no folder here, and '{validation}' was named for validation. "
            "Bring both to one place, or leave the validation pictures to be cut from the data."
        )
    examples = [*dataset.examples, *(replace(item, split="validation") for item in extra.examples)]
    examples.sort(key=lambda example: (SPLITS.index(example.split), example.path.as_posix()))
    return replace(
        dataset,
        root=Path(os.path.commonpath([dataset.root, extra.root])),
        examples=tuple(examples),
        skipped=(*dataset.skipped, *extra.skipped),
        remarks=(*dataset.remarks, *extra.remarks),
    )


def decode_pictures(
    dataset: Dataset,
    recipe: SettledRecipe,
    reading: ReadOptions,
    *,
    cache: PixelCache | None,
    progress: Progress,
) -> DecodedDataset:
    """Return the pictures as the model will see them; say how many there are.

    Raises:
        DataError: too many pictures are damaged, or too few are left of a class.
    """
    height, width = recipe.image_size
    spec = ImageSpec(
        height=height,
        width=width,
        color_mode=recipe.color_mode,
        fit=recipe.fit,
        resample=recipe.resample,
    )
    parts = [f"{len(dataset.in_split(split)):,} {split}" for split in SPLITS]
    progress.say(
        f"{len(dataset.examples):,} pictures in {len(dataset.class_names)} "
        f"{'labels' if dataset.kind == 'labels' else 'classes'}: "
        f"{', '.join(parts)}. "
        f"Input: {height}x{width}, {spec.color_mode}, {spec.fit}."
    )
    decoded = decode_dataset(
        dataset, spec, max_unreadable=reading.max_unreadable, cache=cache, progress=progress
    )
    require_enough(decoded.dataset, reading)
    return decoded
