"""AVIF in every installed engine: the pixels of Python, or its very words."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.engines import engine_here

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.errors import DataError
from kerasport.parity.browsers.engines import ENGINES
from kerasport.parity.formats.exchange import ask_engine
from kerasport.preprocess import read_pixels

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("name", ENGINES)
def test_avif_is_read_or_refused_as_in_python(name: str, tmp_path: Path) -> None:
    """Files of every kind and 120 damaged ones: no pixel and no word differs."""
    engine = engine_here(name)
    for row in json.loads((GOLDEN / "avif.json").read_text())["files"]:
        stored = row.get("bytes")
        content = (
            base64.b64decode(stored) if stored else (GOLDEN / "avif" / row["file"]).read_bytes()
        )
        (tmp_path / row["file"]).write_bytes(content)

    differing = []
    read = 0
    for reply in ask_engine(engine, web_asset(CLIENT_SCRIPT), sorted(tmp_path.iterdir())):
        try:
            expected = read_pixels(reply.path)
        except DataError as error:
            reason = str(error).partition("cannot be read: ")[2]
            is_same = reply.refusal is not None and reply.refusal.endswith(f": {reason}")
        else:
            is_same = reply.pixels is not None and np.array_equal(reply.pixels, expected)
            read += 1
        if not is_same:
            differing.append((reply.path.name, reply.refusal or reply.lost or "other pixels"))

    assert differing == []
    assert read > 30


@pytest.mark.parametrize(
    ("knows_avif", "reason"),
    [
        (True, "it is damaged, its compressed data is wrong. Copy or save it again."),
        (False, "it is an AVIF, which this browser does not read. Save it as PNG or JPEG."),
    ],
)
def test_a_browser_without_avif_is_not_called_a_damaged_file(
    knows_avif: bool, reason: str, client_page: Any
) -> None:
    """Where the decoder refuses, the page tells the file's fault from the browser's."""
    content = bytearray((GOLDEN / "avif" / "444-full.avif").read_bytes())
    # A bit of the sequence header by which the frame is read otherwise.
    content[content.index(b"mdat") + 8] ^= 16
    file = {"name": "x.avif", "mimeType": "image/avif", "buffer": bytes(content)}

    client_page.set_input_files("#files", [file])
    message = client_page.evaluate(
        """async (knowsAvif) => {
          if (!knowsAvif) globalThis.createImageBitmap = () => Promise.reject(new Error("no"));
          const [file] = document.querySelector("#files").files;
          return kerasport.readPixels(file).then(() => "read", (error) => error.message);
        }""",
        knows_avif,
    )

    assert message == f"'x.avif' cannot be read: {reason}"
