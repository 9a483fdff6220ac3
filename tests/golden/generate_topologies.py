"""Write `topologies.json`: graphs of layers as the exporter writes them, to be damaged by tests.

Run by `make golden`. One model a line: its `modelTopology`, and the shapes of its weights.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support import zoo

from kerasport.exporter import export
from kerasport.models import import_keras

FILE = Path(__file__).parent / "topologies.json"

NAMES = (
    *("conv-dilated", "conv-same-stride", "depthwise-dilated", "depthwise-stride", "separable"),
    *("transposed-output-padding", "transposed-valid", "average-pooling", "max-pooling"),
    *("zero-padding", "cropping", "upsampling-bilinear", "channels-first", "sums-in-pieces"),
    *("group-normalization", "layer-normalization-axes", "batch-normalization", "prelu"),
    *("relu-slope-max", "softmax-axis", "activation-layer-hard_silu", "activation-squareplus"),
    *("merge-concatenate", "merge-average", "merge-multiply", "operation-split", "operation-tile"),
    *("operation-pad-infinity", "operation-maximum-number", "operation-minimum-number"),
    *("attention-self", "dot", "composite", "residual", "sigmoid-output", "relu-threshold"),
)
"""Of the zoo: every layer, and most neighbors of layers."""


def blocks(keras: Any) -> Any:
    """What the engine computes in one run: borders, gates, blocks, sums and long concatenations."""
    layers = keras.layers
    x = given = keras.Input(zoo.INPUT_SHAPE)
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.ZeroPadding2D(((0, 1), (1, 1)))(x)
    x = layers.Conv2D(8, 3, strides=2, activation="hard_silu")(x)
    for _ in range(2):
        y = layers.Conv2D(24, 1, activation="relu6")(x)
        y = layers.DepthwiseConv2D(3, padding="same", activation="gelu")(y)
        x = layers.Add()([x, layers.Conv2D(8, 1)(y)])
    for _ in range(3):
        y = layers.Conv2D(4, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(x)))
        x = layers.Concatenate()([x, y])
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Multiply()([x, layers.Conv2D(20, 1, activation="sigmoid")(gate)])
    x = layers.Add()([x, layers.Conv2D(20, 3, padding="same")(x)])
    x = layers.GlobalAveragePooling2D()(layers.ReLU(6.0)(x))
    return keras.Model(given, layers.Dense(4, activation="softmax")(x))


def exported(model: Any, folder: Path) -> dict[str, Any]:
    export(model, folder, class_names=zoo.CLASS_NAMES)
    document = json.loads((folder / "model.json").read_text("utf-8"))
    weights = [weight for group in document["weightsManifest"] for weight in group["weights"]]
    return {
        "topology": document["modelTopology"],
        "weights": {weight["name"]: weight["shape"] for weight in weights},
    }


def main() -> None:
    keras = import_keras()
    models = {name: zoo.build(name, keras) for name in NAMES}
    keras.utils.set_random_seed(1)
    models["blocks"] = blocks(keras)
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            f"{json.dumps(name)}: {json.dumps(exported(model, Path(folder, name)), sort_keys=True)}"
            for name, model in models.items()
        ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
