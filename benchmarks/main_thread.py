"""How long the page's own thread is blocked, by loading a model and by photos of 12 megapixels.

The browser reports every task of 50 ms or more ("longtask" entries). A machine that gives the
thread no processor makes any task long, so the browser's trace tells how long the thread itself
worked in the busiest task of each phase. The client library with a worker and without one, and the
demo page, each in fresh pages, in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle
from kerasport.exporter import export
from kerasport.models import import_keras
from kerasport.parity.browsers.chromium import launched_chromium
from kerasport.site import write_site

TABLE = 6
"""Photos in the demo page's table."""

OBSERVE = """\
globalThis.longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries()))
  .observe({ type: "longtask", buffered: true });
performance.mark("model.js");
"""
LOAD = """\
async (worker) => {
  globalThis.classifier = await kerasport.loadClassifier(undefined, { backend: "wasm", worker });
  if (classifier.usesWorker !== worker) throw new Error("The page does not work where it should.");
}
"""
CLASSIFY = """\
async () => {
  const { milliseconds } = await classifier.classify(document.querySelector("#files").files[0]);
  return milliseconds.total;
}
"""
# A phase begins and ends in tasks of its own.
MARK = """\
async (name) => {
  const pause = () => new Promise((done) => setTimeout(done, 50));
  await pause();
  performance.mark(name);
  await pause();
}
"""
COLLECT = """\
() => ({
  marks: performance.getEntriesByType("mark").map(({ name, startTime }) => [name, startTime]),
  tasks: longTasks.map(({ startTime, duration }) => [startTime, duration]),
})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="fresh pages of each (default 5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kerasport-bench-") as folder:
        root = Path(folder)
        write_pages(root)
        journeys: dict[str, Callable[[Any], None]] = {
            "library, in a worker": lambda page: use_library(page, root, worker=True),
            "library, in the page": lambda page: use_library(page, root, worker=False),
            "demo page": lambda page: use_demo(page, root),
        }
        found: dict[str, list[dict[str, tuple[float, float]]]] = {name: [] for name in journeys}
        with launched_chromium() as browser:
            # The first window does much else.
            watch(browser, journeys["library, in a worker"])
            for _ in range(options.rounds):
                for name, journey in journeys.items():
                    found[name].append(watch(browser, journey))
    print(
        f"MobileNetV2 (14 MB), photos of 4000 x 3000; {options.rounds} rounds, median (largest), "
        f"ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )
    for name, rounds in found.items():
        print(name)
        for phase in rounds[0]:
            tasks, work = zip(*(phases[phase] for phases in rounds), strict=True)
            print(
                f"  {phase:14} longest task of 50 or more {statistics.median(tasks):4.0f} "
                f"({max(tasks):.0f}), most work in a task {statistics.median(work):4.0f} "
                f"({max(work):.0f})"
            )


def write_pages(root: Path) -> None:
    keras = import_keras()
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNetV2(weights=None)
    names = [f"class {index:04}" for index in range(1000)]
    export(model, root / "bundle", class_names=names, rescaling="1/127.5,-1")
    noise = np.random.default_rng(0).integers(0, 256, (750, 1000, 3), np.uint8)
    photo = Image.fromarray(noise).resize((4000, 3000))
    photo.save(root / "photo.jpg", quality=92)
    for number in range(TABLE):
        (root / f"photo{number}.jpg").write_bytes((root / "photo.jpg").read_bytes())
    (root / "page.html").write_text(
        f'<!doctype html><script src="{web_asset(CLIENT_SCRIPT).as_uri()}"></script>'
        '<script src="bundle/model.js"></script><input id="files" type="file">'
    )
    write_site(Bundle.open(root / "bundle"), root / "site")


def use_library(page: Any, root: Path, *, worker: bool) -> None:
    page.goto((root / "page.html").as_uri())
    page.set_input_files("#files", root / "photo.jpg")
    page.evaluate(MARK, "loading")
    page.evaluate(LOAD, worker)
    page.evaluate(MARK, "one photo")
    page.evaluate(CLASSIFY)


def use_demo(page: Any, root: Path) -> None:
    page.goto((root / "site" / "index.html").as_uri())
    page.wait_for_selector("#status[data-state=ready]")
    page.evaluate(MARK, "one photo")
    page.set_input_files("#file-input", root / "photo.jpg")
    page.wait_for_selector("#status[data-state=done]", state="attached")
    page.evaluate(MARK, f"{TABLE} photos")
    page.set_input_files("#file-input", [root / f"photo{n}.jpg" for n in range(TABLE)])
    page.wait_for_selector("[data-testid=many][data-state=done]")
    # Thumbnails may follow the answers.
    page.wait_for_timeout(500)


def watch(browser: Any, journey: Callable[[Any], None]) -> dict[str, tuple[float, float]]:
    """Return by phase the longest task in ms (0 below 50), and the most work in one task."""
    page = browser.new_page()
    page.set_default_timeout(300_000)
    page.add_init_script(OBSERVE)
    browser.start_tracing(page=page, categories=["toplevel", "blink.user_timing"])
    try:
        journey(page)
        page.evaluate(MARK, "end")
        seen = page.evaluate(COLLECT)
    finally:
        trace = json.loads(browser.stop_tracing())["traceEvents"]
        page.close()
    thread, marks = find_marks(trace, [name for name, _ in seen["marks"]])
    result = {}
    for (name, start), (following, end) in zip(seen["marks"], seen["marks"][1:], strict=False):
        longest = max((d for at, d in seen["tasks"] if start <= at < end), default=0.0)
        work = (
            min(event["dur"], event.get("tdur", 0)) / 1000
            for event in trace
            if event.get("ph") == "X"
            # What a task leaves to promises counts as a task of its own.
            and event["name"].endswith(("RunTask", "PerformMicrotaskCheckpoint"))
            and (event["pid"], event["tid"]) == thread
            and marks[name] <= event["ts"] < marks[following]
        )
        result[name] = (longest, max(work, default=0.0))
    return result


def find_marks(
    trace: list[dict[str, Any]], names: list[str]
) -> tuple[tuple[int, int], dict[str, float]]:
    """Return the page's thread, and when each mark was set."""
    found = {
        event["name"]: event
        for event in trace
        if event.get("cat") == "blink.user_timing" and event["name"] in names
    }
    thread = {(event["pid"], event["tid"]) for event in found.values()}
    if len(found) != len(names) or len(thread) != 1:
        raise SystemExit(f"The trace has the marks {sorted(found)}. Expected {names}.")
    return thread.pop(), {name: event["ts"] for name, event in found.items()}


if __name__ == "__main__":
    main()
