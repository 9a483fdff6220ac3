"""What the client library holds on to: bytes, not tensors alone, over thousands of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.heap import heaps

from kerasport.assets import CLIENT_SCRIPT, web_asset

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"

ALLOWED_BYTES = 200_000
"""What Chromium writes down about functions that run often, for its compilers; measured: at most
90 kB. One kept inference is 1 kB or more, and each kind of work makes at least 600 of them; one
kept classifier is 200 kB."""

PREPARE = """\
async (worker) => {
  globalThis.load = () => kerasport.loadClassifier(undefined, { worker, backend: 'wasm' });
  globalThis.classifier = await load();
  globalThis.picture = (level) => {
    const data = new Uint8Array(96 * 96 * 3).fill(level);
    return { data, width: 96, height: 96, channels: 3 };
  };
}"""

WORK = {
    "classify": "async () => { await classifier.classify(picture(1)); }",
    "explain": "async () => { await classifier.explain(picture(2), { method: 'occlusion' }); }",
    "self-test": "async () => { await classifier.selfTest(); }",
    "load and dispose": "async () => { (await load()).dispose(); }",
}


@pytest.fixture(params=[True, False], ids=["in the worker", "in the page"])
def page(request: pytest.FixtureRequest, browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A page on file:// with a classifier of the frozen model."""
    document = tmp_path / "page.html"
    document.write_text(
        f'<!doctype html><script src="{web_asset(CLIENT_SCRIPT).as_uri()}"></script>'
        f'<script src="{(FROZEN / "model.js").as_uri()}"></script>'
    )
    page = browser.new_page()
    page.goto(document.as_uri())
    page.evaluate(PREPARE, request.param)
    yield page
    page.close()


@pytest.mark.parametrize(
    ("work", "warm", "rounds"),
    [
        ("classify", 1000, 1000),
        ("explain", 20, 20),
        ("self-test", 100, 200),
        ("load and dispose", 50, 50),
    ],
)
def test_no_byte_is_left_behind(page: Any, work: str, warm: int, rounds: int) -> None:
    """After a forced collection, objects, buffers and WebAssembly hold what they held before."""
    repeat = f"async (rounds) => {{ for (let i = 0; i < rounds; i++) await ({WORK[work]})(); }}"
    page.evaluate(repeat, warm)
    watched = heaps(page)
    before = {place: heap.bytes() for place, heap in watched.items()}
    wasm = page.evaluate("async () => (await classifier.memory()).wasmBytes")

    page.evaluate(repeat, rounds)

    for place, heap in watched.items():
        grown = [after - then for after, then in zip(heap.bytes(), before[place], strict=True)]
        assert max(grown) < ALLOWED_BYTES, f"{place}: {grown} bytes of objects, of buffers"
    assert wasm > 0
    assert page.evaluate("async () => (await classifier.memory()).wasmBytes") == wasm
