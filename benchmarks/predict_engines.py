"""Compare what answers for a bundle in Python: the engine of the browsers, numpy, and Keras.

    python benchmarks/predict_engines.py
    python benchmarks/predict_engines.py --run runs/digits

MobileNetV2 1.0 at 224 x 224 with random weights, or a run, is exported into a temporary folder. All
answer the same pictures in turns, a batch at a time: the engine on one thread and on one a core,
numpy, and Keras as `evaluate` asks it and compiled, as `predict --output` does. Printed are medians
per picture, in wall time and in processor time of all threads; numpy and Keras take what the
machine has. `start` is what the first picture takes, with loading the model; `off` is the largest
difference of a probability from the bundle's in float64.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.answerer import all_cores
from kerasport.bundle import Bundle
from kerasport.engine import Engine
from kerasport.exporter import export
from kerasport.models import compiled_answer, import_keras, load_model, probabilities
from kerasport.runs import Run
from kerasport.runtime import Runtime

Answer = Callable[[NDArray[np.uint8]], NDArray[Any]]


def main() -> None:
    """Print a row for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--run", type=Path, help="a run to export instead of MobileNetV2")
    parser.add_argument("--batch", type=int, default=32, help="pictures at a time (default 32)")
    parser.add_argument("--rounds", type=int, default=7, help="batches for each (default 7)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bundle, load_keras = exported(options.run, Path(folder) / "bundle")
        compare(bundle, load_keras, options.batch, options.rounds)


def exported(run: Path | None, out: Path) -> tuple[Bundle, Callable[[], Any]]:
    """Return a bundle, and what returns the Keras model that takes the same pixels."""
    if run is not None:
        path = Run.open(run).model_path
        return export(run, out), lambda: load_model(path)
    keras = import_keras()
    keras.utils.set_random_seed(1)
    inputs = keras.Input((224, 224, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    net = keras.applications.MobileNetV2(weights=None, input_tensor=scaled)
    model = keras.Model(inputs, net.output)
    names = [f"class {index}" for index in range(1000)]
    return export(model, out, class_names=names, name="MobileNetV2"), lambda: model


def compare(bundle: Bundle, load_keras: Callable[[], Any], count: int, rounds: int) -> None:
    """Load them all, let them take turns, and print what they need."""
    shape = bundle.metadata.input_shape
    pixels = np.random.default_rng(1).integers(0, 256, (count, *shape), dtype=np.uint8)
    weights = bundle.weights()
    exact = Runtime.of(bundle.model()["modelTopology"], weights, shape, np.float64)
    expected = exact.predict(pixels[:4])

    def keras_answer() -> Answer:
        model = load_keras()
        return lambda some: probabilities(model, some)

    loads: dict[str, Callable[[], Answer]] = {
        "engine": lambda: Engine(bundle).predict,
        f"engine, {all_cores()} threads": lambda: Engine(bundle, workers=all_cores()).predict,
        "numpy": lambda: Runtime(bundle).predict,
        "Keras": keras_answer,
        "Keras, compiled": lambda: compiled_answer(load_keras()),
    }
    answers: dict[str, Answer] = {}
    starts, off = {}, {}
    for name, load in loads.items():
        start = time.perf_counter()
        answers[name] = load()
        answers[name](pixels[:1])
        starts[name] = time.perf_counter() - start
        off[name] = float(np.abs(answers[name](pixels[:4]) - expected).max())
        answers[name](pixels)
    walls: dict[str, list[float]] = {name: [] for name in answers}
    processor: dict[str, list[float]] = {name: [] for name in answers}
    for _ in range(rounds):
        for name, answer in answers.items():
            wall, used = time.perf_counter(), time.process_time()
            answer(pixels)
            walls[name].append((time.perf_counter() - wall) / count)
            processor[name].append((time.process_time() - used) / count)
    print(f"{bundle.metadata.name}, {count} pictures at a time, {rounds} rounds")
    for name in answers:
        wall, used = (1000 * statistics.median(each[name]) for each in (walls, processor))
        print(
            f"{name:18} {wall:8.2f} ms {used:8.2f} ms of processor  "
            f"start {starts[name]:6.3f} s  off {off[name]:.1e}"
        )


if __name__ == "__main__":
    main()
