"""Where files of the web side are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasport import assets
from kerasport.assets import stock_asset, web_asset
from kerasport.errors import BrowserError


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An empty package, and an empty `web` of a checkout."""
    package, checkout = tmp_path / "kerasport", tmp_path / "web"
    monkeypatch.setattr(assets, "_PACKAGE", package)
    monkeypatch.setattr(assets, "_CHECKOUT", checkout)
    return package, checkout


def written(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("")
    return path


def test_what_the_wheel_carries_comes_before_the_checkout(places: tuple[Path, Path]) -> None:
    """The built client is in the package; without one, in the checkout's build."""
    package, checkout = places
    built = written(checkout / "dist" / "page" / "index.html")

    assert web_asset("page/index.html") == built

    carried = written(package / "_web" / "page" / "index.html")
    assert web_asset("page/index.html") == carried


def test_stock_tensorflowjs_is_where_the_packages_are(places: tuple[Path, Path]) -> None:
    """By its place in its own package."""
    _, checkout = places
    installed = written(checkout / "node_modules" / "@tensorflow" / "tfjs" / "dist" / "tf.min.js")

    assert stock_asset("tfjs/dist/tf.min.js") == installed


def test_what_is_not_there_is_told_with_what_brings_it(places: tuple[Path, Path]) -> None:
    """Each of the two in its own words."""
    with pytest.raises(BrowserError) as not_built:
        web_asset("demo.css")
    with pytest.raises(BrowserError) as not_installed:
        stock_asset("tfjs/dist/tf.min.js")

    assert str(not_built.value) == (
        "The client library 'demo.css' is not built. In a checkout build it with: make web"
    )
    assert str(not_installed.value) == (
        "Stock TensorFlow.js is not installed. It belongs to the development set-up; in a "
        "checkout run: make web"
    )
