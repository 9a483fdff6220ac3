"""HDF5 files of strangers: texts and arrays by path, read by a process that can be ended."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ModelError, missing_extra
from kerasport.exporter.containers import hdf5_flatten
from kerasport.files import scratch_folder

__all__ = ["Hdf5Content", "read_hdf5"]

_SECONDS, _BYTES_PER_SECOND = 60, 10 << 20
_MEMORY_BYTES = 1 << 30
"""Address space of the process beside the arrays: Python, numpy and h5py reserve some 600 MB."""


@dataclass(frozen=True)
class Hdf5Content:
    """What a file holds, by path from the root, such as `/model_weights/dense/dense/kernel:0`.

    Attributes:
        attributes: path of a group or an array -> name -> text or texts.
        arrays: path -> values; bfloat16 comes as float32.
    """

    attributes: Mapping[str, Mapping[str, str | list[str]]]
    arrays: Mapping[str, NDArray[np.generic]]

    def text(self, path: str, name: str) -> str | None:
        """Return a text attached to what is at `path`, None where there is none."""
        value = self.attributes.get(path, {}).get(name)
        return value if isinstance(value, str) else None

    def texts(self, path: str, name: str) -> list[str]:
        """Return a list of texts attached to what is at `path`.

        Keras cuts one that is too long for HDF5 into `NAME0`, `NAME1` ...
        """
        found = self.attributes.get(path, {})
        parts = [name] if name in found else []
        while f"{name}{len(parts)}" in found:
            parts.append(f"{name}{len(parts)}")
        values = [found[part] for part in parts]
        return [each for value in values if isinstance(value, list) for each in value]


def read_hdf5(path: Path, what: str, *, expected: str, skip: Iterable[str] = ()) -> Hdf5Content:
    """Return what an HDF5 file holds. No link is followed and no size is believed.

    Args:
        path: the file.
        what: how a message names it, such as a quoted path.
        expected: what a message says was expected, such as "a whole-model .h5 file".
        skip: names of groups at the root to leave out, such as those of an optimizer.

    Raises:
        OSError: there is no room for temporary files.
        ModelError: it is damaged, points outside of itself, holds less than it says, or more
            than twenty times its own size.
        KerasportError: h5py is not installed.
    """
    if importlib.util.find_spec("h5py") is None:
        raise missing_extra("train", "Reading an HDF5 file")
    size = path.stat().st_size
    seconds = _SECONDS + size / _BYTES_PER_SECOND
    with scratch_folder() as folder:
        target = folder / "arrays"
        command = [sys.executable, "-I", hdf5_flatten.__file__, str(path.absolute()), str(target)]
        command += [str(_MEMORY_BYTES + 3 * size), *skip]
        try:
            done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
            found = json.loads(done.stdout)
            error = found.get("error")
            if number := found.get("no_space"):
                raise OSError(number, os.strerror(number), str(target))
        except subprocess.TimeoutExpired:
            error = f"it could not be read within {seconds:.0f} s"
        except ValueError:
            error = "the HDF5 library gave up on it"
        if error is not None:
            raise ModelError(
                f"{what} cannot be read as an HDF5 file: {error.rstrip('.')}. Expected {expected}; "
                "copy or save it again."
            )
        data = np.fromfile(target, np.uint8)
    arrays = {
        name: _array(data, kind, shape, offset)
        for name, (kind, shape, offset) in found["arrays"].items()
    }
    return Hdf5Content(found["attributes"], arrays)


def _array(
    data: NDArray[np.uint8], kind: str, shape: list[int], offset: int
) -> NDArray[np.generic]:
    stored = np.dtype("<u2" if kind == "bfloat16" else kind)
    count = int(np.prod(shape, dtype=np.int64))
    values = data[offset : offset + count * stored.itemsize].view(stored).reshape(shape)
    if kind != "bfloat16":
        return values
    # The upper half of a float32.
    return (values.astype(np.uint32) << 16).view(np.float32)
