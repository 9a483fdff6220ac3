"""Write the bundle that freezes a format version. Run once per version, never again.

python tests/golden/freeze_bundle.py 2 tests/golden/bundle-v2
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from kerasport.bundle.metadata import Preprocessing
from kerasport.exporter import export
from kerasport.models import import_keras


def main(version: int, out: Path) -> None:
    if out.exists():
        sys.exit(f"{out} exists: a frozen bundle never changes.")
    {1: one_class, 2: several_labels}[version](out)


def one_class(out: Path) -> None:
    """Version 1: one class of three."""
    keras = import_keras()
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 10, 3), name="pixels"),
            layers.Rescaling(1 / 127.5, offset=-1, name="rescaling"),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv"),
            layers.DepthwiseConv2D(3, strides=2, name="depthwise"),
            layers.BatchNormalization(name="normalization"),
            layers.ReLU(6.0, name="relu"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(name="flatten"),
            layers.Dense(3, name="logits"),
        ],
        name="frozen",
    )
    randomize(model.get_layer("normalization"))
    export(
        model,
        out,
        class_names=["red", "<b>green</b>", "bl\u00fce"],
        name="frozen",
        preprocessing=Preprocessing(fit="pad", resample="bicubic", background=(10, 20, 30)),
    )


def several_labels(out: Path) -> None:
    """Version 2: each of four labels holds or not."""
    keras = import_keras()
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((11, 14, 3), name="pixels"),
            layers.Rescaling(1 / 127.5, offset=-1, name="rescaling"),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="conv"),
            layers.BatchNormalization(name="normalization"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(name="flatten"),
            layers.Dense(4, activation="sigmoid", name="labels"),
        ],
        name="frozen labels",
    )
    randomize(model.get_layer("normalization"))
    export(
        model,
        out,
        class_names=["red", "<b>green</b>", "bl\u00fce", "a, b|c"],
        name="frozen labels",
        preprocessing=Preprocessing(fit="crop", resample="lanczos", background=(10, 20, 30)),
        output_kind="labels",
        # None of these is a float32.
        thresholds=(0.3, 0.23, 0.7, 0.56),
    )


def randomize(normalization: Any) -> None:
    """Give the layer statistics that are no identity."""
    generator = np.random.default_rng(2)
    normalization.set_weights(
        [generator.uniform(0.5, 1.5, weight.shape) for weight in normalization.get_weights()]
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
