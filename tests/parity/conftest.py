"""What the tests of a real browser share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kerasport.assets import CLIENT_SCRIPT, web_asset


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
