"""The other formats that an export writes: how near their runtimes come, how large, how fast.

    python benchmarks/other_formats.py zoo                        # the small models of the tests
    python benchmarks/other_formats.py applications --keep runs/other   # of keras.applications
    python benchmarks/other_formats.py times runs/other/*         # a picture in every runtime
    python benchmarks/other_formats.py pictures web/model PHOTOS  # a bundle with other formats

`zoo` exports each model with `onnx` and `litert` and prints how far onnxruntime and LiteRT are from
the bundle, in Python. `applications` does so with random weights that behave like trained ones, and
prints how far every runtime is from Keras, in Python and in Chromium, and the bytes. `times` has
to be alone on the machine. `pictures` shows photos to the runtimes in Chromium, each in its own
way from the file: how often another class is the best, and how far probabilities are off from those
of the bundle, which are Keras'. They need `pip install 'kerasport[formats]'` and `make runtimes`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from support.applications import CLASS_NAMES, build
from support.client_page import milliseconds_in_client_page
from support.every_runtime import RUNTIMES, TIMED, asked, milliseconds_of
from support.random_weights import pictures

from kerasport import Bundle, models
from kerasport.engine import Engine
from kerasport.errors import KerasportError
from kerasport.exporter import export
from kerasport.parity.browsers.engines import find_engine
from kerasport.parity.witnesses.runtime_page import RUNTIME_WITNESSES, runtime_page
from kerasport.preprocess import preprocess

FORMATS = ["onnx", "litert"]
APPLICATION_FORMATS = ["onnx", "transformers", "litert", "teachable-machine"]
APPLICATIONS = ["MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "DenseNet121", "ResNet50V2"]
BATCH = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("zoo", help="the small models of the tests")
    applications = kinds.add_parser("applications", help="models of keras.applications")
    applications.add_argument("names", nargs="*", default=APPLICATIONS)
    applications.add_argument("--keep", type=Path, help="folder for the bundles")
    times = kinds.add_parser("times", help="a picture in every runtime")
    times.add_argument("bundles", nargs="+", type=Path)
    shown = kinds.add_parser("pictures", help="photos, in each runtime's own way")
    shown.add_argument("bundle", type=Path)
    shown.add_argument("photos", type=Path)
    shown.add_argument("--most", type=int, default=700, help="photos to show")
    options = parser.parse_args()
    if options.kind == "zoo":
        measure_zoo()
    elif options.kind == "applications":
        measure_applications(options.names, options.keep)
    elif options.kind == "times":
        measure_times(options.bundles)
    else:
        measure_pictures(options.bundle, options.photos, options.most)


def measure_zoo() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from support import zoo

    keras = models.import_keras()
    rows = []
    for name in zoo.names():
        rows += exported(name, zoo.build(name, keras), zoo.CLASS_NAMES)
    for form in FORMATS:
        off = [row for row in rows if row["format"] == form]
        worst = max(off, key=lambda row: row["off"] or 0)
        print(
            f"{form}: {len(off)} models, at most {worst['off']:.1e} apart ({worst['name']}), "
            f"{sum(row['seconds'] for row in off) / len(off):.2f} s each"
        )


def measure_applications(names: list[str], keep: Path | None) -> None:
    keras = models.import_keras()
    for name in names:
        model = build(name, keras)
        pixels = pictures(model)
        expected = models.probabilities(model, pixels)
        with contextlib.ExitStack() as stack:
            folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            bundle = export(
                model,
                folder / name,
                class_names=CLASS_NAMES,
                also=APPLICATION_FORMATS,
                force=True,
            )
            rounding = bundle.metadata.float_rounding
            allowed = rounding.tolerance if rounding else float("nan")
            print(f"{name}: {len(pixels)} pictures, {allowed:.1e} allowed", flush=True)
            for kind, size in sizes_of(bundle).items():
                print(f"    {kind}: {size:,} bytes")
            for runtime in RUNTIMES:
                try:
                    with asked(runtime, bundle) as predict:
                        off = float(np.abs(predict(pixels) - expected).max())
                    print(f"    {runtime}: off by {off:.1e}", flush=True)
                except KerasportError as error:
                    print(f"    {runtime}: {str(error).splitlines()[0]}", flush=True)


def measure_times(places: list[Path]) -> None:
    for place in places:
        bundle = Bundle.open(place)
        shape = bundle.metadata.input_shape
        pixels = np.random.default_rng(1).integers(0, 256, (4, *shape)).astype(np.uint8)
        own = milliseconds_in_client_page(place, pixels)
        print(f"{place.name}: {own:.1f} ms a picture in the client, in Chromium", flush=True)
        for runtime in TIMED:
            try:
                with asked(runtime, bundle) as predict:
                    taken = milliseconds_of(predict, pixels)
                print(f"    {runtime}: {taken:.1f} ms, {taken / own:.2f} times that", flush=True)
            except KerasportError as error:
                print(f"    {runtime}: {str(error).splitlines()[0]}", flush=True)


def sizes_of(bundle: Bundle) -> dict[str, int]:
    model = [each for each in bundle.metadata.files if each.path.endswith(".bin")]
    model += [each for each in bundle.metadata.files if each.path == "model.json"]
    others = bundle.metadata.other_formats or ()
    own = {"the bundle": sum(each.bytes for each in model)}
    return own | {each.format: sum(file.bytes for file in each.files) for each in others}


def exported(name: str, model: Any, classes: list[str]) -> list[dict[str, Any]]:
    rows = []
    for form in FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            bundle = export(model, Path(folder) / "bundle", class_names=classes)
            started = time.perf_counter()
            bundle = export(model, bundle.path, class_names=classes, also=[form], force=True)
            seconds = time.perf_counter() - started
            (other,) = bundle.metadata.other_formats or ()
            found = other.agreement
            off = found and found.max_absolute_difference
        rows.append({"name": name, "format": form, "off": off, "seconds": seconds})
    return rows


def measure_pictures(place: Path, photos: Path, most: int) -> None:
    bundle = Bundle.open(place)
    engine = Engine(bundle)
    spec = bundle.metadata.image_spec
    paths = sorted(path for path in photos.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    paths = paths[:: max(1, len(paths) // most)][:most]
    expected = np.concatenate(
        [
            engine.predict(np.stack([preprocess(path, spec) for path in paths[at : at + BATCH]]))
            for at in range(0, len(paths), BATCH)
        ]
    )
    print(f"{len(paths)} photos, {bundle.metadata.name}")
    for name, runtime in RUNTIME_WITNESSES.items():
        backend = runtime.backends[-1]
        try:
            with runtime_page(name, find_engine("chromium"), bundle, backend) as page:
                answers = np.concatenate(
                    [page.classify(paths[at : at + BATCH]) for at in range(0, len(paths), BATCH)]
                )
        except KerasportError as error:
            print(f"{name}: {error}")
            continue
        off = np.abs(answers - expected).max(axis=1)
        other = int((answers.argmax(axis=1) != expected.argmax(axis=1)).sum())
        print(
            f"{name}: another best class on {other} ({other / len(paths):.1%}), probabilities off "
            f"by {np.median(off):.3f} (median), {np.quantile(off, 0.95):.3f} (95 %), "
            f"{off.max():.3f} (largest)",
            flush=True,
        )


if __name__ == "__main__":
    main()
