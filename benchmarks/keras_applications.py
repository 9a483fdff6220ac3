"""Export architectures of keras.applications and compare them with Keras in stock TensorFlow.js.

    python benchmarks/keras_applications.py                       # a small selection
    python benchmarks/keras_applications.py --all --results runs/applications.jsonl
    python benchmarks/keras_applications.py MobileNetV2 ResNet50

Every weight is random. BatchNormalization statistics are those of the random network's own
signal, moved at random, and the last layer is scaled so that the logits spread: the answers are
neither uniform nor the same for every picture. The columns: "in float64" is how far the exported
layers are from Keras, both in float64; "Keras in float32" what float32 changes in Keras itself;
"browser" how far stock TensorFlow.js on its wasm backend is from Keras in float32; "allowed" what
`kerasport verify` would apply. Each architecture runs in a process of its own, and with `--results`
a second run skips what is measured already.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from support.export_table import Line, differences, print_table
from support.stock_page import predict_in_stock_page

from kerasport.exporter import export
from kerasport.exporter.answering.patterns import patterns
from kerasport.models import import_keras, probabilities
from kerasport.preprocess import ImageSpec

CLASSES = 13
"""No layer of any architecture but the last has as many outputs."""
SELECTION = ["MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "NASNetMobile"]
# From small to large, so that the most is known soonest; each with the side of its input, which
# is the smallest that the architecture takes without its last feature maps becoming one pixel.
ARCHITECTURES = {
    "MobileNetV3Small": 96,
    "MobileNetV2": 96,
    "MobileNet": 96,
    "MobileNetV3Large": 96,
    "EfficientNetB0": 96,
    "EfficientNetV2B0": 96,
    "DenseNet121": 96,
    "EfficientNetB1": 96,
    "EfficientNetV2B1": 96,
    "NASNetMobile": 96,
    "EfficientNetB2": 96,
    "EfficientNetV2B2": 96,
    "ResNet50": 96,
    "ResNet50V2": 96,
    "InceptionV3": 139,
    "Xception": 128,
    "EfficientNetB3": 96,
    "EfficientNetV2B3": 96,
    "DenseNet169": 96,
    "DenseNet201": 96,
    "ConvNeXtTiny": 96,
    "ResNet101": 96,
    "ResNet101V2": 96,
    "EfficientNetB4": 96,
    "EfficientNetV2S": 96,
    "ResNet152": 96,
    "ResNet152V2": 96,
    "ConvNeXtSmall": 96,
    "EfficientNetB5": 96,
    "VGG16": 96,
    "VGG19": 96,
    "InceptionResNetV2": 139,
    "EfficientNetB6": 96,
    "EfficientNetV2M": 96,
    "EfficientNetB7": 96,
    "NASNetLarge": 128,
    "ConvNeXtBase": 96,
    "EfficientNetV2L": 96,
    "ConvNeXtLarge": 96,
    "ConvNeXtXLarge": 96,
}
LIMIT_SECONDS = 3600


def build(name: str, keras: Any) -> Any:
    """Return the architecture with random weights and an input of 0 to 255."""
    keras.utils.set_random_seed(7)
    side = ARCHITECTURES[name]
    core = getattr(keras.applications, name)(
        weights=None, input_shape=(side, side, 3), classes=CLASSES
    )
    if any(type(layer).__name__ == "Rescaling" for layer in core._flatten_layers()):
        model = core
    else:
        inputs = keras.Input((side, side, 3))
        model = keras.Model(inputs, core(keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)))
    generator = np.random.default_rng(3)
    for layer in model._flatten_layers(include_self=False):
        _randomise(layer, generator)
    _damp_residuals(model)
    _settle(model, generator)
    return model


def _randomise(layer: Any, generator: np.random.Generator) -> None:
    """Give every weight that Keras starts at a constant random values."""
    ranges = {"bias": (-0.1, 0.1), "beta": (-0.2, 0.2), "gamma": (0.7, 1.3)}
    if type(layer).__name__ == "LayerScale":
        # Keras starts it at 1e-6, which would switch the whole branch off.
        layer.set_weights([generator.uniform(0.1, 0.4, w.shape) for w in layer.get_weights()])
        return
    for weight in getattr(layer, "_trainable_variables", []):
        if weight.name in ranges:
            weight.assign(generator.uniform(*ranges[weight.name], weight.shape))


def _damp_residuals(model: Any) -> None:
    """Make every residual branch small beside its shortcut, as training begins and leaves them.

    Otherwise the rounding of float32 grows exponentially with depth: Yang et al. 2019, "A Mean
    Field Theory of Batch Normalization". Goyal et al. 2017 start these scales at 0.
    """
    for add in model._flatten_layers(include_self=False):
        if type(add).__name__ != "Add":
            continue
        for tensor in add.input:
            layer = tensor._keras_history.operation
            while type(layer).__name__ == "Dropout":
                layer = layer.input._keras_history.operation
            is_shortcut = len(layer._outbound_nodes) > 1 or "_0_" in layer.name
            if not is_shortcut and type(layer).__name__ in ("BatchNormalization", "Conv2D"):
                for weight in layer.trainable_variables:
                    weight.assign(0.2 * weight)


def _settle(model: Any, generator: np.random.Generator) -> None:
    """Set the normalisations' statistics from the signal, moved, and scale the last layer."""
    layers = list(model._flatten_layers(include_self=False))
    normalizations = [each for each in layers if type(each).__name__ == "BatchNormalization"]
    pixels = _pictures(model).astype(np.float32)
    for layer in normalizations:
        layer.momentum = 0.0
    model(pixels, training=True)
    for layer in normalizations:
        layer.momentum = 0.99
        deviation = np.sqrt(np.asarray(layer.moving_variance))
        shift = generator.normal(0, 0.1, deviation.shape) * deviation
        layer.moving_mean.assign(np.asarray(layer.moving_mean) + shift)
        factor = generator.uniform(0.7, 1.5, deviation.shape)
        layer.moving_variance.assign(np.asarray(layer.moving_variance) * factor)
    (last,) = (
        each
        for each in layers
        if type(each).__name__ in ("Dense", "Conv2D") and each.kernel.shape[-1] == CLASSES
    )
    last.bias.assign(np.zeros(last.bias.shape))
    logits = np.log(probabilities(model, pixels.astype(np.uint8)).astype(np.float64))
    logits -= logits.mean(axis=1, keepdims=True)
    # What all pictures have in common goes out, so that the answers tell pictures apart.
    common = logits.mean(axis=0)
    # A random network answers pictures much alike; enlarging that at will would enlarge float32's
    # rounding with it, which a trained network does not do.
    factor = 0.6 * min(1 / (logits - common).std(), 2 / logits.std())
    last.kernel.assign(np.asarray(last.kernel) * factor)
    last.bias.assign(generator.normal(0, 0.2, common.shape) - common * factor)


