"""How long the page's own thread is blocked while a photo of 12 megapixels is classified.

The browser reports every task of 50 ms or more ("longtask" entries); a timer shows the longest time
that the page could not react, shorter ones too. With a worker and without one, in turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.exporter import export
from kerasport.models import import_keras
from kerasport.parity.browsers import launched_chromium

CLASSIFY = """\
async (worker) => {
  const entries = [];
  const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
  observer.observe({ entryTypes: ["longtask"] });
  let last = performance.now();
  let longest = 0;
  const channel = new MessageChannel();
  let running = true;
  channel.port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setTimeout(() => channel.port2.postMessage(0));
  };
  channel.port2.postMessage(0);
  const classifier = await kerasport.loadClassifier(undefined, { backend: "wasm", worker });
  // Both phases begin and end in tasks of their own.
  const pause = () => new Promise((done) => setTimeout(done, 50));
  await pause();
  const loading = longest;
  const loaded = performance.now();
  longest = 0;
  last = loaded;
  const [file] = document.querySelector("#files").files;
  const { milliseconds } = await classifier.classify(file);
  await pause();
  running = false;
  entries.push(...observer.takeRecords());
  classifier.dispose();
  const worst = (list) => Math.max(0, ...list.map(({ duration }) => duration));
  return {
    usesWorker: classifier.usesWorker,
    total: milliseconds.total,
    loading: [worst(entries.filter((entry) => entry.startTime < loaded)), loading],
    classifying: [worst(entries.filter((entry) => entry.startTime >= loaded)), longest],
  };
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="fresh pages of each (default 5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kerasport-bench-") as folder:
        root = Path(folder)
        write_page(root)
        rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
        with launched_chromium() as browser:
            for _ in range(options.rounds):
                for worker in rows:
                    rows[worker].append(classify(browser, root, worker))
    print("MobileNetV2, photo of 4000 x 3000; median (largest) of the rounds, ms")
    for worker, results in rows.items():
        total = statistics.median(result["total"] for result in results)
        print(f"{'in a worker' if worker else 'in the page'}: the answer took {total:.0f}")
        for phase in ("loading", "classifying"):
            tasks, pauses = zip(*(result[phase] for result in results), strict=True)
            print(
                f"  {phase:12} longest task of 50 or more {statistics.median(tasks):5.0f} "
                f"({max(tasks):.0f}), longest pause {statistics.median(pauses):5.0f} "
                f"({max(pauses):.0f})"
            )


def write_page(root: Path) -> None:
    keras = import_keras()
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNetV2(weights=None)
    names = [f"class {index:04}" for index in range(1000)]
    export(model, root / "bundle", class_names=names, rescaling="1/127.5,-1")
    noise = np.random.default_rng(0).integers(0, 256, (750, 1000, 3), np.uint8)
    Image.fromarray(noise).resize((4000, 3000)).save(root / "photo.jpg", quality=92)
    (root / "page.html").write_text(
        f'<!doctype html><script src="{web_asset(CLIENT_SCRIPT).as_uri()}"></script>'
        '<script src="bundle/model.js"></script><input id="files" type="file">'
    )


def classify(browser: Any, root: Path, worker: bool) -> Any:
    page = browser.new_page()
    try:
        page.goto((root / "page.html").as_uri())
        page.set_input_files("#files", root / "photo.jpg")
        result = page.evaluate(CLASSIFY, worker)
        if result["usesWorker"] != worker:
            raise SystemExit("The page did not work where it was told to.")
        return result
    finally:
        page.close()


if __name__ == "__main__":
    main()
