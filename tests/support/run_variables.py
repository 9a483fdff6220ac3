"""The variables that a run's file of its model has."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from numpy.typing import NDArray

__all__ = ["variables_of"]


def variables_of(run: Path) -> list[NDArray[Any]]:
    """Return the variables of a run's model and of its optimizer, in the order of their names."""
    import h5py

    found: list[NDArray[Any]] = []

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found.append(item[()])

    with ZipFile(run / "model.keras") as archive:
        stream = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(stream) as file:
        file.visititems(keep)
    return found
