"""The other formats that an export writes: how near their runtimes come, how large, how fast.

    python benchmarks/other_formats.py zoo                        # the small models of the tests
    python benchmarks/other_formats.py applications               # of keras.applications, random
    python benchmarks/other_formats.py pictures web/model PHOTOS  # a bundle with other formats

`zoo` and `applications` export each model with `onnx` and `litert` and print how far onnxruntime
and LiteRT are from the bundle, in Python, with the bytes and the seconds that it took. `pictures`
shows photos to the runtimes in Chromium, each in its own way from the file: how often another class
is the best, and how far probabilities are off from those of the bundle, which are Keras'. They need
`pip install 'kerasport[formats]'` and `make runtimes`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from kerasport import Bundle, models
from kerasport.engine import Engine
from kerasport.errors import KerasportError
from kerasport.exporter import export
from kerasport.exporter.formats import runtime_of
from kerasport.parity.browsers.engines import find_engine
from kerasport.parity.witnesses.runtime_page import RUNTIME_WITNESSES, runtime_page
from kerasport.preprocess import preprocess

FORMATS = ["onnx", "litert"]
APPLICATIONS = {
    "MobileNetV2": 96,
    "MobileNetV3Small": 96,
    "EfficientNetB0": 96,
    "DenseNet121": 96,
    "ResNet50V2": 96,
    "NASNetMobile": 96,
    "ConvNeXtTiny": 96,
}
BATCH = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("zoo", help="the small models of the tests")
    applications = kinds.add_parser("applications", help="models of keras.applications")
    applications.add_argument("names", nargs="*", default=list(APPLICATIONS))
    pictures = kinds.add_parser("pictures", help="photos, in each runtime's own way")
    pictures.add_argument("bundle", type=Path)
    pictures.add_argument("photos", type=Path)
    pictures.add_argument("--most", type=int, default=700, help="photos to show")
    options = parser.parse_args()
    if options.kind == "zoo":
        measure_zoo()
    elif options.kind == "applications":
        measure_applications(options.names)
    else:
        measure_pictures(options.bundle, options.photos, options.most)


def measure_zoo() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from support import zoo

    keras = models.import_keras()
    rows = []
    for name in zoo.names():
        rows += exported(name, zoo.build(name, keras), zoo.CLASS_NAMES, show=False)
    for form in FORMATS:
        off = [row for row in rows if row["format"] == form]
        worst = max(off, key=lambda row: row["off"] or 0)
        print(
            f"{form}: {len(off)} models, at most {worst['off']:.1e} apart ({worst['name']}), "
            f"{sum(row['seconds'] for row in off) / len(off):.2f} s each"
        )


def measure_applications(names: list[str]) -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    from support.random_weights import randomise

    keras = models.import_keras()
    for name in names:
        side = APPLICATIONS.get(name, 96)
        model = getattr(keras.applications, name)(
            weights=None, classes=13, input_shape=(side, side, 3)
        )
        randomise(model, 13)
        exported(name, model, [f"class {number}" for number in range(13)], show=True)


def exported(name: str, model: Any, classes: list[str], *, show: bool) -> list[dict[str, Any]]:
    rows = []
    for form in FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            bundle = export(model, Path(folder) / "bundle", class_names=classes)
            weights = sum(e.bytes for e in bundle.metadata.files if e.path.endswith(".bin"))
            started = time.perf_counter()
            bundle = export(model, bundle.path, class_names=classes, also=[form], force=True)
            seconds = time.perf_counter() - started
            (other,) = bundle.metadata.other_formats or ()
            found = other.agreement
            row = {
                "name": name,
                "format": form,
                "off": found and found.max_absolute_difference,
                "bytes": other.files[0].bytes,
                "weights": weights,
                "seconds": seconds,
                "milliseconds": per_picture(form, bundle),
            }
        rows.append(row)
        if show:
            print(
                f"{name:18} {form:7} {row['bytes']:>12,} bytes ({weights:,} of weights), "
                f"off {row['off']:.1e}, {row['milliseconds']:.1f} ms a picture, "
                f"{seconds:.1f} s to export",
                flush=True,
            )
    return rows


def per_picture(form: str, bundle: Bundle) -> float:
    path = bundle.other_format(form)
    runtime = runtime_of(form, path) if path else None
    if runtime is None:
        return float("nan")
    picture = np.zeros((1, *bundle.metadata.input_shape), np.uint8)
    times = []
    for _ in range(12):
        started = time.perf_counter()
        runtime.predict(picture)
        times.append(time.perf_counter() - started)
    return 1000 * sorted(times)[len(times) // 2]


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
    for name in RUNTIME_WITNESSES:
        try:
            with runtime_page(name, find_engine("chromium"), bundle, "wasm") as page:
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
