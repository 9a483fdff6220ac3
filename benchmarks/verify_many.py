"""Time and memory of `kerasport verify --images` for each witness alone, on any number of pictures.

Each witness runs in a command of its own. The largest resident memory of Python is the kernel's own
figure; that of the browser and its helpers is the largest sum seen in `/proc`, looked at five times
a second, with shared pages counted once per process.

    python benchmarks/verify_many.py BUNDLE --run RUN --images PICTURES
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kerasport.parity.browsers.guard import descendants, processes
from kerasport.parity.witnesses.names import WITNESSES


def main() -> None:
    """Print a row for each witness."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--witness", action="append", choices=WITNESSES)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the first one")
    print("| witness | pictures | whole, s | witness, s | Python, MB | browser, MB | worst |")
    print("|---|---|---|---|---|---|---|")
    for name in options.witness or WITNESSES:
        command = [sys.executable, "-m", "kerasport", "verify", options.bundle, "--json"]
        command += ["--run", options.run, "--images", options.images, "--witness", name]
        print(measure(name, command), flush=True)


def measure(name: str, command: list[str | Path]) -> str:
    """Return the row of one witness."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=out, stderr=log)
        helpers = 0
        while (found := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            others = set(descendants(process.pid))
            helpers = max(helpers, sum(each.memory for each in processes() if each.id in others))
            time.sleep(0.2)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(found[1])
        out.seek(0)
        log.seek(0)
        if process.returncode not in (0, 3):
            return f"| {name} | {log.read().strip().splitlines()[-1]} | | | | | |"
        parity = json.load(out)
    (witness,) = parity["witnesses"]
    verdict = "" if parity["passed"] else ", FAILED"
    return (
        f"| {name} | {witness['pictures']:,} | {seconds:.0f} | {witness['seconds']:.0f} "
        f"| {found[2].ru_maxrss / 1024:.0f} | {helpers / 2**20:.0f} "
        f"| {witness['maxAbsoluteDifference']:.1e}{verdict} |"
    )


if __name__ == "__main__":
    main()
