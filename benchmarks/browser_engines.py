"""Compare inference engines in Chromium, on WebAssembly and one thread, with the same models.

    python benchmarks/browser_engines.py
    python benchmarks/browser_engines.py --models MobileNetV2 casting --rounds 30
    python benchmarks/browser_engines.py --client before=path/to/kerasport.iife.js
    python benchmarks/browser_engines.py --pictures 200 --models MobileNetV2
    python benchmarks/browser_engines.py --browser firefox
    python benchmarks/browser_engines.py --browser any      # prints an address, also for phones

kerasport's client from `file://` with the bundle that it exports; LiteRT.js in its fastest build
and in the one without relaxed SIMD, from `.tflite`; onnxruntime-web, from `.onnx`; stock
TensorFlow.js with `loadLayersModel`. npm installs the peers, as they are published, into a
temporary folder, and pip tf2onnx beside them; where that does not work, onnxruntime-web is left
out. `--keep FOLDER` keeps packages and models for the next run. All weights are random, and the
same in every run.

Each engine has a page and a process of its own, and they take turns of a fifth of a second: in each
round every engine once, each one first equally often. `ratio` is of the processor time of a
prediction (all threads of the process) to that of the first engine of `--engines` in the same
round, in the median, with the smallest and the largest; `wall` is the same of the clock. Every
answer is compared with Keras. Another program on the machine moves milliseconds more than ratios.

`--browser` measures in any browser, by the clock alone: all engines in frames of one page, where
they take turns of a quarter of a second on its one thread.

`--pictures N` measures files of N photos instead, from the file to the answer: kerasport with as
many workers as it starts by itself, LiteRT.js in its page with a canvas that resizes. The first
batch, which starts the workers, stands apart.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from support.browser_models import MODELS, write_apart
from support.engine_pages import ENGINES, Engine, install_peers, needed
from support.one_page import clocked
from support.processor_time import PageProcess
from support.serving import served

from kerasport.parity.browsers.chromium import launched_chromium
from kerasport.parity.browsers.engines import ENGINES as BROWSERS

TOLERANCE = 1e-4
"""Float32 sums in another order, in the worst of the models."""

LOAD = """\
async ([inPage, bytes]) => {
  globalThis.pixels = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  for (let round = 0; !globalThis.engine; round++) {
    if (round > 1000) throw new Error("the page did not start");
    await new Promise((done) => setTimeout(done, 20));
  }
  const runsOn = await engine.load(inPage);
  return { runsOn, answer: Array.from(await engine.predict(pixels)) };
}
"""
TURN = """\
async (milliseconds) => {
  const times = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const start = performance.now();
    await engine.predict(pixels);
    times.push(performance.now() - start);
  }
  return times;
}
"""
BATCH = """\
async () => {
  const start = performance.now();
  const found = await engine.classifyFiles(document.querySelector("#files").files);
  return { ...found, milliseconds: performance.now() - start };
}
"""
FILES = """\
() => {
  const input = Object.assign(document.createElement("input"), { type: "file", multiple: true });
  input.id = "files";
  document.body.append(input);
}
"""


class Contestant:
    """A page with an engine and a model, ready to answer."""

    def __init__(self, browser: Any, engine: Engine, address: str, *, in_page: bool) -> None:
        self.engine = engine
        self._address = address
        # A context of its own is a process of its own.
        self.page = browser.new_context().new_page()
        self.page.set_default_timeout(300_000)
        self.page.goto(address)
        self._in_page = in_page
        self.wall: list[float] = []
        self.processor: list[float] = []

    def load(self, pixels: str) -> dict[str, Any]:
        """Load the model; return what it runs on and its answer."""
        found: dict[str, Any] = self.page.evaluate(LOAD, [self._in_page, pixels])
        self._process = PageProcess(self.page)
        return found

    def turn(self, milliseconds: int, *, counts: bool = True) -> None:
        """Predict for that long, and note the milliseconds of a prediction."""
        before = self._process.seconds()
        times: list[float] = self.page.evaluate(TURN, milliseconds)
        used = self._process.seconds() - before
        if counts:
            self.wall.append(float(np.median(times)))
            self.processor.append(1000 * used / len(times))

    def batch(self) -> dict[str, Any]:
        """Classify the files that were chosen."""
        before = self._process.seconds()
        found: dict[str, Any] = self.page.evaluate(BATCH)
        return {**found, "processor": 1000 * (self._process.seconds() - before)}


@contextlib.contextmanager
def contestants(
    folder: Path, engines: list[Engine], *, in_page: bool
) -> Iterator[list[Contestant]]:
    """Open a page for each engine, load the model and compare its answer with Keras."""
    shape = input_shape(folder)
    expected = np.frombuffer((folder / "answer.bin").read_bytes(), np.float32)
    pixels = base64_of(folder / "pixels.bin")
    with launched_chromium() as browser, served(folder) as address:
        found = []
        for engine in engines:
            page = engine.write_page(folder, shape)
            place = page.as_uri() if engine.is_file else f"{address}/{page.name}"
            contestant = Contestant(browser, engine, place, in_page=in_page)
            loaded = contestant.load(pixels)
            difference = float(np.abs(np.array(loaded["answer"]) - expected).max())
            print(f"  {engine.name} ({loaded['runsOn']}): {difference:.1e} from Keras", flush=True)
            if not difference <= TOLERANCE:
                raise SystemExit(f"{engine.name} differs from Keras by more than {TOLERANCE:g}.")
            found.append(contestant)
        yield found


def input_shape(folder: Path) -> list[int]:
    """Return the shape of a model's input, with the batch of one picture."""
    metadata = json.loads((folder / "bundle" / "metadata.json").read_text(encoding="utf-8"))
    return [1, *metadata["inputShape"]]


