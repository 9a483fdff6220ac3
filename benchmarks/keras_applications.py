"""Export architectures of keras.applications and compare them with Keras in Chromium.

    python benchmarks/keras_applications.py                       # a small selection
    python benchmarks/keras_applications.py --all --results runs/applications.jsonl
    python benchmarks/keras_applications.py MobileNetV2 ResNet50

Every weight is random. BatchNormalization statistics are those of the random network's own
signal, moved at random, and the last layer is scaled so that the logits spread: the answers are
neither uniform nor the same for every picture. The columns: "in float64" is how far the exported
layers are from Keras, both in float64; "Keras in float32" what float32 changes in Keras itself;
"engine" and "plain engine" how far the client's engine is from float64 in Chromium, with and
without fused multiply-adds; "browser" how far stock TensorFlow.js on its wasm backend is from Keras
in float32; "allowed" what `kerasport verify` would apply. Each architecture runs in a process of
its own, and with `--results` a second run skips what is measured already.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support.applications import ARCHITECTURES, CLASS_NAMES, build
from support.export_table import Line, differences, print_table
from support.random_weights import pictures

from kerasport.exporter import export
from kerasport.models import import_keras, probabilities

SELECTION = ["MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "NASNetMobile"]
LIMIT_SECONDS = 3600


def measure(name: str) -> Line:
    """Export and compare one architecture; return its line of the table."""
    started = time.monotonic()
    keras = import_keras()
    model = build(name, keras)
    pixels = pictures(model)
    expected = probabilities(model, pixels)
    before = sum(1 for _ in model._flatten_layers(include_self=False))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        bundle = export(model, folder, class_names=CLASS_NAMES)
        # The browser needs the memory, and never loads the script.
        (folder / "model.js").unlink()
        del model
        keras.backend.clear_session()
        found = differences(bundle, pixels, expected)
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
