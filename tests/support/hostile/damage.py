"""Whole models, and changes of them by a seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from support.hostile.configurations import (
    called,
    classifier,
    dense,
    functional,
    layer,
    legacy,
    source,
    tensor,
)
from support.hostile.containers import layers_model
from support.hostile.corpus import Json, Place


def valid_models() -> list[Json]:
    """Models that are read as they are, for `mutated`: as Keras 3 writes them, and as Keras 2."""
    modern = classifier(
        layer("Conv2D", "conv", filters=3, kernel_size=[2, 2], strides=[1, 1], padding="same",
              data_format="channels_last", dilation_rate=[1, 1], groups=1, activation="relu",
              use_bias=False, dtype={"module": "keras", "class_name": "DTypePolicy",
                                     "config": {"name": "float32"}, "registered_name": None}),
        layer("ZeroPadding2D", "frame", padding=[[1, 0], [0, 1]], data_format="channels_last"),
        layer("MaxPooling2D", "pool", pool_size=[2, 2], strides=[1, 1], padding="valid",
              data_format="channels_last"),
        layer("Dropout", "dropout", rate=0.5, seed=3, noise_shape=None),
        layer("ReLU", "relu", max_value=6.0, negative_slope=0.0, threshold=0.0),
    )  # fmt: skip
    operation = {**layer("Add", "sum"), "module": "keras.src.ops.numpy"}
    graph = functional(
        called(source()),
        called(layer("Rescaling", "rescaling", scale=0.1, offset=0.0), [tensor("pixels")]),
        called(operation, [tensor("rescaling"), 1.5]),
        called(layer("Flatten", "flatten", data_format="channels_last"), [tensor("sum")]),
        called(dense(), [tensor("flatten")]),
        output="dense",
    )
    return [modern, legacy(modern), graph]


def write_valid(place: Place, config: Json) -> Path:
    """Write a configuration as a layers model with the weights of `valid_models`."""
    weights = [
        {"name": "conv/kernel", "shape": [2, 2, 3, 3], "dtype": "float32"},
        {"name": "dense/kernel", "shape": [48, 2], "dtype": "float32"},
        {"name": "dense/bias", "shape": [2], "dtype": "float32"},
    ]
    weights = [each for each in weights if f'"{each["name"].split("/")[0]}"' in json.dumps(config)]
    sizes = sum(int(np.prod(each["shape"])) for each in weights)
    path = layers_model(place, config, weights=weights)
    (place.folder / "weights.bin").write_bytes(np.linspace(-1, 1, sizes, dtype="<f4").tobytes())
    if "module" in config:
        text = path.read_text().replace('"keras_version": "2.15.0"', '"keras_version": "3.15.1"')
        path.write_text(text)
    return path


OTHER_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 3, 2**31, 2**70, 0.5, -1e308, 1e400),
    *("", "Lambda", "relu", "é\0", [], [1], [1, 2, 3], [[1, 2], [3, 4]], {}, {"a": 1}),
    *({"class_name": "Dense"}, {"class_name": "Lambda", "config": {}}, {"class_name": None}),
]


def mutated(config: Json, seed: int) -> Json:
    """Return a configuration with one to three of its values replaced, dropped or doubled."""
    generator = np.random.default_rng(seed)
    changed: Json = json.loads(json.dumps(config))
    for _ in range(int(generator.integers(1, 4))):
        holders = list(_holders(changed))
        holder = holders[int(generator.integers(len(holders)))]
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key: Any = keys[int(generator.integers(len(keys)))]
        kind = generator.integers(4)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, list):
            holder.append(holder[key])
        elif kind == 2 and isinstance(holder[key], (int, float)):
            holder[key] = holder[key] * int(generator.choice([-1, 0, 2, 1000]))
        else:
            holder[key] = OTHER_VALUES[int(generator.integers(len(OTHER_VALUES)))]
    return changed


def _holders(value: Any) -> Any:
    """Yield every list and object inside a value that is not empty."""
    if isinstance(value, (dict, list)):
        if value:
            yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _holders(each)
