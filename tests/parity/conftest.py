"""What the tests of a real browser share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.demo_page import open_page, watched

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle
from kerasport.site import write_site


@pytest.fixture
def client_page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A page on file:// with the client library and a file input, and nothing else."""
    document = tmp_path / "page.html"
    document.write_text(
        f'<!doctype html><script src="{web_asset(CLIENT_SCRIPT).as_uri()}"></script>'
        '<input id="files" type="file" multiple>'
    )
    page = browser.new_page()
    page.goto(document.as_uri())
    yield page
    page.close()


@pytest.fixture(scope="session")
def demo_site(digits_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo page with a freshly exported model, in a folder with a difficult name."""
    folder = tmp_path_factory.mktemp("site") / "my page 100% é"
    return write_site(digits_bundle, folder).parent


@pytest.fixture
def demo(demo_site: Path, browser: Any) -> Iterator[Any]:
    """The demo page on file://, ready."""
    page = watched(browser.new_page())
    open_page(page, (demo_site / "index.html").as_uri())
    yield page
    page.close()
