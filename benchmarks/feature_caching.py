"""Train a head on a frozen backbone, with features computed once and the plain way.

    python benchmarks/feature_caching.py --data path/to/flowers --weights path/to/no_top.h5

Both ways: the same pictures from the same cache, the same network, optimizer, learning rate, order
of batches and number of epochs, no random changes, validation after each epoch. The plain way runs
Keras' `fit` on the whole model, whose backbone is frozen; the other computes the features of all
pictures once and trains the head on them. They take turns, each in a process of its own. Without
--weights the backbone is random: times are right, accuracies mean nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

WAYS = ("plain", "features once")


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of class folders; else random pictures")
    parser.add_argument("--weights", default="none", help="backbone weights without top")
    parser.add_argument("--width", type=float, default=0.35, help="alpha of MobileNetV2")
    parser.add_argument("--side", type=int, default=224, help="input size in pixels")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Train in one way; return seconds and the accuracies of the best epoch."""
    import numpy as np

    from kerasport import models
    from kerasport.dataset import (
        Dataset,
        DecodedDataset,
        Example,
        PixelCache,
        Split,
        decode_dataset,
        read_data,
    )
    from kerasport.models import Augmentation
    from kerasport.preprocess import ImageSpec
    from kerasport.progress import SILENT
    from kerasport.recipes import get_recipe
    from kerasport.training import TrainingOptions
    from kerasport.training.choices import decide_open_choices
    from kerasport.training.fitting import fit

    side = options.side
    chosen = TrainingOptions(
        weights=options.weights,
        width=options.width,
        image_size=(side, side),
        epochs=options.epochs,
        patience=options.epochs,
        batch_size=32,
        augment=False,
        tensorboard=False,
        # The plain way is the one that `fit` takes when the backbone is not frozen as a whole.
        unfrozen_layers=1 if options.way == "plain" else 0,
    )
    recipe = chosen.apply(get_recipe("transfer"))
    if options.data:
        dataset = read_data(options.data, options=chosen.read_options(recipe))
        spec = ImageSpec(height=side, width=side)
        decoded = decode_dataset(dataset, spec, cache=PixelCache.find())
    else:
        splits: list[Split] = ["train"] * 256 + ["validation"] * 64
        examples = tuple(
            Example(Path(f"{index}"), index % 5, f"{index:064x}", split)
            for index, split in enumerate(splits)
        )
        pixels = np.random.default_rng(0).integers(0, 256, (320, side, side, 3), np.uint8)
        labels = np.arange(320) % 5
        decoded = DecodedDataset(Dataset(Path(), tuple("abcde"), examples), pixels, labels)
    assert recipe.transfer is not None
    model = models.build_transfer(
        replace(recipe.transfer, unfrozen_layers=0),
        input_shape=(side, side, 3),
        num_classes=len(decoded.dataset.class_names),
        augmentation=Augmentation(),
        seed=recipe.seed,
    )
    settled, _ = decide_open_choices(recipe, decoded.dataset, cache=None)
    start = time.perf_counter()
    history = fit(model, decoded, settled, progress=SILENT)
    return {
        "seconds": time.perf_counter() - start,
        "validation accuracy": history.validation_accuracy or 0.0,
    }


def main() -> None:
    """Run both ways in turn and print a table."""
    options = arguments()
    if options.way:
        print(json.dumps(measure(options)))
        return
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way in WAYS:
            command = [sys.executable, __file__, *sys.argv[1:], "--way", way]
            output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            found[way].append(json.loads(output.splitlines()[-1]))
    print("| way | seconds | validation accuracy |\n|---|---|---|")
    times = {way: min(result["seconds"] for result in results) for way, results in found.items()}
    for way, results in found.items():
        print(f"| {way} | {times[way]:.1f} | {results[0]['validation accuracy']:.2%} |")
    print(f"\n{times['plain'] / times['features once']:.1f} times faster, {options.epochs} epochs")


if __name__ == "__main__":
    main()
