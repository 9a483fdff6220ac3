"""From examples to one uint8 array, through the one preprocessing."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset.checks import check_skipped
from kerasport.dataset.description import Dataset, Example, Skipped, Split
from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec, preprocess
from kerasport.progress import SILENT, Progress

__all__ = ["DecodedDataset", "decode_dataset"]


@dataclass(frozen=True)
class DecodedDataset:
    """A data set with its pixels.

    `pixels` is uint8 `[n, height, width, channels]` in 0..255 and `labels` int64 `[n]`, both in
    the order of `dataset.examples`.
    """

    dataset: Dataset
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def split(self, split: Split) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return pixels and labels of one split, as views: nothing is copied."""
        span = self.dataset.span(split)
        return self.pixels[span], self.labels[span]


def decode_dataset(
    dataset: Dataset,
    spec: ImageSpec,
    *,
    max_unreadable: int | None = None,
    progress: Progress = SILENT,
) -> DecodedDataset:
    """Return the data set with every picture preprocessed, decoding on all cores.

    Pictures that turn out to be damaged are moved to `dataset.skipped`.

    Raises:
        DataError: more files are unusable than `max_unreadable` allows.
    """
    count = len(dataset.examples)
    pixels = np.empty((count, *spec.shape), np.uint8)

    def decode_one(item: tuple[int, Example]) -> Skipped | None:
        position, example = item
        try:
            pixels[position] = preprocess(example.path, spec)
        except DataError as error:
            return Skipped(example.path, str(error))
        return None

    damaged = []
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        progress.task("Decoding", total=count) as task,
    ):
        for result in pool.map(decode_one, enumerate(dataset.examples)):
            task.advance()
            if result is not None:
                damaged.append(result)
    if damaged:
        total = count + len(dataset.skipped)
        lost = {item.path for item in damaged}
        keep = [example.path not in lost for example in dataset.examples]
        pixels, dataset = pixels[keep], dataset.without(damaged)
        check_skipped(dataset.skipped, total=total, limit=max_unreadable, root=dataset.root)
    labels = np.array([example.label for example in dataset.examples], np.int64)
    return DecodedDataset(dataset, pixels, labels)
