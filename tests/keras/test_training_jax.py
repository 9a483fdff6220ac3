"""Training with Keras on JAX: in one process, on several devices, in several processes."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.pictures import write_class_folders
from support.run_variables import variables_of

import kerasport
from kerasport import models
from kerasport.training.fitting.batches import batches
from kerasport.training.processes import BatchPart

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(
        importlib.util.find_spec("jax") is None or sys.version_info < (3, 11),
        reason="Keras on JAX (the extra 'jax') needs Python 3.11",
    ),
]

OPTIONS = (
    *("folder", "--data", "data", "--image-size", "8", "--epochs", "3", "--learning-rate", "0.01"),
    *("--batch-size", "12", "--tensorboard"),
)
WITHOUT_TENSORFLOW = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
def find_others(name, *arguments, **options):
    return None if name == "tensorflow" else find(name, *arguments, **options)
PathFinder.find_spec = find_others
"""
# The other process keeps what it ends with, which it writes nowhere by itself.
FOLLOWER = """
import sys
import numpy as np
from kerasport.training import following
fitted = following.fitted_model
def keep(*arguments, **options):
    model, history = fitted(*arguments, **options)
    arrays = [np.asarray(variable) for variable in [*model.variables, *model.optimizer.variables]]
    # No file of a model keeps where its random layers are.
    np.savez("follower.npz", *(array for array in arrays if array.dtype == np.float32))
    return model, history
following.fitted_model = keep
from kerasport.cli import main
main(sys.argv[1:])
"""

# A process of a busy machine, which hears of another's death seconds later.
SLOW_TO_HEAR = """
import sys, time
from kerasport.training.processes import lifeline
heard = lifeline._heard
def hear_late(end):
    word = heard(end)
    time.sleep(2)
    return word
lifeline._heard = hear_late
from kerasport.cli import main
main(sys.argv[1:])
"""

started: list[subprocess.Popen[str]] = []


@pytest.fixture(scope="module", autouse=True)
def _nobody_is_left() -> Iterator[None]:
    """End what a test that failed did not wait for."""
    yield
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures, and a Python start-up file that hides TensorFlow."""
    folder = tmp_path_factory.mktemp("work")
    write_class_folders(folder / "data", {"dark": 21, "light": 21})
    (folder / "sitecustomize.py").write_text(WITHOUT_TENSORFLOW)
    return folder


def environment(work: Path, **others: str) -> dict[str, str]:
    """Return the environment of a process that finds JAX and no TensorFlow."""
    paths = [str(work), str(Path(kerasport.__file__).parents[1])]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KERAS")}
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), **others}


def start(
    work: Path, arguments: Sequence[str], program: Sequence[str] = ("-m", "kerasport"), **env: str
) -> subprocess.Popen[str]:
    """Start a command in the folder of pictures."""
    process = subprocess.Popen(
        [sys.executable, *program, "train", *arguments],
        cwd=work,
        env=environment(work, **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started.append(process)
    return process


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a command."""
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def weights(run: Path) -> list[np.ndarray]:
    return [np.asarray(array) for array in models.load_model(run / "model.keras").get_weights()]


def furthest(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(first, second, strict=True))


@pytest.fixture(scope="module")
def one(work: Path) -> tuple[Path, str]:
    """A run of one process, and what it said."""
    code, _, said = finish(start(work, [*OPTIONS, "--out", "one"]))
    assert code == 0, said
    return work / "one", said


@pytest.fixture(scope="module")
def two(work: Path, one: Any) -> tuple[Path, tuple[str, str], list[np.ndarray]]:
    """A run of two processes, what the second said, and what it ended with."""
    common = {
        "KERASPORT_COORDINATOR": f"127.0.0.1:{free_port()}",
        "KERASPORT_PROCESSES": "2",
    }
    arguments = [*OPTIONS, "--out", "two"]
    first = start(work, arguments, KERASPORT_PROCESS="0", **common)
    second = start(work, arguments, ("-c", FOLLOWER), KERASPORT_PROCESS="1", **common)
    code, _, said = finish(first)
    assert code == 0, said
    code, *second_said = finish(second)
    assert code == 0, second_said
    with np.load(work / "follower.npz") as file:
        return work / "two", (second_said[0], second_said[1]), [file[name] for name in file.files]


def test_a_run_needs_no_tensorflow_and_names_its_backend(one: tuple[Path, str]) -> None:
    """Where JAX is there alone, Keras runs on it, and the versions of the run say so."""
    run, said = one
    versions = json.loads((run / "metadata.json").read_text())["training"]["versions"]

    assert {"jax", "jaxlib", "keras"} <= set(versions)
    assert "tensorflow" not in versions
    assert list((run / "tensorboard" / "training" / "validation").iterdir())
    assert (run / "report.html").is_file()
    assert "devices" not in said


def test_the_model_answers_the_same_on_tensorflow(one: tuple[Path, str]) -> None:
    """What was trained on JAX is a Keras model like any other, without a word of JAX in it."""
    history = json.loads((one[0] / "history.json").read_text())
    model = models.load_model(one[0] / "model.keras")
    from kerasport.dataset import ReadOptions, decode_dataset, read_data
    from kerasport.preprocess import ImageSpec

    dataset = read_data(one[0].parent / "data", options=ReadOptions(seed=1))
    decoded = decode_dataset(dataset, ImageSpec(height=8, width=8))
    pixels, truth = decoded.split("validation")
    answers = models.probabilities(model, pixels)

    right = float((answers.argmax(axis=1) == truth).mean())
    loss = -np.log(answers[np.arange(len(truth)), truth]).mean()
    assert history["validationAccuracy"][history["bestEpoch"] - 1] == pytest.approx(right)
    assert min(history["validationLoss"]) == pytest.approx(loss, abs=1e-5)


