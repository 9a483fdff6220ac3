"""Train in one process and in two, each on one core, and kill one of two at random moments.

    python benchmarks/distributed_training.py --data path/to/cifar10/train
    python benchmarks/distributed_training.py --data path/to/cifar10/train --kills 20
    python benchmarks/distributed_training.py --data flowers --recipe transfer --weights FILE

Of the pictures so many of each class are taken as --pictures says. The two ways take turns. What
counts is the time from the end of the first epoch, which holds the compiling, to that of the last.
On a machine that is busy otherwise processes wait for their turn, and two wait for each other;
compare the processor times then: what one process needs, and what two need together for the same
pictures. Efficiency is the first divided by the second. Two processors that share a core, its
caches or its memory slow each other down whatever they do: "at once" are two trainings that know
nothing of each other, one on each, and the efficiency beside them is what working together costs.
With --kills trainings of two processes are ended by killing one of them, resumed, and compared
with one that nobody killed, bit for bit. In turn that is at any moment, at one after the first
epoch, and while a checkpoint is being written. Small pictures and many epochs leave little else:

    python benchmarks/distributed_training.py --data path/to/cifar10/train --kills 20 \
        --recipe folder --image-size 8 --pictures 20 --epochs 60
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image
from support.run_variables import variables_of

KILLS = ("any", "trained", "writing")

# Notes the time at the end of every epoch, in a file of its own for each process.
PROGRAM = """
import os, sys, json, time
core, notes, *arguments = sys.argv[1:]
os.sched_setaffinity(0, {int(core)})
from kerasport.training.fitting import phases
made = phases.reporter
def reporter(phase, *given):
    callback = made(phase, *given)
    told = callback.on_epoch_end
    def on_epoch_end(epoch, logs=None):
        with open(notes, "a") as file:
            note = phase.title, time.perf_counter(), time.process_time()
            file.write(json.dumps(note) + chr(10))
        told(epoch, logs)
    callback.on_epoch_end = on_epoch_end
    return callback
phases.reporter = reporter
from kerasport.cli import main
main(arguments)
"""


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of class folders")
    parser.add_argument("--recipe", default="cifar10")
    parser.add_argument("--weights", help="of the backbone, with --recipe transfer")
    parser.add_argument("--image-size", default=None)
    parser.add_argument("--pictures", type=int, default=200, help="of each class")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kills", type=int, default=0)
    return parser.parse_args()


def some_pictures(data: Path, target: Path, count: int) -> None:
    """Copy the first pictures of each class."""
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        (target / folder.name).mkdir(parents=True)
        for picture in sorted(folder.iterdir())[:count]:
            shutil.copy(picture, target / folder.name)


def command(given: argparse.Namespace, out: str) -> list[str]:
    """Return the arguments of `kerasport` for a training."""
    line = ["train", given.recipe, "--data", "data", "--out", out, "--force"]
    line += ["--test-share", "0.05", "--no-calibrate"]
    if given.image_size:
        line += ["--image-size", given.image_size]
    if given.recipe == "transfer":
        fine = ["--fine-tune-epochs", str(given.epochs), "--fine-tune-rate", "1e-4"]
        width = re.search(r"_(0\.\d+|1\.[03])_\d+_no_top", given.weights or "")
        line += ["--epochs", "1", "--weights", given.weights or "none", *fine]
        return line + (["--width", width[1]] if width else [])
    return [*line, "--epochs", str(given.epochs)]


def train(line: list[str], work: Path, processes: int, core: int = 0) -> tuple[float, float]:
    """Return wall and processor seconds of an epoch, of all processes together.

    Args:
        line: the arguments of `kerasport`.
        work: the folder that they are relative to.
        processes: how many there are.
        core: of the first of them, each of the others has the next.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    together = {
        "KERASPORT_COORDINATOR": f"127.0.0.1:{port}",
        "KERASPORT_PROCESSES": str(processes),
    }
    notes = [work / f"notes-{core + number}" for number in range(processes)]
    started = []
    for number, file in enumerate(notes):
        file.unlink(missing_ok=True)
        environment = {**os.environ, "KERAS_BACKEND": "jax", "KERASPORT_PROCESS": str(number)}
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(core + number), str(file), *line],
                cwd=work,
                env={**environment, **(together if processes > 1 else {})},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        )
    said = [process.communicate()[1].decode() for process in started]
    if any(process.returncode for process in started):
        sys.exit("\n".join(said))
    wall = processor = 0.0
    for file in notes:
        lines = [json.loads(text) for text in file.read_text().splitlines()]
        last = [(end, used) for title, end, used in lines if title == lines[-1][0]]
        epochs = len(last) - 1
        wall = max(wall, (last[-1][0] - last[0][0]) / epochs)
        processor += (last[-1][1] - last[0][1]) / epochs
    return wall, processor


def both_at_once(given: argparse.Namespace, work: Path) -> tuple[float, float]:
    """Return what `train` does of a training that has another one beside it, on the next core."""
    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(lambda core: train(command(given, f"alone-{core}"), work, 1, core), [0, 1])
        )
    return max(wall for wall, _ in found), statistics.mean(processor for _, processor in found)


