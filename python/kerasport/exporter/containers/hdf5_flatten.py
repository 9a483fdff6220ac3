"""A program of its own: write what an HDF5 file holds as plain bytes. Started by `hdf5_file`.

The C library behind h5py hangs on some damaged files and could crash on others, so that it is used
in a process that can be ended. HDF5 can also point to other files (external links, external
storage, virtual data sets), load filters from plug-ins, and declare arrays of any size for which
it stores nothing. None of that is in a model that Keras saved, and none of it is followed.

    python hdf5_flatten.py SOURCE TARGET MEMORY_BYTES [SKIP ...]

TARGET receives the values of all arrays, one behind the other, each at a multiple of 64 bytes.
Standard output receives one JSON object: `attributes` (path -> name -> text or list of texts) and
`arrays` (path -> numpy's name of the type, shape, offset), or `error` alone, or `no_space` alone:
the number of the system's error.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import sys
from pathlib import Path
from typing import IO, Any

_MAX_GROWTH = 20
"""How many times the file's size its arrays may have: Keras does not compress them."""

_FREE_BYTES = 64 << 20
"""What the arrays of a small file may have all the same."""

_FILTERS = {1, 2, 3}
"""Deflate, shuffle and checksum: those that are part of every HDF5 library."""

_MAX_DEPTH = 60
_MAX_ITEMS = 200_000
_ALIGNMENT = 64


