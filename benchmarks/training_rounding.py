"""Why trainings on one device and on two part: by rounding alone, which float64 shows.

    .venv/bin/python benchmarks/training_rounding.py
    .venv/bin/python benchmarks/training_rounding.py --data path/to/cifar10/train --steps 32

The network of the recipe `cifar10`, with its dropout and random changes, is trained on JAX on one
device and on two, with Adam and with plain gradient descent, in float32 and in float64. What is
told is the largest difference of a weight, after the first step and after the last. Were it
anything but the order of sums, another number or other pictures, more digits would not make it
smaller. Plain gradient descent changes a weight by the rate times its gradient, so the difference
after the first step, divided by the rate, is that of the gradients. Adam divides each gradient by
its own size: where that is no more than the rounding, the step is the rate to one side or another.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

BATCH, CLASSES = 64, 10
RATES = {"adam": 1e-3, "sgd": 1e-2}


def main() -> None:
    """Print a row for each optimizer and type."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="class folders of 32 x 32; noise without it")
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        train(**json.loads(options.one))
        return
    print(f"| optimizer | type | after 1 step | after {options.steps} |\n|---|---|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        pixels, labels = pictures(options.data, options.steps * BATCH)
        np.savez(Path(folder, "data.npz"), pixels=pixels, labels=labels)
        for optimizer in RATES:
            for kind in ("float32", "float64"):
                files = [str(Path(folder, f"{devices}.npz")) for devices in (1, 2)]
                for devices, file in enumerate(files, start=1):
                    asked = {"optimizer": optimizer, "kind": kind, "devices": devices}
                    asked |= {"data": str(Path(folder, "data.npz")), "out": file}
                    subprocess.run(
                        [sys.executable, __file__, "--one", json.dumps(asked)], check=True
                    )
                apart = {"first": 0.0, "last": 0.0}
                with np.load(files[0]) as one, np.load(files[1]) as two:
                    for name in one:
                        when = name.partition(" ")[0]
                        largest = float(np.abs(one[name] - two[name]).max())
                        apart[when] = max(apart[when], largest)
                first, last = apart.values()
                print(f"| {optimizer} | {kind} | {first:.1e} | {last:.1e} |", flush=True)


def pictures(data: Path | None, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels, uint8 `[count, 32, 32, 3]`, and their classes, in turn."""
    labels = np.arange(count) % CLASSES
    if data is None:
        noise = np.random.default_rng(1).integers(0, 256, (count, 32, 32, 3), np.uint8)
        return noise, labels
    folders = sorted(path for path in data.iterdir() if path.is_dir())[:CLASSES]
    files = [sorted(folder.iterdir()) for folder in folders]
    rows = [files[label][place // CLASSES] for place, label in enumerate(labels)]
    return np.stack([np.asarray(Image.open(row).convert("RGB")) for row in rows]), labels


def train(optimizer: str, kind: str, devices: int, data: str, out: str) -> None:
    """Train, first a step and then the others; write the weights after both."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    chosen = {"KERAS_BACKEND": "jax", "XLA_FLAGS": flags, "JAX_ENABLE_X64": "1"}
    os.environ.update(chosen)
    from kerasport import models
    from kerasport.models import Augmentation
    from kerasport.training.fitting.batches import batches
    from kerasport.training.processes import World, add_up_at_once, world

    keras = models.import_keras()
    keras.config.set_floatx(kind)
    dense = keras.layers.Dense
    # The last layer would have float32 whatever the others have.
    keras.layers.Dense = lambda *given, **options: dense(*given, **{**options, "dtype": kind})
    distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
    with distribution.scope() if devices > 1 else contextlib.nullcontext():
        model = models.build(
            "paired_cnn",
            input_shape=(32, 32, 3),
            num_classes=CLASSES,
            augmentation=Augmentation(flip=True),
            seed=1,
        )
        rate = RATES[optimizer]
        kinds = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
        model.compile(kinds[optimizer](rate), "sparse_categorical_crossentropy")
        model.jit_compile = True
        if devices > 1:
            # As processes add up, each of which has one device.
            world._worlds.append(World(0, devices))
            add_up_at_once(model)
        with np.load(data) as file:
            pixels, labels = file["pixels"], file["labels"]
        weights = {}
        for when, part in (("first", slice(BATCH)), ("last", slice(BATCH, None))):
            fed = batches([pixels[part]], labels[part], batch_size=BATCH, seed=1)
            model.fit(fed, epochs=1, shuffle=False, verbose=0)
            for number, values in enumerate(model.get_weights()):
                weights[f"{when} {number}"] = values
        np.savez(out, **weights)


if __name__ == "__main__":
    main()
