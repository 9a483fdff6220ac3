"""Where the time of reading pictures for the first time goes, step by step.

    .venv/bin/python benchmarks/first_pass.py FOLDER [--size 224] [--pictures 500]

Each step is done for all pictures by one thread, with what the step before it gave, the steps of
both sides by turns; the lowest of some rounds counts. CPU time, so that other load on the machine
matters less. A whole pass, with threads, is measured by `dataset_throughput.py`.
"""

from __future__ import annotations

import argparse
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from kerasport.dataset.contents import read_content
from kerasport.dataset.identity import content_of
from kerasport.pictures import read_picture_file
from kerasport.preprocess import ImageSpec, decode, fast_resize, kept_blocks, preprocess
from kerasport.preprocess.kernel import has_kernel
from kerasport.preprocess.resample import FILTERS, resize

ROUNDS = 5
TITLES = ("what is done", "ms a picture")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    files = sorted(path for path in options.folder.rglob("*") if path.is_file())
    files = files[:: max(1, len(files) // options.pictures)]
    lowest: dict[str, float] = {}
    with kept_blocks():
        steps = steps_of(files, options.size)
        for _ in range(ROUNDS):
            for name, (function, items) in steps.items():
                started = time.process_time()
                for item in items:
                    function(item)
                took = (time.process_time() - started) / len(items)
                lowest[name] = min(took, lowest.get(name, took))
    print(f"{len(files)} pictures, to {options.size}x{options.size}; kernel: {has_kernel()}")
    print(f"| {' | '.join(TITLES)} |\n|---|---:|")
    for name, seconds in lowest.items():
        print(f"| {name} | {seconds * 1e3:.3f} |")


def steps_of(files: list[Path], size: int) -> dict[str, tuple[Callable[[Any], Any], list[Any]]]:
    """Return what is measured, and on what: each step by its name."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    spec, side, bilinear = ImageSpec(size, size), (size, size), FILTERS["bilinear"]
    contents = [path.read_bytes() for path in files]
    # Pictures of 12 megapixels fill the memory: each step makes its own of a few.
    few = contents[: max(1, (1 << 29) // max(decode(contents[0]).size[0] ** 2 * 7, 1))]
    images = [decode(content).convert("RGB") for content in few]
    tensors = [tf.constant(np.asarray(image)) for image in images]
    pixels = [preprocess(content, spec) for content in few]
    return {
        "read": (read_content, files),
        "SHA-256": (content_of, contents),
        "check the structure": (read_picture_file, contents),
        "decode, with the check": (decode, contents),
        "resize, Pillow": (lambda each: np.asarray(resize(each, side, bilinear)), images),
        "resize, kernel or Pillow": (lambda each: fast_resize(each, side, bilinear), images),
        "CRC-32": (lambda each: zlib.crc32(each.data), pixels),
        "all of preprocessing": (
            lambda each: preprocess(each, spec, resize=fast_resize),
            contents,
        ),
        "Keras: decode": (
            lambda each: tf.io.decode_image(each, channels=3, expand_animations=False),
            contents,
        ),
        "Keras: resize": (lambda each: tf.image.resize(each, side), tensors),
    }


if __name__ == "__main__":
    main()