class Flattener:
    """Walks one file; `attributes` and `arrays` are what is printed, `seen` where objects lie."""

    def __init__(self, size: int, target: IO[bytes]) -> None:
        self.attributes: dict[str, dict[str, str | list[str]]] = {}
        self.arrays: dict[str, tuple[str, list[int], int]] = {}
        self._size = size
        self._left = max(_FREE_BYTES, _MAX_GROWTH * size)
        self._target = target
        self._offset = 0
        self.seen: set[Any] = set()

    def walk(self, group: Any, path: str = "", skip: frozenset[str] = frozenset()) -> None:
        """Take over a group and everything inside it, but for names in `skip`."""
        import h5py

        if path.count("/") > _MAX_DEPTH:
            raise ValueError("its groups are nested too deep")
        self._note(group, path)
        for name in group:
            if name in skip:
                continue
            inner = f"{path}/{name}"
            if group.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
                raise ValueError(f"'{inner}' is a link, and links are not followed")
            item = group[name]
            place = h5py.h5o.get_info(item.id).addr
            if place in self.seen:
                raise ValueError(f"'{inner}' stands in it twice")
            self.seen.add(place)
            if len(self.seen) > _MAX_ITEMS:
                raise ValueError(f"it holds more than {_MAX_ITEMS:,} groups and arrays")
            if isinstance(item, h5py.Group):
                self.walk(item, inner)
            elif isinstance(item, h5py.Dataset) and item.shape is not None:
                self._note(item, inner)
                self._copy(item, inner)

    def _note(self, item: Any, path: str) -> None:
        found = {}
        for name in item.attrs:
            value = self._attribute(item, name)
            if value is not None:
                found[name] = value
        if found:
            self.attributes[path or "/"] = found

    def _attribute(self, item: Any, name: str) -> str | list[str] | None:
        """Return a text or a list of texts, None for anything else."""
        import h5py

        attribute = item.attrs.get_id(name)
        count = math.prod(attribute.shape)
        text = h5py.check_string_dtype(attribute.dtype)
        if text is None:
            return None
        # Texts of any length lie elsewhere in the file; several may be one and the same, which the
        # memory that this process may have keeps within bounds.
        if count > _MAX_ITEMS or count * (text.length or 0) > max(_FREE_BYTES, self._size):
            raise ValueError(f"its attribute {name!r} is larger than the file")
        value = item.attrs[name]
        if attribute.shape == ():
            return decoded(value)
        return [decoded(each) for each in value.ravel()]

    def _copy(self, dataset: Any, path: str) -> None:
        import h5py
        import numpy as np

        brain_float = dataset.dtype == np.dtype("V2")
        if dataset.dtype.kind not in "fiub" and not brain_float:
            return
        nbytes = math.prod(dataset.shape) * dataset.dtype.itemsize
        plan = dataset.id.get_create_plist()
        if plan.get_external_count():
            raise ValueError(f"the array '{path}' lies in another file")
        if plan.get_layout() == h5py.h5d.VIRTUAL:
            raise ValueError(f"the array '{path}' is put together from other files")
        if {plan.get_filter(number)[0] for number in range(plan.get_nfilters())} - _FILTERS:
            raise ValueError(f"the array '{path}' is packed by a plug-in of HDF5")
        if nbytes and not self._is_stored(dataset, nbytes):
            raise ValueError(
                f"the array '{path}' says that it has {nbytes:,} bytes, and not all of them are "
                "in the file"
            )
        self._left -= nbytes
        if self._left < 0:
            raise ValueError(f"its arrays together are more than {_MAX_GROWTH} times its size")
        values = np.empty(dataset.shape, dataset.dtype)
        if nbytes:
            dataset.read_direct(values)
        # h5py knows no bfloat16: Keras' arrays of it come as two bytes each.
        kind = "bfloat16" if brain_float else dataset.dtype.newbyteorder("<").str
        if not brain_float:
            values = values.astype(kind, copy=False)
        self._target.write(b"\0" * (-self._offset % _ALIGNMENT))
        self._offset += -self._offset % _ALIGNMENT
        self.arrays[path] = (kind, list(dataset.shape), self._offset)
        self._target.write(values.tobytes())
        self._offset += nbytes

    def _is_stored(self, dataset: Any, nbytes: int) -> bool:
        """Tell whether the file holds all bytes of an array."""
        stored = dataset.id.get_storage_size()
        if dataset.chunks is None:
            return bool(stored == nbytes and stored <= self._size)
        chunks = math.prod(
            -(-side // step) for side, step in zip(dataset.shape, dataset.chunks, strict=True)
        )
        chunk_bytes = math.prod(dataset.chunks) * dataset.dtype.itemsize
        return bool(
            dataset.id.get_num_chunks() == chunks
            and stored <= self._size
            and chunk_bytes <= max(_FREE_BYTES, _MAX_GROWTH * self._size)
        )


def decoded(value: Any) -> str:
    """Return a text of HDF5 as Python's."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def flatten(source: Path, target: Path, skip: frozenset[str]) -> dict[str, Any]:
    """Return what is printed about `source`; its values are in `target` then."""
    import h5py

    try:
        with h5py.File(source, "r", locking=False) as file, target.open("wb") as stream:
            flattener = Flattener(source.stat().st_size, stream)
            flattener.seen.add(h5py.h5o.get_info(file.id).addr)
            flattener.walk(file, skip=skip)
            return {"attributes": flattener.attributes, "arrays": flattener.arrays}
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            # The place of TARGET is full; the file may be whole.
            return {"no_space": error.errno}
        return {"error": _text_of(error)}
    except MemoryError:
        return {"error": "it needs more memory than a model of its size does"}
    except Exception as error:
        # On a damaged file h5py raises whatever its C library and its own indexing come to.
        return {"error": _text_of(error)}


def _text_of(error: Exception) -> str:
    text = " ".join(str(error.args[0] if error.args else error).split())
    return text[:300] or type(error).__name__


def main() -> None:
    """Run the program."""
    source, target, memory, *skip = sys.argv[1:]
    with contextlib.suppress(ImportError, ValueError, OSError):
        # Not on Windows, and not where a stricter limit is set already.
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    found = flatten(Path(source), Path(target), frozenset(skip))
    sys.stdout.buffer.write(json.dumps(found).encode())


if __name__ == "__main__":
    main()
