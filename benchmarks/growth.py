"""How the cost of a picture, and memory, grow with the number of pictures.

    .venv/bin/python benchmarks/growth.py
    .venv/bin/python benchmarks/growth.py 1000000 --in /mnt/large

The pictures are noise, PNG files of 16 x 16 pixels in ten class folders, of which a million take
4 GB of a file system with blocks of 4 kB, and as many inodes. Each step runs in a process of its
own. What counts is its processor time, less that of the same step with two hundred pictures, for
each picture; and its largest resident set, in which the cache's file is too, where it is mapped.
The bundle that predicts is made of the first pictures.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np

SIDE, CLASSES, FEW = 16, 10, 200
COUNTS = (1_000, 10_000, 100_000)
CHOSEN = ["--image-size", str(SIDE), "--color-mode", "rgb"]

# An epoch's batches, without a network: what training waits for. Told by the process itself.
FEED = """
import sys, time
from kerasport.dataset import PixelCache, decode_dataset, read_data
from kerasport.preprocess import ImageSpec
from kerasport.training.fitting.batches import batches
cache = PixelCache.find(None)
decoded = decode_dataset(read_data(sys.argv[1]), ImageSpec(16, 16), cache=cache)
data = batches([decoded.pixels], decoded.labels, batch_size=64, seed=1)
before = time.process_time()
for index in range(len(data)):
    data[index]
print(time.process_time() - before)
"""


def main() -> None:
    """Print a row of the table for each number of pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("counts", type=int, nargs="*", default=COUNTS, help="of pictures")
    parser.add_argument("--in", dest="folder", help="where the pictures are put meanwhile")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        os.chdir(temporary)
        draw("start", FEW)
        run(["train", "folder", "--data", "start", "--out", "run", "--epochs", "1", *CHOSEN])
        run(["export", "run", "--out", "bundle"])
        start = steps("start")
        names = list(start)
        print(f"| pictures | {' | '.join(names)} |\n|---:|{'---:|' * len(names)}", flush=True)
        last = 0
        for count in options.counts:
            # What is there already stays: the cache is emptied, the files are not drawn again.
            draw("data", count, since=last)
            last = count
            cells = []
            for name, (seconds, megabytes) in steps("data").items():
                each = (seconds - start[name][0]) / (count - FEW) * 1e6
                cells.append(f"{each:.1f} µs, {megabytes:.0f} MB")
            print(f"| {count:,} | {' | '.join(cells)} |", flush=True)


def steps(data: str) -> dict[str, tuple[float, float]]:
    """Return processor seconds and megabytes of each step on the pictures of a folder."""
    subprocess.run(["rm", "-rf", "cache", "answers.csv"], check=True)
    check = ["check", data, "--json"]
    cache = ["cache", data, *CHOSEN]
    found = {
        "check": run(check),
        "check again": run(check),
        "cache": run(cache),
        "cache again": run(cache),
    }
    found["epoch's batches"] = feed(data)
    found["predict"] = run(["predict", "bundle", data, "--output", "answers.csv"])
    return found


def feed(data: str) -> tuple[float, float]:
    """Return what an epoch's batches take, and the largest memory of the process."""
    _, megabytes, said = measured([sys.executable, "-c", FEED, data])
    return float(said), megabytes


def run(arguments: list[str]) -> tuple[float, float]:
    """Run a command of kerasport; return its processor seconds and megabytes."""
    seconds, megabytes, _ = measured([sys.executable, "-m", "kerasport", *arguments])
    return seconds, megabytes


def measured(command: list[str]) -> tuple[float, float, str]:
    """Run a command; return processor seconds, megabytes, and what it said."""
    environment = {**os.environ, "KERASPORT_CACHE": "cache", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=said, stderr=log, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        log.seek(0)
        if process.returncode:
            sys.exit(f"{command} failed: {log.read().strip()}")
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said.read()


def draw(root: str, count: int, *, since: int = 0) -> None:
    """Write pictures of noise as PNG files, those from number `since` on."""
    for label in range(CLASSES):
        Path(root, f"class {label}").mkdir(parents=True, exist_ok=True)
    for number in range(since, count):
        noise = np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        path = Path(root, f"class {number % CLASSES}", f"{number:07}.png")
        path.write_bytes(png(noise))


def png(pixels: np.ndarray) -> bytes:
    """Return the file of a picture, uint8 `[height, width, 3]`."""
    height, width, _ = pixels.shape
    lines = np.zeros((height, 1 + width * 3), np.uint8)
    lines[:, 1:] = pixels.reshape(height, -1)
    header = np.array([width, height], ">u4").tobytes() + bytes([8, 2, 0, 0, 0])
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 1)), (b"IEND", b""))
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, content in chunks:
        parts += [np.array(len(content), ">u4").tobytes(), name, content]
        parts.append(np.array(zlib.crc32(name + content), ">u4").tobytes())
    return b"".join(parts)


if __name__ == "__main__":
    main()
