"""Time and memory of check, train and predict on many small pictures in many classes.

    .venv/bin/python benchmarks/many_pictures.py
    .venv/bin/python benchmarks/many_pictures.py --pictures 20000 --classes 2000

The pictures are noise, PNG files of 16 pixels in a temporary folder, three fifths of them for
training and one fifth each for validation and test. `predict` makes 224 pixels of them, for a model
that is trained on a few. Every command runs in a process of its own; memory is the kernel's figure
for the largest resident set.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 16
LARGE_SIDE = 224
PREDICTED = (2_000, 10_000, 20_000)


def main() -> None:
    """Draw the pictures, run the commands and print a row for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        # Relative paths, so that thousands of them fit on a command line.
        os.chdir(temporary)
        os.environ["KERASPORT_CACHE"] = "cache"
        files = draw(Path("data"), pictures=options.pictures, classes=options.classes)
        draw(Path("few"), pictures=100, classes=2)
        print(f"{len(files):,} pictures in {options.classes:,} classes, {os.cpu_count()} cores")
        print("| command | pictures | s | MiB |")
        print("|---|---|---|---|")
        measure("check", len(files), ["check", "data", "--json"])
        measure("train, one epoch", len(files), training("data", "run", side=SIDE))
        size = sum(Path("run", name).stat().st_size for name in ("report.json", "report.html"))
        measure("train on a few", 100, training("few", "large", side=LARGE_SIDE))
        for count in PREDICTED:
            asked = files[:count]
            measure("predict", len(asked), ["predict", "large", *asked])
        print(f"report.json and report.html of the first training: {size / 1e6:.1f} MB")


def training(data: str, out: str, *, side: int) -> list[str | Path]:
    """Return the arguments that train for one epoch."""
    size = ["--epochs", "1", "--image-size", str(side)]
    return ["train", "folder", "--data", data, "--out", out, *size]


def draw(root: Path, *, pictures: int, classes: int) -> list[Path]:
    """Write the pictures and return their paths, those of the test first."""
    generator = np.random.default_rng(0)
    splits = ("test", "train", "train", "train", "val")
    files = []
    for number in range(pictures):
        split = splits[number // classes % len(splits)]
        path = root / split / f"class {number % classes:05}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = generator.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(noise).save(path, compress_level=1)
        files.append(path)
    return sorted(files)


def measure(name: str, pictures: int, arguments: list[str | Path]) -> None:
    """Run a command and print its row."""
    command = [sys.executable, "-m", "kerasport", *map(str, arguments)]
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            sys.exit(f"{name} failed: {log.read().strip()}")
    seconds = time.monotonic() - started
    print(f"| {name} | {pictures:,} | {seconds:.0f} | {used.ru_maxrss / 1024:.0f} |", flush=True)


if __name__ == "__main__":
    main()
