"""Many pictures on several workers in a real browser: the same answers, and nothing left behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.heap import heaps

from kerasport.assets import CLIENT_SCRIPT, web_asset

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"

ALLOWED_BYTES = 200_000
"""See `test_client_memory.py`; one kept picture is 28 kB, and each round has hundreds of them."""

PREPARE = """\
async () => {
  globalThis.classifier = await kerasport.loadClassifier(undefined, { backend: 'wasm' });
  globalThis.pictures = function* (count) {
    for (let number = 0; number < count; number++) {
      const data = Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => (i * (number + 3)) % 251);
      yield { data, width: 96, height: 96, channels: 3 };
    }
  };
  // Until the workers are there, the first one may be through with a small batch.
  globalThis.classifyMany = async (count, workers) => {
    const all = [];
    const onResult = async ({ index, classification }) => {
      while (index > 0 && (await classifier.memory()).workers < workers) {
        await new Promise((done) => setTimeout(done, 5));
      }
      all[index] = Array.from(classification.probabilities);
    };
    await classifier.classifyMany(pictures(count), { workers, onResult });
    return all;
  };
}"""


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A page on file:// with a classifier of the frozen model in a worker."""
    document = tmp_path / "page.html"
    document.write_text(
        f'<!doctype html><script src="{web_asset(CLIENT_SCRIPT).as_uri()}"></script>'
        f'<script src="{(FROZEN / "model.js").as_uri()}"></script>'
    )
    page = browser.new_page()
    page.goto(document.as_uri())
    page.evaluate(PREPARE)
    yield page
    page.close()


def test_two_workers_answer_as_one_to_the_bit(page: Any) -> None:
    """Every probability of every picture is the same number, in the same place."""
    alone = page.evaluate("classifyMany(60, 1)")
    assert len(page.workers) == 1

    together = page.evaluate("classifyMany(60, 2)")

    assert len(page.workers) == 2
    assert len(alone) == 60
    assert len({tuple(answer) for answer in alone}) > 30
    assert together == alone


def test_no_byte_is_left_behind_by_two_workers(page: Any) -> None:
    """After a forced collection, page and workers hold what they held before."""
    page.evaluate("classifyMany(1000, 2).then(() => {})")
    watched = heaps(page)
    assert len(watched) == 3
    before = {place: heap.bytes() for place, heap in watched.items()}
    wasm = page.evaluate("async () => (await classifier.memory()).wasmBytes")

    page.evaluate("classifyMany(1000, 2).then(() => {})")

    for place, heap in watched.items():
        grown = [after - then for after, then in zip(heap.bytes(), before[place], strict=True)]
        assert max(grown) < ALLOWED_BYTES, f"{place}: {grown} bytes of objects, of buffers"
    assert wasm > 0
    assert page.evaluate("async () => (await classifier.memory()).wasmBytes") == wasm


def test_pictures_of_a_worker_that_dies_are_answered_by_another(page: Any) -> None:
    """Every picture has the answer that it has alone, and one worker fewer is there."""
    alone = page.evaluate("classifyMany(40, 1)")
    page.evaluate("classifyMany(4, 2)")
    page.evaluate("globalThis.running = classifyMany(40, 1)")

    page.workers[1].evaluate("() => { setTimeout(() => { throw new Error('dead'); }); }")

    assert page.evaluate("running") == alone
    assert page.evaluate("async () => (await classifier.memory()).workers") == 1
    assert _settles(lambda: len(page.workers) == 1)


def test_disposing_ends_all_workers_and_the_batch(page: Any) -> None:
    """No worker is left, the batch says why it ended, and no rejection goes unheard."""
    page.evaluate("classifyMany(4, 2)")

    code = page.evaluate(
        """async () => {
          globalThis.unheard = [];
          addEventListener('unhandledrejection', ({ reason }) => unheard.push(String(reason)));
          const batch = classifyMany(500, 2).catch(({ code }) => code);
          await new Promise((done) => setTimeout(done, 20));
          classifier.dispose();
          const code = await batch;
          await new Promise((done) => setTimeout(done, 100));
          return [code, ...unheard];
        }"""
    )

    assert code == ["disposed"]
    assert _settles(lambda: not page.workers)


def _settles(condition: Any) -> bool:
    """Whether something comes true: Playwright hears of the end of a worker a little later."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(condition())
