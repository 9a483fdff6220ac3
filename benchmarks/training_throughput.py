"""Train the network of the recipe cifar10, by kerasport and by a plain Keras script.

    python benchmarks/training_throughput.py --data path/to/cifar10

The plain script is what Keras' own guides show: `image_dataset_from_directory` with `cache` and
`prefetch`, and `fit`. Both ways train the same network on the same number of pictures with the same
batch size and optimizer, and validate after each epoch. They take turns, each in a process of its
own. The first epoch holds the decoding of the files and the tracing of the graph, the others show
the pace. On a machine that is busy otherwise, compare the processor times. Without --data, random
pictures are written to a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

WAYS = ("kerasport", "plain Keras")
BATCH = 64
SHARE = 0.05


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with train/ and class folders in it")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=6000, help="random ones, without --data")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    return parser.parse_args()


def by_kerasport(data: Path, epochs: int) -> dict[str, Any]:
    """Return the seconds of each epoch, the reading and decoding in the first."""
    from kerasport import models
    from kerasport.dataset import PixelCache, ReadOptions, decode_dataset, read_data
    from kerasport.preprocess import ImageSpec
    from kerasport.progress import SILENT
    from kerasport.recipes import get_recipe
    from kerasport.training import TrainingOptions
    from kerasport.training.choices import decide_open_choices
    from kerasport.training.fitting import fit

    models.import_keras()
    recipe = TrainingOptions(epochs=epochs).apply(get_recipe("cifar10"))
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        reading = ReadOptions(test_share=0.0, validation_share=SHARE)
        dataset = read_data(data / "train", options=reading)
        spec = ImageSpec(height=32, width=32)
        decoded = decode_dataset(dataset, spec, cache=PixelCache(Path(cache)))
        model = models.build(
            "paired_cnn", input_shape=(32, 32, 3), num_classes=len(dataset.class_names), seed=1
        )
        before = time.perf_counter() - start
        settled, _ = decide_open_choices(recipe, dataset, cache=None)
        history = fit(model, decoded, settled, progress=SILENT)
    pictures = len(decoded.split("train")[0])
    return {"seconds": _from_the_start(before, history.seconds), "pictures": pictures}


def by_keras(data: Path, epochs: int) -> dict[str, Any]:
    """Return the seconds of each epoch of the script, the listing of the files in the first."""
    from kerasport import models

    keras = models.import_keras()
    import tensorflow as tf

    start = time.perf_counter()
    train, validation = keras.utils.image_dataset_from_directory(
        data / "train",
        image_size=(32, 32),
        batch_size=BATCH,
        validation_split=SHARE,
        subset="both",
        seed=1,
        verbose=False,
    )
    train = train.cache().prefetch(tf.data.AUTOTUNE)
    validation = validation.cache().prefetch(tf.data.AUTOTUNE)
    model = models.build("paired_cnn", input_shape=(32, 32, 3), num_classes=10, seed=1)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    seconds: list[float] = []

    class Clock(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            self._start = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            seconds.append(time.perf_counter() - self._start)

    before = time.perf_counter() - start
    model.fit(train, validation_data=validation, epochs=epochs, verbose=0, callbacks=[Clock()])
    files = sum(1 for path in (data / "train").rglob("*") if path.is_file())
    pictures = files - int(files * SHARE)
    return {"seconds": _from_the_start(before, seconds), "pictures": pictures}


def _from_the_start(before: float, seconds: Any) -> list[float]:
    first, *others = seconds
    return [before + first, *others]


def write_random(folder: Path, pictures: int) -> None:
    """Write random pictures into ten class folders of `folder/train`."""
    generator = np.random.default_rng(0)
    for index in range(pictures):
        path = folder / "train" / f"class{index % 10}" / f"{index}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (32, 32, 3), np.uint8)).save(path)


def main() -> None:
    """Run both ways in turn and print a table."""
    options = arguments()
    if options.way:
        run = by_kerasport if options.way == WAYS[0] else by_keras
        result = run(options.data, options.epochs)
        print(json.dumps({**result, "processor": time.process_time()}))
        return
    with tempfile.TemporaryDirectory() as temporary:
        data = options.data
        if data is None:
            data = Path(temporary)
            write_random(data, options.pictures)
        found: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        for _ in range(options.rounds):
            for way in WAYS:
                command = [sys.executable, __file__, "--data", str(data)]
                command += ["--epochs", str(options.epochs), "--way", way]
                output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                found[way].append(json.loads(output.stdout.splitlines()[-1]))
    print("| way | first epoch, s | later epochs, s (median) | pictures/s | processor, s |")
    print("|---|---|---|---|---|")
    for way, results in found.items():
        first = statistics.median(result["seconds"][0] for result in results)
        later = statistics.median(s for result in results for s in result["seconds"][1:])
        rate = results[0]["pictures"] / later
        processor = statistics.median(result["processor"] for result in results)
        print(f"| {way} | {first:.1f} | {later:.1f} | {rate:,.0f} | {processor:.1f} |")


if __name__ == "__main__":
    main()