def base64_of(path: Path) -> str:
    """Return the bytes of a file as text."""
    return base64.b64encode(path.read_bytes()).decode()


def predictions(folder: Path, engines: list[Engine], rounds: int) -> list[dict[str, Any]]:
    """Measure single predictions; return a line for each engine."""
    with contestants(folder, engines, in_page=True) as found:
        for contestant in found:
            # Compilers are done by then.
            contestant.turn(1500, counts=False)
        for number in range(rounds):
            for place in range(len(found)):
                found[(number + place) % len(found)].turn(200)
    first = found[0]
    return [
        {
            "engine": each.engine.name,
            "milliseconds": float(np.median(each.processor)),
            "wall": float(np.median(each.wall)),
            **ratios("ratio", each.processor, first.processor),
            **ratios("wall_ratio", each.wall, first.wall),
        }
        for each in found
    ]


def clocked_predictions(
    browser: str, folder: Path, engines: list[Engine], rounds: int
) -> list[dict[str, Any]]:
    """Measure single predictions by the clock of one page; return a line for each engine."""
    found = clocked(browser, folder, input_shape(folder), engines, rounds)
    first = next(iter(found.values()))
    return [
        {"engine": name, "wall": float(np.median(own)), **ratios("wall_ratio", own, first)}
        for name, own in found.items()
    ]


def ratios(name: str, own: list[float], other: list[float]) -> dict[str, float]:
    """Return the median, the smallest and the largest ratio of two engines within a round."""
    all_ratios = np.array(own) / np.array(other)
    return {
        name: float(np.median(all_ratios)),
        f"{name}_least": float(all_ratios.min()),
        f"{name}_most": float(all_ratios.max()),
    }


def throughput(
    folder: Path, engines: list[Engine], rounds: int, photos: list[Path]
) -> list[dict[str, Any]]:
    """Measure batches of photos; return a line for each engine that takes files."""
    able = [engine for engine in engines if engine.takes_files]
    with contestants(folder, able, in_page=False) as found:
        for contestant in found:
            contestant.page.evaluate(FILES)
            contestant.page.set_input_files("#files", photos)
        batches = [[each.batch()] for each in found]
        for number in range(rounds):
            for place in range(len(found)):
                turn = (number + place) % len(found)
                batches[turn].append(found[turn].batch())
    lines = []
    warm = [[batch["milliseconds"] for batch in each[1:]] for each in batches]
    for each, own, taken in zip(found, batches, warm, strict=True):
        rates = [len(photos) / (milliseconds / 1000) for milliseconds in taken]
        lines.append(
            {
                "engine": each.engine.name,
                "workers": own[-1]["workers"],
                "first_per_second": 1000 * len(photos) / own[0]["milliseconds"],
                "per_second": float(np.median(rates)),
                "processor": float(np.median([b["processor"] for b in own[1:]])) / len(photos),
                **ratios("throughput", warm[0], taken),
                "same_best": float(np.mean(np.array(own[-1]["best"]) == batches[0][-1]["best"])),
            }
        )
    return lines


