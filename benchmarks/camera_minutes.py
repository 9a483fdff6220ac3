"""What the demo page holds on to while it answers a camera: heaps, WebAssembly and the browser.

    python benchmarks/camera_minutes.py web/model --minutes 10

Chromium films its own test picture. Heaps are those of the page and of its worker after a forced
garbage collection: objects, the buffers behind them, and in the worker all WebAssembly memories.
The browser's memory is the resident sum of its processes, with shared pages counted once for each.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from kerasport.bundle import Bundle
from kerasport.parity.browsers.chromium import CHROMIUM_FLAGS, find_chromium, launched_chromium
from kerasport.parity.browsers.guard import descendants, processes
from kerasport.site import write_site

HEAP = Path(__file__).parents[1] / "tests" / "support" / "heap.py"
CAMERA_FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
WATCH_MEMORIES = """\
const watch = `
  globalThis.memories = new Set();
  const keep = (instance) => {
    for (const each of Object.values(instance.exports)) {
      if (each instanceof WebAssembly.Memory) memories.add(each);
    }
  };
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...given) => {
    const made = await instantiate.apply(WebAssembly, given);
    keep(made.instance ?? made);
    return made;
  };
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, given) { const made = new target(...given); keep(made); return made; },
  });
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct(target, given) {
      const made = new target(...given);
      memories.add(made);
      return made;
    },
  });
`;
const createObjectURL = URL.createObjectURL;
URL.createObjectURL = (blob) => {
  const script = blob.type.includes("javascript");
  return createObjectURL.call(URL, script ? new Blob([watch, blob], { type: blob.type }) : blob);
};
"""
WASM_BYTES = "() => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0)"
COUNT_ANSWERS = """\
() => {
  globalThis.answers = 0;
  new MutationObserver(() => answers++).observe(document.querySelector("#result"), {
    childList: true, subtree: true, characterData: true,
  });
}
"""


def main() -> None:
    """Film, and print a row for each minute."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--minutes", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, launched_chromium() as first:
        page_file = write_site(Bundle.open(options.bundle), Path(folder) / "site")
        browser = first.browser_type.launch(
            executable_path=find_chromium(), args=[*CHROMIUM_FLAGS, *CAMERA_FLAGS]
        )
        first.close()
        page = browser.new_context(permissions=["camera"]).new_page()
        page.add_init_script(WATCH_MEMORIES)
        page.goto(page_file.as_uri())
        page.wait_for_selector("#status[data-state=ready]", timeout=120_000)
        page.set_default_timeout(120_000)
        page.evaluate(COUNT_ANSWERS)
        page.click("#tab-camera")
        page.click("#camera-start")
        page.wait_for_selector("#result [data-testid=prediction]")
        page.wait_for_timeout(10_000)
        watched = heaps_of(page)
        film(page, watched, options.minutes)
        browser.close()


def film(page: Any, watched: dict[str, Any], minutes: int) -> None:
    """Print what is held at the start and after each minute, in kB and MB."""
    columns = [f"{place}, {what}" for place in watched for what in ("objects", "buffers")]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    columns.append("worker, WebAssembly")
    print(f"| minute | changes | {', kB | '.join(columns)}, kB | browser, MB |")
    print("|" + "---|" * (3 + len(columns)))
    started = time.monotonic()
    for minute in range(minutes + 1):
        # Playwright answers the page's events meanwhile.
        page.wait_for_timeout(max(0.0, started + 60 * minute - time.monotonic()) * 1000)
        held = [n for heap in watched.values() for n in heap.bytes()]
        held += [worker.evaluate(WASM_BYTES) for worker in page.workers]
        ours = set(descendants(os.getpid()))
        whole = sum(process.memory for process in processes() if process.id in ours)
        cells = " | ".join(f"{count / 1000:,.0f}" for count in held)
        answers = page.evaluate("answers")
        print(f"| {minute} | {answers:,} | {cells} | {whole / 2**20:,.0f} |", flush=True)


def heaps_of(page: Any) -> dict[str, Any]:
    """Return the heaps of the page and of its worker, as the tests ask for them."""
    spec = importlib.util.spec_from_file_location("heap", HEAP)
    if spec is None or spec.loader is None:
        raise SystemExit(f"There is no '{HEAP}'.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.heaps(page)
    return found


if __name__ == "__main__":
    main()
