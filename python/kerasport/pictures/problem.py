"""Why a file is not read, and the limits: the same words and numbers as in the browser."""

from __future__ import annotations

__all__ = [
    "BLANK_PIXELS",
    "FORMATS",
    "MAX_BYTES",
    "MAX_OWN_SIDE",
    "MAX_PIXELS",
    "MAX_PIXELS_PER_BYTE",
    "MAX_SIDE",
    "Problem",
    "check_density",
    "check_size",
    "damaged",
    "ends_early",
    "shows_nothing",
    "too_many_bytes",
]

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF")
"""Formats that are read, by Pillow's names."""

MAX_PIXELS = 89_478_485
"""Largest picture that is decoded (256 MiB as 8-bit RGB, Pillow's own warning level)."""

MAX_SIDE = 32_767
"""Longest side in formats that the browser's own decoders read; Firefox's are the narrowest."""

MAX_OWN_SIDE = 65_535
"""Longest side in PNG and BMP: every row costs memory and time of its own."""

MAX_BYTES = 256 << 20
"""Largest file that is opened."""

BLANK_PIXELS = 1 << 24
"""Pixels that any file may have, however short it is."""

MAX_PIXELS_PER_BYTE = 4096
"""Pixels that one byte of a file may stand for where there are more than `BLANK_PIXELS`.

A photo has fewer than 100; 46 bytes of WebP that claim 89 million cost two gigabytes.
"""

_SAVE_AGAIN = "Save it as JPEG, PNG, GIF, BMP or WebP."


class Problem(Exception):
    """A file is not read: `reason` completes "cannot be read: ..."; `fix` says what helps."""

    def __init__(self, reason: str, fix: str = _SAVE_AGAIN) -> None:
        super().__init__(f"{reason}. {fix}")
        self.reason = reason
        self.fix = fix


def ends_early() -> Problem:
    """Return the problem of a file that was cut off."""
    return Problem("it is incomplete, the file ends too early", "Copy or save it again.")


def damaged(what: str) -> Problem:
    """Return the problem of a file whose content contradicts its format."""
    return Problem(f"it is damaged, {what}", "Copy or save it again.")


def shows_nothing() -> Problem:
    """Return the problem of a WebP that is transparent everywhere: WebKit shows damaged ones so."""
    return Problem(
        "it is a WebP that shows nothing, like a damaged one",
        "Copy or save it again, as PNG if it is meant to be empty.",
    )


def check_size(width: int, height: int, *, max_side: int = MAX_OWN_SIDE) -> None:
    """Refuse a size before anything is decoded or reserved for it.

    Raises:
        Problem: there are no pixels, too many, or one side is longer than `max_side`.
    """
    if width < 1 or height < 1:
        raise damaged(f"it says that it has {width} x {height} pixels")
    if width * height > MAX_PIXELS:
        raise Problem(
            f"it has {width} x {height} pixels, more than {MAX_PIXELS:,} in all",
            "Reduce it first.",
        )
    if max(width, height) > max_side:
        why = ", which browsers decode only as PNG or BMP" if max_side < MAX_OWN_SIDE else ""
        raise Problem(
            f"it has {width} x {height} pixels, more than {max_side:,} on a side{why}",
            "Reduce it first.",
        )


def check_density(pixels: int, size: int) -> None:
    """Refuse a large picture in next to no bytes, which costs its readers gigabytes.

    Raises:
        Problem: there are too many pixels for `size` bytes.
    """
    if pixels > max(BLANK_PIXELS, size * MAX_PIXELS_PER_BYTE):
        raise damaged("it holds too little data for its size")


def too_many_bytes(size: int) -> Problem:
    """Return the problem of a file that is not even opened."""
    return Problem(f"it has {size:,} bytes, more than {MAX_BYTES:,}", "Reduce it first.")
