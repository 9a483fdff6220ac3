"""The state of a training after an epoch, in one file that is replaced as a whole."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import DataError
from kerasport.files import named_in_errors
from kerasport.runs.names import CHECKPOINT_FILE
from kerasport.training.fitting.history import EpochLog
from kerasport.training.processes import current

__all__ = ["Arrays", "Checkpoint", "load_checkpoint", "save_checkpoint"]

Arrays: TypeAlias = "list[NDArray[Any]]"


@dataclass
class Checkpoint:
    """Everything that the next epoch depends on, besides data and recipe.

    Attributes:
        phase: index of the phase that was under way.
        epoch: epochs of it that are done.
        ended: the phase is over, by its last epoch or by early stopping.
        log: the figures so far.
        callbacks: state of the callbacks that remember something, by their names.
        variables: of the model: weights, statistics, states of the random layers.
        optimizer: its variables, the number of steps included.
        best: the weights of the best epoch.
    """

    phase: int
    epoch: int
    ended: bool
    log: EpochLog
    callbacks: dict[str, dict[str, Any]]
    variables: Arrays
    optimizer: Arrays
    best: Arrays


def save_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the checkpoint beside the last one and rename it over it."""
    state = {
        "phase": checkpoint.phase,
        "epoch": checkpoint.epoch,
        "ended": checkpoint.ended,
        "log": asdict(checkpoint.log),
        "callbacks": checkpoint.callbacks,
    }
    arrays: dict[str, Any] = {"state": np.array(json.dumps(state))}
    for name in ("variables", "optimizer", "best"):
        for index, array in enumerate(getattr(checkpoint, name)):
            arrays[f"{name}/{index}"] = array
    fresh = folder / f"new-{CHECKPOINT_FILE}"
    try:
        with named_in_errors(fresh):
            _write_arrays(fresh, arrays)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    fresh.replace(folder / CHECKPOINT_FILE)


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write what `numpy.savez` writes.

    When a disk is full, numpy leaves its archive to the garbage collector, which complains.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.save(member, array, allow_pickle=False)


def load_checkpoint(folder: Path | None) -> Checkpoint | None:
    """Return the last checkpoint in `folder`; None when no epoch was finished.

    Processes that have no folder get that of the first, which has one or keeps nothing.

    Raises:
        DataError: the file is damaged.
    """
    path = (folder or Path()) / CHECKPOINT_FILE
    content = b""
    try:
        if folder is not None and path.exists():
            content = path.read_bytes()
        content = current().share("checkpoint", content)
        if not content:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            state = json.loads(str(file["state"]))
            lists: dict[str, Any] = {
                name: [file[key] for key in _keys(file.files, name)]
                for name in ("variables", "optimizer", "best")
            }
        log = EpochLog(**state.pop("log"))
        # JSON has no tuples.
        log.phases = [(str(name), int(epochs)) for name, epochs in log.phases]
        return Checkpoint(**state, **lists, log=log)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(
            f"'{path}' is damaged ({error}), so the training cannot go on from there. "
            "Start it again with --force."
        ) from None


def _keys(names: list[str], prefix: str) -> list[str]:
    own = [name for name in names if name.startswith(f"{prefix}/")]
    return sorted(own, key=lambda name: int(name.rpartition("/")[2]))
