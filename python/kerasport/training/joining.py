"""Training in several processes: starting them here, or joining those that others started."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from kerasport.training.processes import (
    Ended,
    World,
    is_one_of_several,
    joined,
    launch,
    resuming_advice,
)
from kerasport.training.unfinished import Unfinished

__all__ = ["needs_others", "train_in_processes", "training_together"]


def needs_others(count: int | None) -> bool:
    """Tell whether so many processes are still to be started."""
    return count is not None and count > 1 and not is_one_of_several()


def train_in_processes(arguments: Sequence[str], count: int, *, out: Path) -> int:
    """Run `kerasport` with these arguments in so many processes and return the exit code.

    Args:
        arguments: of the command line.
        count: of the processes, all on this machine.
        out: the run folder that they write.

    Raises:
        KerasportError: a process was killed, or Keras does not run on JAX here.
    """
    try:
        return launch(arguments, count)
    except Ended as error:
        raise Ended(f"{error} {_advice(out)}") from None


@contextlib.contextmanager
def training_together(out: Path) -> Iterator[World]:
    """Join the other processes of a training, if there are any, for the block."""
    with joined() as world:
        resuming_advice(lambda: f" {_advice(out)}")
        yield world


def _advice(out: Path) -> str:
    if Unfinished(out).can_go_on:
        return f"Go on after the last whole epoch with: kerasport train --resume {out}"
    return "No epoch was finished; start it again."
