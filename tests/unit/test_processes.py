"""Which process of a training this is, and which rows of a batch are its own."""

from __future__ import annotations

import numpy as np
import pytest

from kerasport.errors import KerasportError
from kerasport.training.processes import BatchPart, launch
from kerasport.training.processes.surroundings import Surroundings, look_around

OWN = {
    "KERASPORT_COORDINATOR": "node1:9876",
    "KERASPORT_PROCESSES": "3",
    "KERASPORT_PROCESS": "2",
}
SLURM = {"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "1"}
OPEN_MPI = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"}
INDEXED_JOB = {
    "KERASPORT_COORDINATOR": "job-0.pods:1",
    "KERASPORT_PROCESSES": "4",
    "JOB_COMPLETION_INDEX": "3",
}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        (OWN, Surroundings("node1:9876", 3, 2)),
        (OWN | {"KERASPORT_PARENT": "77"}, Surroundings("node1:9876", 3, 2, 77)),
        (OWN | SLURM, Surroundings("node1:9876", 3, 2)),
        (SLURM, Surroundings(None, 4, 1)),
        (OPEN_MPI, Surroundings(None, 2, 1)),
        (OPEN_MPI | {"KERASPORT_COORDINATOR": "a:1"}, Surroundings("a:1", 2, 1)),
        (INDEXED_JOB, Surroundings("job-0.pods:1", 4, 3)),
        (SLURM | {"SLURM_STEP_NUM_TASKS": "1"}, None),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, None),
        ({"JOB_COMPLETION_INDEX": "3"}, None),
    ],
    ids=[
        "alone",
        "three-variables",
        "started-here",
        "ours-before-slurm's",
        "slurm",
        "open-mpi",
        "open-mpi-5",
        "indexed-job",
        "one-task",
        "batch-script",
        "job-of-one",
    ],
)
def test_a_process_finds_its_place(
    environment: dict[str, str], expected: Surroundings | None
) -> None:
    """The variables of kerasport come first; what they leave out is the starter's."""
    assert look_around(environment) == expected


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"KERASPORT_PROCESSES": ""}, "KERASPORT_PROCESSES is not set"),
        ({"KERASPORT_PROCESS": ""}, "KERASPORT_PROCESS is not set"),
        ({"KERASPORT_PROCESS": "3"}, "This is process 3 of 3"),
        ({"KERASPORT_PROCESS": "-1"}, "KERASPORT_PROCESS is '-1'. Expected a number"),
        ({"KERASPORT_PROCESSES": "two"}, "KERASPORT_PROCESSES is 'two'. Expected a number"),
        ({"KERASPORT_COORDINATOR": "node1"}, "Expected the host of process 0 and a free port"),
    ],
)
def test_a_variable_that_is_wrong_is_named(changed: dict[str, str], message: str) -> None:
    """Whoever starts processes by hand is told which variable to set, and to what."""
    with pytest.raises(KerasportError, match=message):
        look_around(OWN | changed)


def test_a_place_without_an_address_is_refused() -> None:
    """A number of processes alone leads nowhere, unless JAX knows who started them."""
    own = {name: value for name, value in OWN.items() if name != "KERASPORT_COORDINATOR"}

    with pytest.raises(KerasportError, match="KERASPORT_COORDINATOR is not set"):
        look_around(own)


def test_parts_are_the_batch_in_its_order() -> None:
    """What falls on a row at random falls on the same row however many processes there are."""
    rows = np.arange(12)

    for count in (1, 2, 3, 4):
        parts = [BatchPart(number, count).of(rows) for number in range(count)]
        assert np.concatenate(parts).tolist() == rows.tolist()


def test_another_backend_starts_no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever chose TensorFlow is told that it trains in one process."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")

    with pytest.raises(KerasportError, match="needs Keras on JAX, and KERAS_BACKEND is 'tens"):
        launch(["train"], 2)
