"""Pillow's antialiased filters on WebAssembly: the same bytes in less time, where wasmtime is.

Only what decodes thousands of pictures uses it: what is compared with the browser, whose kernel is
much like it, is computed by Pillow itself.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kerasport.preprocess.resample import resize
from kerasport.preprocess.stored import copy_memory, stored_pixels
from kerasport.preprocess.weights import WEIGHTED, axis_weights

__all__ = ["fast_resize", "has_kernel"]

_WORDS = 16
_ALIGNED = 64
_PAGE = 1 << 16
_STRIP_BYTES = 1 << 18
# Below, computing the weights of a size that no picture had yet takes longer than Pillow.
_FEWEST_PIXELS = 1 << 20
# More than pictures need; a thread keeps its memory while it lives.
_MOST_BYTES = 1 << 26

_Box = tuple[float, float, float, float]
_kept = threading.local()


def has_kernel() -> bool:
    """Tell whether wasmtime is there and runs."""
    return _compiled() is not None


def fast_resize(
    image: Image.Image,
    size: tuple[int, int],
    resample: Image.Resampling,
    box: _Box | None = None,
) -> Image.Image | NDArray[np.uint8]:
    """Return what `resample.resize` does, for large RGB as an array `[height, width, 3]`."""
    is_large = image.width * image.height >= _FEWEST_PIXELS
    if not is_large or image.mode != "RGB" or resample not in WEIGHTED or not has_kernel():
        return resize(image, size, resample, box)
    with stored_pixels(image) as address:
        resized = None if address is None else _kernel()(address, image.size, size, resample, box)
    return resize(image, size, resample, box) if resized is None else resized


@functools.cache
def _compiled() -> tuple[Any, Any, Any] | None:
    """Return wasmtime, its engine and the module, or None where it does not run."""
    try:
        wasmtime = importlib.import_module("wasmtime")
    except (ImportError, OSError, RuntimeError):
        return None
    # Later wasmtime's own functions are gone, and letting go of a module prints a traceback.
    atexit.register(_compiled.cache_clear)
    atexit.register(_kept.__dict__.clear)
    engine = wasmtime.Engine()
    text = Path(__file__).with_name("resize.wat").read_text(encoding="utf-8")
    return wasmtime, engine, wasmtime.Module(engine, text)


def _kernel() -> _Kernel:
    if not hasattr(_kept, "kernel"):
        _kept.kernel = _Kernel()
    kernel: _Kernel = _kept.kernel
    return kernel


@dataclass(frozen=True)
class _Plan:
    """Where everything lies in the memory; `start` is what it begins with: words, then tables.

    Rows `first` to `end` of the source are made narrow, `strip` at a time.
    """

    start: NDArray[np.uint8]
    first: int
    end: int
    strip: int
    lines: int
    narrow: int
    row_bytes: int
    result: int
    bytes: int


# The pictures of a set have few sizes, and their sides fewer.
_axis = functools.lru_cache(maxsize=512)(axis_weights)


@functools.lru_cache(maxsize=512)
def _plan(
    source: tuple[int, int], size: tuple[int, int], resample: Image.Resampling, box: _Box | None
) -> _Plan:
    (source_width, source_height), (width, height) = source, size
    left, top, right, bottom = box or (0, 0, *source)
    across = _axis(resample, source_width, left, right, width, group=4)
    down = _axis(resample, source_height, top, bottom, height, group=2)
    quads, pairs = across.halves.shape[1], down.halves.shape[1]
    line_bytes, row_bytes = 4 * source_width, -(-width // 4) * 16
    # Rows that no row of the result needs are not made narrow.
    first = int(down.starts[0])
    end = min(source_height, int(down.starts[-1]) + 2 * pairs)
    strip = max(1, min(end - first, _STRIP_BYTES // line_bytes))
    tables = (
        np.stack([across.starts * 4, np.full(width, quads)], axis=1).astype(np.int32),
        across.halves,
        np.stack([(down.starts - first) * row_bytes, np.full(height, pairs)], axis=1).astype(
            np.int32
        ),
        down.halves,
    )
    # Behind the last row are some of weight zero.
    sizes = (strip * line_bytes, (end - first + 2 * pairs) * row_bytes, 3 * width * height)
    places = [4 * _WORDS]
    for each in (*(table.nbytes for table in tables), *sizes):
        # What is read and written at once may reach over the end.
        places.append(places[-1] + -(-each // _ALIGNED) * _ALIGNED + _ALIGNED)
    lines, narrow, result, whole = places[4:]
    start = np.zeros(lines, np.uint8)
    start[: 4 * _WORDS].view(np.int32)[:15] = (
        *(lines, line_bytes, strip, places[0], width, places[1], narrow, row_bytes),
        *(narrow, row_bytes, places[2], height, places[3], result, 3 * width),
    )
    for place, table in zip(places, tables, strict=False):
        start[place : place + table.nbytes] = table.reshape(-1).view(np.uint8)
    return _Plan(start, first, end, strip, lines, narrow, row_bytes, result, whole)


class _Kernel:
    """The module with a memory of its own, for one thread."""

    def __init__(self) -> None:
        compiled = _compiled()
        assert compiled is not None
        wasmtime, engine, module = compiled
        self._store = wasmtime.Store(engine)
        exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._across, self._finish = exports["across"], exports["finish"]
        self._growing = exports["memory"]
        self._look()

    def _look(self) -> None:
        size = self._growing.data_len(self._store)
        self._memory = np.ctypeslib.as_array(self._growing.data_ptr(self._store), (size,))
        self._base = int(self._memory.__array_interface__["data"][0])
        self._words = self._memory[: 4 * _WORDS].view(np.int32)

    def __call__(
        self,
        source: int,
        source_size: tuple[int, int],
        size: tuple[int, int],
        resample: Image.Resampling,
        box: _Box | None,
    ) -> NDArray[np.uint8] | None:
        """Return uint8 `[height, width, 3]`; None where that takes too much memory.

        Args:
            source: address of the pixels, of four bytes.
            source_size: their width and height.
            size: width and height of the result.
            resample: one of `WEIGHTED`.
            box: left, top, right, bottom of the part; None for all.
        """
        plan = _plan(source_size, size, resample, box)
        if plan.bytes > _MOST_BYTES:
            return None
        missing = plan.bytes - len(self._memory)
        if missing > 0:
            self._growing.grow(self._store, -(-missing // _PAGE))
            self._look()
        self._memory[: len(plan.start)] = plan.start
        line_bytes = 4 * source_size[0]
        for at in range(plan.first, plan.end, plan.strip):
            rows = min(plan.strip, plan.end - at)
            lines = source + at * line_bytes
            copy_memory(self._base + plan.lines, lines, rows * line_bytes)
            self._words[2] = rows
            self._words[6] = plan.narrow + (at - plan.first) * plan.row_bytes
            (self._finish if at + rows == plan.end else self._across)(self._store)
        width, height = size
        result = self._memory[plan.result : plan.result + 3 * width * height]
        return result.reshape(height, width, 3).copy()
