"""Pixels as Pillow keeps them: where they lie, and memory that is used again."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Iterator
from typing import Any

from PIL import Image

__all__ = ["copy_memory", "kept_blocks", "stored_pixels"]

# A photo of 64 megapixels lies in one piece; Pillow's own 16 MiB hold one of four.
_BLOCK_BYTES = 1 << 28
_MOST_BLOCKS = 8

_counting = threading.Lock()
_holders = 0
_before = (0, 0)


class _ArrowArray(ctypes.Structure):
    """A part of the interface by which Pillow shows its memory, see the Arrow C data interface."""


_ArrowArray._fields_ = [
    *((name, ctypes.c_int64) for name in ("length", "nulls", "offset", "buffers_n", "children_n")),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
]

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype, _pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)

copy_memory = ctypes.memmove
"""Copies to an address, from another one, so many bytes; other threads go on meanwhile."""


@contextlib.contextmanager
def stored_pixels(image: Image.Image) -> Iterator[int | None]:
    """Yield the address of an RGB picture's pixels, of four bytes each, in one piece.

    None where Pillow keeps them in several.
    """
    try:
        shown: Any = image.__arrow_c_array__()
    except (AttributeError, ValueError):
        yield None
        return
    array = _ArrowArray.from_address(_pointer_of(shown[1], b"arrow_array"))
    values = array.children[0].contents if array.children_n == 1 else array
    is_whole = values.length == 4 * image.width * image.height and values.offset == 0
    yield values.buffers[1] if is_whole else None
    # Until here Pillow keeps them.
    del shown


@contextlib.contextmanager
def kept_blocks() -> Iterator[None]:
    """Let Pillow keep the memory of one picture for the next while the block runs.

    Else the system zeroes it for each anew, which takes a quarter of the time of a photo of 12
    megapixels. What was set before is set again when the last block has ended.
    """
    global _holders, _before
    core: Any = Image.core  # type: ignore[attr-defined]
    with _counting:
        if _holders == 0:
            _before = core.get_blocks_max(), core.get_block_size()
            core.set_block_size(max(_before[1], _BLOCK_BYTES))
            core.set_blocks_max(max(_before[0], _MOST_BLOCKS))
        _holders += 1
    try:
        yield
    finally:
        with _counting:
            _holders -= 1
            if _holders == 0:
                core.set_blocks_max(_before[0])
                core.set_block_size(_before[1])