def draw_photos(folder: Path, count: int) -> list[Path]:
    """Write JPEGs of 640 x 480 with shapes of all sizes; return their paths."""
    generator = np.random.default_rng(5)
    folder.mkdir()
    paths = []
    for number in range(count):
        picture = np.zeros((480, 640, 3))
        for side in (4, 16, 64, 240):
            noise = generator.integers(0, 256, (side, side * 4 // 3, 3), np.uint8)
            large = Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC)
            picture += np.asarray(large) / 4
        path = folder / f"{number:04}.jpg"
        blurred = Image.fromarray(picture.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
        blurred.save(path, quality=90)
        paths.append(path)
    return paths


def print_predictions(lines: list[dict[str, Any]]) -> None:
    print(
        "| engine | processor, ms | ratio | smallest | largest | clock, ms | wall |\n"
        "|---|---|---|---|---|---|---|"
    )
    for line in lines:
        print(
            f"| {line['engine']} | {line['milliseconds']:.2f} | {line['ratio']:.2f} "
            f"| {line['ratio_least']:.2f} | {line['ratio_most']:.2f} "
            f"| {line['wall']:.2f} | {line['wall_ratio']:.2f} |"
        )


def print_clocked(lines: list[dict[str, Any]]) -> None:
    print("| engine | clock, ms | ratio | smallest | largest |\n|---|---|---|---|---|")
    for line in lines:
        print(
            f"| {line['engine']} | {line['wall']:.2f} | {line['wall_ratio']:.2f} "
            f"| {line['wall_ratio_least']:.2f} | {line['wall_ratio_most']:.2f} |"
        )


def print_throughput(lines: list[dict[str, Any]]) -> None:
    print(
        "| engine | workers | first batch, pictures/s | pictures/s | ratio | smallest | largest "
        "| processor, ms | same class |\n|---|---|---|---|---|---|---|---|---|"
    )
    for line in lines:
        print(
            f"| {line['engine']} | {line['workers']} | {line['first_per_second']:.1f} "
            f"| {line['per_second']:.1f} | {line['throughput']:.2f} "
            f"| {line['throughput_least']:.2f} | {line['throughput_most']:.2f} "
            f"| {line['processor']:.1f} | {line['same_best']:.0%} |"
        )


def install_onnx(packages: Path) -> Path | None:
    """Install tf2onnx beside TensorFlow as it is here; None where that does not work."""
    target = packages / "onnx"
    if not target.exists():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
        names = ["tf2onnx", "onnx<1.19", "ml_dtypes"]
        command = [*pip, "--target", str(target), *names]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
    return target


def chosen_engines(names: list[str], clients: list[str]) -> list[Engine]:
    """Return the engines by name, and one for each other build of the client."""
    builds = [(text.partition("=")[0], Path(text.partition("=")[2])) for text in clients]
    more = [ENGINES["kerasport"].with_script(f"kerasport-{name}", path) for name, path in builds]
    return [*(ENGINES[name] for name in names), *more]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument(
        "--engines",
        nargs="+",
        choices=list(ENGINES),
        default=[
            *("LiteRT.js", "LiteRT.js-plain", "kerasport", "kerasport-plain"),
            *("onnxruntime-web", "TensorFlow.js"),
        ],
        help="the first one is what the others are compared with",
    )
    parser.add_argument("--client", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each engine (default 15)")
    parser.add_argument("--browser", choices=[*BROWSERS, "any"], help="by the clock, in that one")
    parser.add_argument("--pictures", type=int, help="measure batches of so many photos instead")
    parser.add_argument("--results", type=Path, help="JSON Lines file that the lines are added to")
    parser.add_argument("--keep", type=Path, help="folder for packages and models of other runs")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        temporary = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="kerasport-bench-"))
        )
        root = (options.keep or temporary).absolute()
        engines = chosen_engines(options.engines, options.client)
        onnx = install_onnx(root / "packages") if "model.onnx" in needed(engines) else None
        photos = draw_photos(temporary / "photos", options.pictures) if options.pictures else []
        for name in options.models:
            folder = root / name
            able = write(name, folder, root / "packages", engines, onnx)
            load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
            print(f"{name}, load {load:.1f} on {os.cpu_count()} processors", flush=True)
            if photos:
                lines = throughput(folder, able, options.rounds, photos)
                print_throughput(lines)
            elif options.browser:
                lines = clocked_predictions(options.browser, folder, able, options.rounds)
                print_clocked(lines)
            else:
                lines = predictions(folder, able, options.rounds)
                print_predictions(lines)
            if options.results:
                with options.results.open("a", encoding="utf-8") as file:
                    for line in lines:
                        file.write(json.dumps({"model": name, "load": load, **line}) + "\n")


def write(
    name: str, folder: Path, packages: Path, engines: list[Engine], onnx: Path | None
) -> list[Engine]:
    """Write a model and its links; return the engines that it can run on."""
    try:
        install_peers(packages, folder)
        write_apart(name, folder, onnx)
    except RuntimeError as error:
        # One converter may be missing; without the model there is nothing to compare.
        if not (folder / "model.keras").exists():
            raise SystemExit(str(error)) from error
        print(f"  {error}")
    able = [each for each in engines if each.needs is None or (folder / each.needs).exists()]
    for engine in engines:
        if engine not in able:
            print(f"  {engine.name} is left out: there is no {engine.needs}.")
    versions = {each.name: each.version(packages) for each in able}
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    return able


if __name__ == "__main__":
    main()
