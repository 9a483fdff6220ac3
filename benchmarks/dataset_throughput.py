"""Pictures per second into training: kerasport's cache against Keras' own folder reader.

    .venv/bin/python benchmarks/dataset_throughput.py [FOLDER]

FOLDER holds one folder per class. Without it, 600 synthetic JPEG photos are made in a temporary
folder. Both sides deliver every picture once in shuffled float32 batches of 32:

* first pass: from the folder, nothing prepared; kerasport also hashes the files, resizes with
  antialiasing and writes its cache, `keras.utils.image_dataset_from_directory` does none of it;
* later passes: the next epochs of the same training;
* next run: a new training on the same pictures, from the folder.

The rounds alternate, so that other load on the machine meets both; the medians are compared. The
files are read once before, so that neither side waits for the disk. CPU time is that of the
process, in all its threads.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from kerasport.dataset import DecodedDataset, PixelCache, decode_dataset, read_data
from kerasport.models import import_keras
from kerasport.preprocess import ImageSpec
from kerasport.training.fitting.batches import batches

SIZES = (224, 128)
ROUNDS = 5
BATCH = 32
PASSES = ("first pass", "later passes", "next run")

Measured = tuple[float, float]
"""Wall seconds and CPU seconds."""


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="one folder per class")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or synthetic(Path(temporary, "photos"))
        keras = import_keras()
        files = [path for path in folder.rglob("*") if path.is_file()]
        total = sum(len(path.read_bytes()) for path in files)
        print(f"{len(files):,} files, {total / 1e6:.0f} MB, {os.cpu_count()} cores, {folder}")
        for size in SIZES:
            rounds = []
            for number in range(ROUNDS + 1):
                peer = measure_keras(keras, folder, size)
                ours = measure_kerasport(folder, size, Path(temporary, f"{size}-{number}"))
                # The first round loads libraries and compiles.
                if number:
                    rounds.append((peer, ours))
            report(size, len(files), rounds)


def synthetic(root: Path, count: int = 600) -> Path:
    """Write photo-like JPEGs of usual sizes: smooth shapes with some noise."""
    print(f"No folder given: {count} synthetic JPEG photos are made in a temporary folder.")
    generator = np.random.default_rng(0)
    for number in range(count):
        size = ((640, 480), (480, 640), (500, 333), (320, 240))[number % 4]
        coarse = generator.integers(0, 256, (12, 16, 3), np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
        noisy = smooth + generator.normal(0, 6, smooth.shape)
        path = root / f"class{number % 5}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=88)
    return root


def timed(function: Callable[[], Any]) -> tuple[Any, Measured]:
    """Return the result and what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function()
    return result, (time.perf_counter() - wall, time.process_time() - cpu)


def count(batches: Iterable[Any]) -> int:
    """Take every batch once."""
    return sum(len(pixels) for pixels, _ in batches)


def measure_keras(keras: Any, folder: Path, size: int) -> dict[str, Measured]:
    """Return what each kind of pass takes with `image_dataset_from_directory`."""

    def first() -> Any:
        dataset = keras.utils.image_dataset_from_directory(
            folder, image_size=(size, size), verbose=False
        )
        count(dataset)
        return dataset

    dataset, opening = timed(first)
    _, later = timed(lambda: count(dataset))
    _, again = timed(first)
    return dict(zip(PASSES, (opening, later, again), strict=True))


def measure_kerasport(folder: Path, size: int, cache: Path) -> dict[str, Measured]:
    """Return what each kind of pass takes through the cache, which is empty at first."""

    def first() -> Any:
        decoded = decode_dataset(read_data(folder), ImageSpec(size, size), cache=PixelCache(cache))
        data = in_batches(decoded)
        count(data[index] for index in range(len(data)))
        return data

    data, opening = timed(first)
    data.on_epoch_end()
    _, later = timed(lambda: count(data[index] for index in range(len(data))))
    _, again = timed(first)
    return dict(zip(PASSES, (opening, later, again), strict=True))


def in_batches(decoded: DecodedDataset) -> Any:
    """Return what `fit` trains on."""
    return batches([decoded.pixels], decoded.labels, batch_size=BATCH, seed=1)


def report(size: int, files: int, rounds: list[tuple[dict[str, Measured], ...]]) -> None:
    """Print one table: medians of the rounds, and ratios."""
    table = Table(title=f"{size}x{size}, median of {len(rounds)} rounds", title_justify="left")
    table.add_column("")
    for title in ("Keras /s", "kerasport /s", "ratio", "lowest", "highest"):
        table.add_column(title, justify="right")
    for title in ("Keras CPU ms", "kerasport CPU ms"):
        table.add_column(title, justify="right")
    for name in PASSES:
        peers, ours = ([item[side][name] for item in rounds] for side in (0, 1))
        ratios = [peer[0] / own[0] for peer, own in zip(peers, ours, strict=True)]
        speeds = [files / statistics.median(wall for wall, _ in part) for part in (peers, ours)]
        works = [statistics.median(cpu for _, cpu in part) / files for part in (peers, ours)]
        table.add_row(
            name,
            *(f"{speed:,.0f}" for speed in speeds),
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f}",
            f"{max(ratios):.2f}",
            *(f"{work * 1e3:.2f}" for work in works),
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
