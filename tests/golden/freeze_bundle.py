"""Write the bundle that freezes a format version. Run once per version, never again.

python tests/golden/freeze_bundle.py tests/golden/bundle-v1
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from kerasport.bundle.metadata import Preprocessing
from kerasport.exporter import export
from kerasport.models import import_keras


def main(out: Path) -> None:
    if out.exists():
        sys.exit(f"{out} exists: a frozen bundle never changes.")
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
    generator = np.random.default_rng(2)
    normalization = model.get_layer("normalization")
    normalization.set_weights(
        [generator.uniform(0.5, 1.5, weight.shape) for weight in normalization.get_weights()]
    )
    export(
        model,
        out,
        class_names=["red", "<b>green</b>", "bl\u00fce"],
        name="frozen",
        preprocessing=Preprocessing(fit="pad", resample="bicubic", background=(10, 20, 30)),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
