"""From examples to pixels and labels, through the one preprocessing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset.cache import CACHE_VARIABLE, PixelCache
from kerasport.dataset.dataset import Dataset, Skipped, Split
from kerasport.dataset.parallel import decode_example, in_parallel
from kerasport.dataset.requirements import require_readable
from kerasport.dataset.rows import Pixels, part_of
from kerasport.preprocess import ImageSpec
from kerasport.progress import SILENT, Progress

__all__ = ["DecodedDataset", "decode_dataset"]


@dataclass(frozen=True)
class DecodedDataset:
    """A data set with its pixels.

    `pixels` is uint8 `[n, height, width, channels]` in 0..255 and `labels` int64 `[n]`, both in
    the order of `dataset.examples`. Where a picture may have several labels, they are uint8
    `[n, labels]`, 1 for each that it has. Pixels from a cache stay on disk until they are indexed.
    """

    dataset: Dataset
    pixels: Pixels
    labels: NDArray[Any]

    def split(self, split: Split) -> tuple[Pixels, NDArray[Any]]:
        """Return pixels and labels of one split, as views: nothing is copied."""
        span = self.dataset.span(split)
        return part_of(self.pixels, span), self.labels[span]


def decode_dataset(
    dataset: Dataset,
    spec: ImageSpec,
    *,
    max_unreadable: int | None = None,
    cache: PixelCache | None = None,
    progress: Progress = SILENT,
) -> DecodedDataset:
    """Return the data set with every picture preprocessed, decoding on all cores.

    Pictures that turn out to be damaged are moved to `dataset.skipped`.

    Args:
        dataset: the pictures.
        spec: what the model's input looks like.
        max_unreadable: files that may be left out, see `ReadOptions`.
        cache: where preprocessed pictures are kept; None, or one that cannot be written, keeps
            all of them in memory.
        progress: told what is done.

    Raises:
        DataError: more files are unusable than `max_unreadable` allows.
    """
    total = len(dataset.examples) + len(dataset.skipped)
    pixels, damaged = _pixels(dataset, spec, cache=cache, progress=progress)
    if damaged:
        dataset = dataset.without(damaged)
        require_readable(dataset.skipped, total=total, limit=max_unreadable, root=dataset.root)
    return DecodedDataset(dataset, pixels, _truth(dataset))


def _truth(dataset: Dataset) -> NDArray[Any]:
    if dataset.kind == "probabilities":
        return np.array([example.label for example in dataset.examples], np.int64)
    shown = np.zeros((len(dataset.examples), len(dataset.class_names)), np.uint8)
    for row, example in zip(shown, dataset.examples, strict=True):
        row[list(example.labels)] = 1
    return shown


def _pixels(
    dataset: Dataset, spec: ImageSpec, *, cache: PixelCache | None, progress: Progress
) -> tuple[Pixels, list[Skipped]]:
    if cache is not None:
        try:
            return cache.load(dataset.examples, spec, progress=progress)
        except OSError as error:
            progress.warn(
                f"The cache '{cache.root}' cannot be used ({error}). The pictures are decoded "
                f"into memory instead. Name another folder with --cache or {CACHE_VARIABLE}."
            )
    return _in_memory(dataset, spec, progress=progress)


def _in_memory(
    dataset: Dataset, spec: ImageSpec, *, progress: Progress
) -> tuple[NDArray[np.uint8], list[Skipped]]:
    examples = dataset.examples
    # As they lie, not split by split: what holds many is opened once.
    order = sorted(range(len(examples)), key=lambda at: examples[at].path.as_posix())
    pixels = np.empty((len(examples), *spec.shape), np.uint8)
    reasons: dict[int, str] = {}
    results = in_parallel(lambda at: decode_example(examples[at], spec), order)
    remaining = iter(order)
    with progress.task("Decoding", total=len(examples)) as task:
        for part in results:
            # In this order, zip takes no number too many when the part is used up.
            for decoded, at in zip(part, remaining, strict=False):
                if decoded.pixels is None:
                    reasons[at] = decoded.reason
                else:
                    pixels[at] = decoded.pixels
            task.advance(len(part))
    kept = [at for at in range(len(examples)) if at not in reasons]
    if reasons:
        # In place: a second array may not fit.
        for row, at in enumerate(kept):
            pixels[row] = pixels[at]
    damaged = [Skipped(examples[at].path, reasons[at]) for at in sorted(reasons)]
    return pixels[: len(kept)], damaged
