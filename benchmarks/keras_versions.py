"""Export files that old versions of Keras really wrote, and write the table of what was right.

Each environment is a Python with TensorFlow or Keras in it, named as it appears in the table; in
one whose name begins with Keras, `keras` is used and not `tf.keras`:

.venv/bin/python benchmarks/keras_versions.py "TensorFlow 2.4=envs/tf-2.4/bin/python" \\
    "Keras 3.5=envs/keras-3.5/bin/python" --write docs/keras-versions.md
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from kerasport.errors import KerasportError
from kerasport.exporter import export
from kerasport.runtime import Runtime

FORMATS = {
    "HDF5 (`.h5`)": ".h5",
    "`.keras`": ".keras",
    "SavedModel": "_saved",
    "`to_json()` and weights": ".architecture.json",
}
MODELS = ("cnn", "attention", "heads")
SAVING = Path(__file__).parent / "support" / "save_with_old_keras.py"

HEAD = """\
# Files of older versions

Written by `benchmarks/keras_versions.py`. Each version saved its models itself, with its own
answers for three pictures of random pixels; the largest difference of the bundle's
probabilities is shown. The first model has convolutions (depthwise and separable ones too),
batch normalisation, a residual sum, a nested model, `RandomRotation` and dropout; from
TensorFlow 2.4 on there are two more, with `MultiHeadAttention`. A dash: that version does not
write the format, or fails to. Keras 3.0 to 3.5 save HDF5 files of few models: of the three,
at most the smallest.

"""


def pixels_of(shape: tuple[int, ...]) -> np.ndarray:
    """Return the pictures that the old versions were asked about."""
    values = np.random.RandomState(6).randint(0, 256, shape)
    values[:, :, ::3] = 0
    return (values // np.array([8, 2, 1]).reshape(3, 1, 1, 1)).astype("uint8")


def compared(folder: Path, ending: str) -> str:
    """Return the largest difference over the models of a folder, or what went wrong."""
    differences = []
    for model in MODELS:
        file = folder / f"{model}{ending}"
        if not file.exists():
            continue
        said = json.loads((folder / f"{model}.json").read_text())
        expected = np.array(said["probabilities"])
        with tempfile.TemporaryDirectory() as out:
            try:
                bundle = export(
                    file,
                    Path(out) / "bundle",
                    class_names=["a", "b", "c"],
                    rescaling=None if said["scaled"] else "1/255",
                )
            except KerasportError as error:
                return f"refused: {' '.join(str(error).split()):.80}"
            shape = (3, *bundle.metadata.input_shape)
            pixels = pixels_of(shape)
            differences.append(float(np.abs(Runtime(bundle).predict(pixels) - expected).max()))
    return f"{max(differences):.0e}" if differences else "–"  # noqa: RUF001 - a dash in a table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environments", nargs="+", metavar="NAME=PYTHON")
    parser.add_argument("--write", type=Path, metavar="FILE")
    options = parser.parse_args()
    own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    rows = [f"| saved by | {' | '.join(FORMATS)} |", "|---" * (len(FORMATS) + 1) + "|"]
    for environment in options.environments:
        name, _, python = environment.partition("=")
        with tempfile.TemporaryDirectory() as folder:
            alone = {"KERAS_ALONE": "1"} if name.startswith("Keras") else {}
            command = [python, str(SAVING), folder]
            done = subprocess.run(command, env={**own, **alone}, capture_output=True)
            if done.returncode:
                print(done.stderr.decode(errors="replace")[-800:], file=sys.stderr)
            cells = [compared(Path(folder), ending) for ending in FORMATS.values()]
        rows.append(f"| {name} | {' | '.join(cells)} |")
        print(rows[-1], flush=True)
    if options.write:
        options.write.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
