"""Why a file is not read, and the limits: the same words and numbers as in the browser."""

from __future__ import annotations

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "Problem",
    "check_size",
    "damaged",
    "ends_early",
    "too_many_bytes",
]

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF")
"""Formats that are read, by Pillow's names."""

MAX_PIXELS = 89_478_485
"""Largest picture that is decoded (256 MiB as 8-bit RGB, Pillow's own warning level)."""

MAX_SIDE = 32_767
"""Longest side in formats that the browser's own decoders read; Firefox's are the narrowest."""

MAX_BYTES = 256 << 20
"""Largest file that is opened."""

_SAVE_AGAIN = "Save it as JPEG, PNG, GIF, BMP, WebP or AVIF."


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


def check_size(width: int, height: int, *, max_side: int | None = None) -> None:
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
    if max_side is not None and max(width, height) > max_side:
        raise Problem(
            f"it has {width} x {height} pixels, more than {max_side:,} on a side, which browsers "
            "decode only as PNG or BMP",
            "Reduce it first.",
        )


def too_many_bytes(size: int) -> Problem:
    """Return the problem of a file that is not even opened."""
    return Problem(f"it has {size:,} bytes, more than {MAX_BYTES:,}", "Reduce it first.")
