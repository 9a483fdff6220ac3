"""Classify many small pictures into a table: rate, memory, and the same bytes after kills.

    python benchmarks/predict_many.py web/model --numpy-file path/to/mnist.npz
    python benchmarks/predict_many.py web/model --pictures 20000 --kills 10 --format csv

The pictures are those of the file's `x_train`, without it noise of 28 x 28 pixels, written as PNG
files into a temporary folder. `kerasport predict --output` runs in a process of its own; memory is
the kernel's figure for its largest resident set. It runs on the first tenth, then on all: memory
should not follow the number. Then it is killed at random moments, continued each time, and what it
writes in the end is compared with the table of the run that nobody disturbed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

# The largest resident set of a child is known to the one that waits for it alone.
_MEASURE = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, used.ru_maxrss, used.ru_utime + used.ru_stime]))
"""


def main() -> None:
    """Print a row for each measurement."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", type=Path, help="a bundle, or a run")
    parser.add_argument("--numpy-file", type=Path, help="an .npz with x_train, uint8 pictures")
    parser.add_argument("--pictures", type=int, default=20_000, help="how many (default 20000)")
    parser.add_argument("--kills", type=int, default=10, help="how often (default 10)")
    parser.add_argument("--format", choices=["csv", "jsonl", "parquet"], default="parquet")
    parser.add_argument("--engine", default="auto", help="what answers for a bundle")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default 1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "all", options.pictures, options.numpy_file)
        tenth = folder / "tenth"
        tenth.mkdir()
        for path in sorted((folder / "all").iterdir())[: options.pictures // 10]:
            (tenth / path.name).symlink_to(path)

        def command(pictures: str, out: str) -> list[str]:
            words = [sys.executable, "-m", "kerasport", "predict", str(options.source)]
            words += [str(folder / pictures), "--engine", options.engine]
            return [*words, "--output", str(folder / f"{out}.{options.format}")]

        measure(command("tenth", "tenth"), options.pictures // 10)
        seconds = measure(command("all", "whole"), options.pictures)
        random.seed(options.seed)
        kill_often(command("all", "killed"), options.kills, seconds)
        whole, killed = (folder / f"{out}.{options.format}" for out in ("whole", "killed"))
        same = whole.read_bytes() == killed.read_bytes()
        print(f"the same bytes after the kills: {'yes' if same else 'NO'}")
        sys.exit(not same)


def write(folder: Path, count: int, file: Path | None) -> None:
    """Write the pictures as PNG files."""
    if file is None:
        pixels = np.random.default_rng(1).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    else:
        pixels = np.load(file)["x_train"][:count]
    folder.mkdir()
    for number, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{number:07d}.png")


def measure(command: Sequence[str], count: int) -> float:
    """Print time, rate and memory of a command; return its seconds."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *command], capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - start
    code, kilobytes, processor = json.loads(done.stdout)
    if code:
        sys.exit(done.stderr)
    print(
        f"{count:>9,} pictures {seconds:7.1f} s {count / seconds:7,.0f} a second "
        f"{1000 * processor / count:6.2f} ms of processor each {kilobytes / 1024:6.0f} MiB"
    )
    return seconds


def kill_often(command: Sequence[str], kills: int, seconds: float) -> None:
    """Kill the command at random moments, then let it end."""
    out = Path(command[-1])
    parts = out.with_name(f".{out.name}.parts")
    for number in range(1, kills + 1):
        before = set(parts.glob("*.part"))
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            # Every third one while it starts; the others when it has come further than the last.
            while number % 3 and process.poll() is None and set(parts.glob("*.part")) == before:
                time.sleep(0.01)
            try:
                process.wait(random.uniform(0, seconds / kills))
                print(f"kill {number}: it had ended before")
                break
            except subprocess.TimeoutExpired:
                process.kill()
        rows = sum(int(path.name.split("-")[1]) for path in parts.glob("*.part"))
        print(f"kill {number}: {rows:,} rows are kept, {'a' if out.exists() else 'no'} table")
    if not out.exists():
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
