"""Export a classifier of every family in KerasHub and compare it with Keras in Chromium.

    make hub                                            # installs KerasHub, once
    python benchmarks/kerashub.py                           # a small selection
    python benchmarks/kerashub.py --all --results runs/hub.jsonl
    python benchmarks/kerashub.py ViT SwinTransformer

Every model is small, with random weights, and of the kinds of blocks that the pretrained models of
its family use. The columns are those of keras_applications.py. With `--results` a second run
skips what is measured already.

The file is not called keras_hub.py, because Python would take it for the package.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from support import hub
from support.export_table import Line, differences, print_table

from kerasport.exporter import export
from kerasport.exporter.answering.patterns import patterns
from kerasport.models import import_keras
from kerasport.preprocess import ImageSpec

SELECTION = ["ResNet", "ViT"]


def measure(name: str, keras_hub: Any) -> Line:
    """Export and compare one family; return its line of the table."""
    started = time.monotonic()
    model = hub.build(name, keras_hub)
    side, _ = model.preprocessor.image_converter.image_size
    pixels = np.stack(list(patterns(ImageSpec(side, side)).values()))
    logits = np.asarray(model(model.preprocessor(pixels), training=False), np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = powers / powers.sum(axis=1, keepdims=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        bundle = export(model, folder, class_names=hub.CLASS_NAMES)
        found = differences(bundle, pixels, expected)
    return {
        "side": side,
        "layers_before": sum(1 for _ in model._flatten_layers(include_self=False)),
        **found,
        "seconds": round(time.monotonic() - started),
    }


def measured(name: str, keras_hub: Any) -> Line:
    """Return the line of one family, with the reason where it cannot be exported."""
    try:
        return measure(name, keras_hub)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"families: {', '.join(hub.names())}")
    parser.add_argument("--all", action="store_true", help="every family")
    parser.add_argument(
        "--results", type=Path, help="JSON Lines file; what passed in it is not measured again"
    )
    options = parser.parse_args()
    names = options.names or (hub.names() if options.all else SELECTION)
    unknown = sorted(set(names) - set(hub.names()))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. Known: {', '.join(hub.names())}")
    import_keras()
    try:
        import keras_hub
    except ModuleNotFoundError:
        print("KerasHub is not installed. make hub installs it.")
        return
    print_table(names, lambda name: measured(name, keras_hub), options.results)


if __name__ == "__main__":
    main()
