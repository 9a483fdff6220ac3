"""How far Keras in float32 and the client's engine are from float64, on many pictures.

    python benchmarks/engine_rounding.py
    python benchmarks/engine_rounding.py EfficientNetV2M --pictures 24

Architectures of keras.applications with random weights (see keras_applications.py) answer drawn
pictures. `Keras` is the original in float32; `numpy` the exported files in the independent runtime;
`plain sums` the engine without Winograd's way, `engine` with the tiles that the export chose. The
engine is the one of Python, whose answers have the bits of the plain binary in browsers. Largest
difference and root mean square, over all pictures and classes: of the largest ones of few pictures
one may be three times the other by chance.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from keras_applications import SELECTION
from numpy.typing import NDArray
from PIL import Image
from support.applications import ARCHITECTURES, CLASS_NAMES, build

from kerasport.engine import Engine
from kerasport.exporter import export
from kerasport.models import import_keras, probabilities
from kerasport.runtime import Runtime


def draw(count: int, side: int) -> NDArray[np.uint8]:
    """Return uint8 `[count, side, side, 3]`: noise of all sizes."""
    generator = np.random.default_rng(5)
    pictures = np.zeros((count, side, side, 3))
    for picture in pictures:
        for cells in (2, 5, 12, side):
            noise = generator.integers(0, 256, (cells, cells, 3), np.uint8)
            large = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
            picture += np.asarray(large) / 4
    return np.clip(pictures * 1.6 - 80, 0, 255).astype(np.uint8)


def differences(name: str, count: int) -> dict[str, NDArray[Any]]:
    """Return the differences from float64, `[count, classes]`, of everyone who answers."""
    keras = import_keras()
    model = build(name, keras)
    pixels = draw(count, ARCHITECTURES[name])
    answers = {"Keras": probabilities(model, pixels)}
    with tempfile.TemporaryDirectory() as temporary:
        bundle = export(model, Path(temporary) / name, class_names=CLASS_NAMES)
        del model
        keras.backend.clear_session()
        topology, weights = bundle.model()["modelTopology"], bundle.weights()
        shape, winograd = bundle.metadata.input_shape, bundle.metadata.winograd
    exact = Runtime.of(topology, weights, shape, np.float64).predict(pixels)
    answers["numpy"] = Runtime.of(topology, weights, shape).predict(pixels)
    answers["plain sums"] = Engine.of(topology, weights).predict(pixels)
    tiles = winograd.tiles if winograd else {}
    answers["engine"] = Engine.of(topology, weights, tiles).predict(pixels)
    return {who: answer - exact for who, answer in answers.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="architectures, by their name in Keras")
    parser.add_argument("--pictures", type=int, default=24)
    options = parser.parse_args()
    print("| model | who | largest | root mean square | : Keras |\n|---|---|---|---|---|")
    for name in options.names or SELECTION:
        found = differences(name, options.pictures)
        of_keras = np.sqrt((found["Keras"] ** 2).mean())
        for who, off in found.items():
            mean = np.sqrt((off**2).mean())
            print(
                f"| {name} | {who} | {np.abs(off).max():.1e} | {mean:.1e} "
                f"| {mean / of_keras:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