def test_two_processes_end_with_the_same_bits(two: Any) -> None:
    """Model and optimizer of the second are those of the run, and it said nothing."""
    run, said, arrays = two
    found = {array.tobytes() for array in variables_of(run)}

    assert said == ("", "")
    assert len(arrays) > len(weights(run))
    assert all(array.tobytes() in found for array in arrays)


def test_two_processes_are_next_to_one(one: tuple[Path, str], two: Any) -> None:
    """Random changes, dropout and order fall alike; only the order of sums differs."""
    assert furthest(weights(one[0]), weights(two[0])) <= 1e-5
    first, second = (json.loads((run / "history.json").read_text()) for run in (one[0], two[0]))
    assert first["validationLoss"] == pytest.approx(second["validationLoss"], abs=1e-5)


def test_all_devices_of_one_process_are_used(work: Path, one: tuple[Path, str]) -> None:
    """Two devices share the batches without being asked to, which a line says."""
    flags = "--xla_force_host_platform_device_count=2"

    code, _, said = finish(start(work, [*OPTIONS, "--out", "devices"], XLA_FLAGS=flags))

    assert code == 0, said
    assert "Training on 2 devices, each with a part of every batch." in said
    assert furthest(weights(one[0]), weights(work / "devices")) <= 1e-5


@pytest.mark.parametrize("count", [1, 2])
def test_batches_in_parts_are_of_one_size(count: int) -> None:
    """The last batch is filled up: in training with rows that count, else with ones that do not."""
    views, labels = [np.arange(10, dtype=np.uint8)[:, None]], np.arange(10)
    parts = [BatchPart(number, count) for number in range(count)]

    def whole(seed: int | None) -> list[list[np.ndarray]]:
        made = [batches(views, labels, batch_size=4, seed=seed, part=part) for part in parts]
        return [
            [np.concatenate(each) for each in zip(*(one[step] for one in made), strict=True)]
            for step in range(3)
        ]

    trained, validated = whole(seed=3), whole(seed=None)
    order = [label for _, truth in trained for label in truth]
    assert sorted(order[:10]) == list(range(10))
    assert order[10:] == order[:2]
    assert [label for _, truth, _ in validated for label in truth] == [*range(10), 0, 1]
    weights = np.concatenate([weight for *_, weight in validated])
    assert weights == pytest.approx([1.2] * 10 + [0, 0])
    assert all(rows[:, 0].tolist() == truth.tolist() for rows, truth, *_ in trained + validated)


def children_of(process: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True)
    return [int(line) for line in listed.stdout.split()]


def until(condition: Any, seconds: float = 240) -> Iterator[None]:
    """Wait on a state."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
        yield


@pytest.mark.skipif(sys.platform == "win32", reason="pgrep finds the processes")
def test_a_killed_process_ends_all_and_the_training_goes_on(work: Path, two: Any) -> None:
    """One sentence, exit code 1 and nobody left; resumed, it ends with the bits of one go."""
    parent = start(work, [*OPTIONS, "--out", "killed", "--processes", "2"])
    checkpoint = work / "killed.unfinished" / "checkpoint.npz"
    for _ in until(checkpoint.exists):
        assert parent.poll() is None
    children = children_of(parent.pid)
    os.kill(children[1], signal.SIGKILL)
    code, _, said = finish(parent)

    assert code == 1
    assert said.count("Error:") == 1
    assert said.rstrip().endswith(
        "Process 1 of 2 was ended by signal 9, and the others with it. Go on after the last whole "
        "epoch with: kerasport train --resume killed"
    )
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    code, _, said = finish(start(work, ["--resume", "killed", "--processes", "2"]))
    assert code == 0, said
    assert all(map(np.array_equal, variables_of(work / "killed"), variables_of(two[0])))


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed by a signal")
@pytest.mark.parametrize("lost", [0, 1])
def test_who_is_left_says_who_was_lost(work: Path, lost: int) -> None:
    """Without a parent too, one sentence, exit code 1, and none of JAX's own messages."""
    common = {
        "KERASPORT_COORDINATOR": f"127.0.0.1:{free_port()}",
        "KERASPORT_PROCESSES": "2",
    }
    arguments = [*OPTIONS, "--out", f"lost-{lost}", "--epochs", "200", "--patience", "200"]
    both = [
        start(work, arguments, ("-c", SLOW_TO_HEAR), KERASPORT_PROCESS=str(number), **common)
        for number in (0, 1)
    ]
    checkpoint = work / f"lost-{lost}.unfinished" / "checkpoint.npz"
    for _ in until(checkpoint.exists):
        assert both[0].poll() is None
    both[lost].kill()
    code, _, said = finish(both[1 - lost])

    assert code == 1
    told = said[said.index("Error:") :] if lost else said
    assert told == (
        f"Error: Process {lost} of 2 ended before the training was done, so this one ends too. "
        f"Go on after the last whole epoch with: kerasport train --resume lost-{lost}\n"
    )
    finish(both[lost])