def difference(first: Path, second: Path) -> float:
    """Return the largest difference of two runs' variables, the numbers of steps left out."""
    pairs = zip(variables_of(first), variables_of(second), strict=True)
    return max(float(np.abs(one - two).max()) for one, two in pairs if one.dtype.kind == "f")


def kill_one(given: argparse.Namespace, work: Path, way: str, seconds: float) -> bool:
    """Kill one of two processes, go on, and return whether the bits are those of nobody killed.

    Args:
        given: the command line.
        work: has the data, and the run that nobody disturbed.
        way: which moments.
        seconds: what a whole training takes.
    """
    line = command(given, "killed")
    run = started_together(line, work)
    kept = work / "killed.unfinished"
    begin = time.perf_counter()
    if way == "any":
        wait(run, lambda: False, random.uniform(0.1, seconds))
        wait(run, lambda: len(children_of(run)) == 2)
    else:
        wait(run, (kept / "checkpoint.npz").exists)
        first = time.perf_counter() - begin
        wait(run, lambda: False, random.uniform(0, max(0.1, seconds - first)))
    children = children_of(run)
    if way == "writing":
        wait(run, (kept / "new-checkpoint.npz").exists)
    if children and run.poll() is None:
        os.kill(children[0] if way == "writing" else random.choice(children), 9)
    killed = time.perf_counter()
    said = run.communicate()[1]
    took = time.perf_counter() - killed
    if run.returncode and said.count("Error:") != 1:
        sys.exit(f"Expected one sentence:\n{said}")
    # Who was ended while it wrote has left it.
    writing = (kept / "new-checkpoint.npz").exists()
    can_go_on = (kept / "checkpoint.npz").exists()
    how = "it was done already"
    if run.returncode:
        how = "resumed" if can_go_on else "started again"
        again = started_together(["train", "--resume", "killed"] if can_go_on else line, work)
        said = again.communicate()[1]
        if again.returncode:
            sys.exit(said)
    equal = all(map(np.array_equal, variables_of(work / "killed"), variables_of(work / "whole")))
    during = ", while a checkpoint was written" if writing else ""
    print(f"killed after {killed - begin:.1f} s{during}, ended in {took:.1f} s, {how}", end="")
    print(f", {'the same bits' if equal else 'OTHER BITS'}", flush=True)
    return equal


def started_together(line: list[str], work: Path) -> subprocess.Popen[str]:
    """Start a training in two processes of this machine."""
    return subprocess.Popen(
        [sys.executable, "-m", "kerasport", *line, "--processes", "2"],
        cwd=work,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def children_of(run: subprocess.Popen[str]) -> list[int]:
    """Return the numbers of the processes that a process has started."""
    listed = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True)
    return [int(number) for number in listed.stdout.split()]


def wait(run: subprocess.Popen[str], until: Callable[[], bool], seconds: float = 600) -> None:
    """Wait until something is so, the run is over, or so many seconds have passed."""
    end = time.perf_counter() + seconds
    while not until() and run.poll() is None and time.perf_counter() < end:
        time.sleep(0.0002)


def main() -> None:
    """Print what was measured."""
    given = arguments()
    given.weights = str(Path(given.weights).absolute()) if given.weights else None
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        some_pictures(given.data, work / "data", given.pictures)
        if given.kills:
            begin = time.perf_counter()
            whole = started_together(command(given, "whole"), work)
            said = whole.communicate()[1]
            if whole.returncode:
                sys.exit(said)
            seconds = time.perf_counter() - begin
            print(f"a whole training takes {seconds:.0f} s", flush=True)
            turns = [KILLS[number % len(KILLS)] for number in range(given.kills)]
            equal = [kill_one(given, work, way, seconds) for way in turns]
            print(f"{sum(equal)} of {len(equal)} ended with the same bits")
            sys.exit(not all(equal))
        ways = {
            "one process": lambda: train(command(given, "run-1"), work, 1),
            "two at once": lambda: both_at_once(given, work),
            "two together": lambda: train(command(given, "run-2"), work, 2),
        }
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(given.rounds):
            for name, run in ways.items():
                measured[name].append(run())
                wall, processor = measured[name][-1]
                print(f"{name}: {wall:.2f} s, {processor:.2f} processor s an epoch", flush=True)
        one, at_once, together = (
            [statistics.median(row[which] for row in rows) for which in (0, 1)]
            for rows in measured.values()
        )
        for name, alone in (("one process", one), ("two at once", at_once)):
            by_clock, by_processor = alone[0] / together[0] / 2, alone[1] / together[1]
            print(f"beside {name}: efficiency by the clock {by_clock:.3f}, ", end="")
            print(f"by processor time {by_processor:.3f}")
        print(f"largest difference of a variable {difference(work / 'run-1', work / 'run-2'):.1e}")
        side = Image.open(next((work / "data").rglob("*.*"))).size
        print(f"(pictures of {side[0]} x {side[1]} pixels, {given.epochs} epochs)")


if __name__ == "__main__":
    main()