def _pictures(model: Any) -> Any:
    """Return uint8 `[n, height, width, 3]`: the pictures that every export is compared on."""
    _, height, width, _ = model.input_shape
    return np.stack(list(patterns(ImageSpec(height, width)).values()))


def measure(name: str) -> Line:
    """Export and compare one architecture; return its line of the table."""
    started = time.monotonic()
    keras = import_keras()
    model = build(name, keras)
    pixels = _pictures(model)
    expected = probabilities(model, pixels)
    before = sum(1 for _ in model._flatten_layers(include_self=False))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        names = [f"class {number}" for number in range(CLASSES)]
        bundle = export(model, folder, class_names=names)
        # The browser needs the memory, and never loads the script.
        (folder / "model.js").unlink()
        del model
        keras.backend.clear_session()
        received = predict_in_stock_page(folder, pixels)
        found = differences(bundle, expected, received)
    return {
        "side": pixels.shape[1],
        "layers_before": before,
        **found,
        "seconds": round(time.monotonic() - started),
    }


def measure_apart(name: str) -> Line:
    """Measure in a process of its own, which gives all its memory back."""
    command = [sys.executable, __file__, "--one", name]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return {"error": f"stopped after {LIMIT_SECONDS} s"}
    if result.returncode == 0:
        line: Line = json.loads(result.stdout.splitlines()[-1])
        return line
    last = (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1]
    return {"error": last[:300]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="architectures, by their name in Keras")
    parser.add_argument("--all", action="store_true", help="every architecture")
    parser.add_argument(
        "--results", type=Path, help="JSON Lines file; what passed in it is not measured again"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one)))
        return
    names = options.names or list(ARCHITECTURES if options.all else SELECTION)
    unknown = sorted(set(names) - set(ARCHITECTURES))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. Known: {', '.join(ARCHITECTURES)}")
    print_table(names, measure_apart, options.results)


if __name__ == "__main__":
    main()
