"""A damaged `model.js`: what the client library says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle.script import embed

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
WEIGHTS = "group1-shard1of1.bin"


@pytest.mark.parametrize("path", ["metadata.json", WEIGHTS])
def test_a_piece_of_another_length_is_reported(path: str, browser: Any, tmp_path: Path) -> None:
    """The file is named, wherever it is read, and whatever is whole stays readable."""
    listed = json.loads((FROZEN / "metadata.json").read_text("utf-8"))["files"]
    names = ["metadata.json", *(entry["path"] for entry in listed)]
    files = {name: (FROZEN / name).read_bytes() for name in names}
    length = len(files[path])
    script = embed("frozen", 1, files).decode("utf-16")
    call = f'kerasportBundle("{path}", {length}, function'
    assert script.count(call) == 1
    damaged = script.replace(call, f'kerasportBundle("{path}", {length + 2}, function')
    (tmp_path / "model.js").write_bytes(damaged.encode("utf-16"))
    (tmp_path / "page.html").write_text(
        f'<!doctype html><script src="{web_asset(CLIENT_SCRIPT).as_uri()}"></script>'
        '<script src="model.js"></script>'
    )
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())

    received = page.evaluate(
        """async () => {
          const whole = kerasportBundles.at(-1).files.get("model.json")[0].length;
          const told = ({ code, message }) => ({ code, message, whole });
          return kerasport.loadClassifier().catch(told);
        }"""
    )

    assert received["code"] == "bundle-damaged"
    assert f"a piece of '{path}' does not hold the {length + 2} bytes" in received["message"]
    assert "export the model again" in received["message"]
    assert received["whole"] == len(files["model.json"])
    page.close()
