"""Fixtures that several test folders share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]

# Heard by this process alone: in those that it starts, other packages would fill stderr with it.
os.environ.pop("PYTHONWARNDEFAULTENCODING", None)


def pytest_report_header() -> str:
    """Show the versions that decide the numbers."""
    from importlib.metadata import PackageNotFoundError, version

    found = [f"numpy {np.__version__}", f"pillow {PIL.__version__}"]
    for name in ("keras", "tensorflow", "tensorflowjs", "playwright"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} missing")
    return ", ".join(found)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `make test-tools` and `make test-models` ask with."""
    parser.addoption(
        "--every-tool", action="store_true", help="try the npm package in every tool: installs them"
    )
    parser.addoption(
        "--every-model", action="store_true", help="ask slow witnesses about every model, too"
    )


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep decoded pictures of tests out of the working directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASPORT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def keras() -> Any:
    """The keras module on the TensorFlow backend."""
    from kerasport.models import import_keras

    return import_keras()


class ExportedZoo:
    """The models of tests/zoo.py, each exported once for the whole suite, when first asked for.

    Attributes:
        folder: where the bundle of each model is, under its name.
        pixels: what all models are asked, uint8 `[5, height, width, 3]`.
    """

    def __init__(self, keras: Any, folder: Path) -> None:
        from support import zoo

        self._keras = keras
        self.folder = folder
        generator = np.random.default_rng(7)
        self.pixels = generator.integers(0, 256, (5, *zoo.INPUT_SHAPE), dtype=np.uint8)
        self._answers: dict[str, Any] = {}

    def answers(self, name: str) -> Any:
        """Return Keras' probabilities for the pixels, after exporting the model."""
        from support import zoo

        from kerasport.exporter import export
        from kerasport.models import probabilities

        if name not in self._answers:
            model = zoo.build(name, self._keras)
            kind = zoo.output_kind(name)
            export(model, self.folder / name, class_names=zoo.CLASS_NAMES, output_kind=kind)
            self._answers[name] = probabilities(model, self.pixels)
        return self._answers[name]


@pytest.fixture(scope="session")
def exported_zoo(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> ExportedZoo:
    """Every tiny model with its bundle and Keras' answers."""
    return ExportedZoo(keras, tmp_path_factory.mktemp("zoo"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole suite."""
    from kerasport.parity.browsers.chromium import launched_chromium

    with launched_chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The digits recipe, trained for three epochs on the real scans.

    At another size than theirs, so that resizing is part of what is proved.
    """
    from kerasport.recipes import get_recipe
    from kerasport.training import TrainingOptions, train

    folder = tmp_path_factory.mktemp("digits")
    return train(
        get_recipe("digits"),
        out=folder / "runs" / "digits",
        options=TrainingOptions(epochs=3, image_size=(24, 24)),
        work=folder / "data",
    )


@pytest.fixture(scope="session")
def digits_bundle(digits_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The bundle exported from `digits_run`; tests must not change it."""
    from kerasport.exporter import export

    return export(digits_run, tmp_path_factory.mktemp("bundle") / "model")
