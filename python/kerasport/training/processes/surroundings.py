"""Which process of a training this one is, as whoever started it left it in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from kerasport.errors import KerasportError

__all__ = [
    "COORDINATOR_VARIABLE",
    "PARENT_VARIABLE",
    "PROCESSES_VARIABLE",
    "PROCESS_VARIABLE",
    "Surroundings",
    "is_one_of_several",
    "look_around",
]

COORDINATOR_VARIABLE = "KERASPORT_COORDINATOR"
"""Environment variable: host and port at which process 0 waits for the others."""

PROCESSES_VARIABLE = "KERASPORT_PROCESSES"
"""Environment variable: how many processes train together."""

PROCESS_VARIABLE = "KERASPORT_PROCESS"
"""Environment variable: the number of this one, from 0."""

PARENT_VARIABLE = "KERASPORT_PARENT"
"""Environment variable: number of the process that started this one, and tells the user."""

# What starters of many processes call the number of a process, and of all of them. Of SLURM the
# number in the step: a batch script has variables of the whole job, and is one process.
_NUMBERS = ("OMPI_COMM_WORLD_RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX")
_COUNTS = ("OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")


@dataclass(frozen=True)
class Surroundings:
    """Where a process stands.

    Attributes:
        coordinator: host and port of process 0; None where JAX finds it out by itself.
        count: of all processes.
        number: of this one, from 0.
        parent: the process that started it with `--processes`; None where something else did.
    """

    coordinator: str | None
    count: int
    number: int
    parent: int | None = None


def look_around(environment: Mapping[str, str] = os.environ) -> Surroundings | None:
    """Return where this process stands among several; None where it is the only one.

    The variables of kerasport come first. What they leave out is taken from Open MPI, SLURM and
    indexed jobs of Kubernetes.

    Raises:
        KerasportError: a variable is no number, or one is missing.
    """
    coordinator = environment.get(COORDINATOR_VARIABLE)
    count = _number(environment, (PROCESSES_VARIABLE, *_COUNTS))
    if count is None:
        if coordinator is not None:
            raise _missing(PROCESSES_VARIABLE)
        return None
    if count == 1:
        return None
    number = _number(environment, (PROCESS_VARIABLE, *_NUMBERS))
    if number is None:
        raise _missing(PROCESS_VARIABLE)
    if not number < count:
        raise KerasportError(
            f"This is process {number} of {count}, by {PROCESS_VARIABLE} and {PROCESSES_VARIABLE}. "
            f"Expected 0 to {count - 1}."
        )
    if coordinator is None and PROCESSES_VARIABLE in environment:
        raise _missing(COORDINATOR_VARIABLE)
    if coordinator is not None and not coordinator.rpartition(":")[2].isdigit():
        raise KerasportError(
            f"{COORDINATOR_VARIABLE} is {coordinator!r}. Expected the host of process 0 and a free "
            "port on it, like node1:9876."
        )
    return Surroundings(coordinator, count, number, _number(environment, (PARENT_VARIABLE,)))


def is_one_of_several() -> bool:
    """Tell whether something started this process as one of several."""
    return look_around() is not None


def _number(environment: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    for name in names:
        text = environment.get(name)
        if text:
            if not text.isdecimal():
                raise KerasportError(f"{name} is {text!r}. Expected a number from 0 on.")
            return int(text)
    return None


def _missing(name: str) -> KerasportError:
    return KerasportError(
        f"{name} is not set. A training in several processes needs {COORDINATOR_VARIABLE} "
        f"(host:port of process 0), {PROCESSES_VARIABLE} and {PROCESS_VARIABLE} in each of them."
    )
