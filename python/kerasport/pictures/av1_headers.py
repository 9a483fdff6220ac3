"""AV1: what the headers of a sequence and of its frame say (sections 5.5 and 5.9 of its text)."""

from __future__ import annotations

from dataclasses import dataclass

from kerasport.pictures.problem import Problem, damaged

__all__ = ["WRONG_FRAMES", "Sampling", "SequenceHeader", "has_layers", "read_headers"]

Sampling = str
"""How colour is stored: `"4:0:0"` (gray), `"4:2:0"`, `"4:2:2"` or `"4:4:4"`."""

WRONG_FRAMES = "its frames are wrong"

_BY_FRAME = 2
"""What stands for "each frame says so itself"."""


@dataclass
class SequenceHeader:
    """What decides how the frame is read and shown.

    `matrix` is the number of the matrix coefficients; `level` and `tier` are what a decoder has to
    be able to do.
    """

    profile: int = 0
    level: int = 0
    tier: int = 0
    width: int = 0
    height: int = 0
    bits: int = 8
    sampling: Sampling = "4:0:0"
    matrix: int = 2
    is_full_range: bool = False
    has_film_grain: bool = False


def has_layers() -> Problem:
    """Return the problem of a picture that is not one frame."""
    return Problem(
        "it is an AVIF with several layers or frames in one picture, which browsers show "
        "differently",
        "Save it as PNG or JPEG.",
    )


class _Bits:
    """Numbers of any count of bits, the highest bit first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def skip(self, bits: int) -> None:
        self._position += bits
        if self._position > 8 * len(self._data):
            raise damaged(WRONG_FRAMES)

    def number(self, bits: int) -> int:
        start = self._position
        self.skip(bits)
        value = 0
        for position in range(start, self._position):
            value = value * 2 + (self._data[position >> 3] >> (7 - position % 8) & 1)
        return value

    def flag(self) -> bool:
        return self.number(1) == 1


def read_headers(sequence: bytes, frame: bytes) -> SequenceHeader:
    """Return what the sequence header says, once the frame is a key frame of its size.

    Raises:
        Problem: there are layers, or it is damaged.
    """
    bits = _Bits(sequence)
    header = SequenceHeader(profile=bits.number(3))
    if header.profile > 2:
        raise damaged(WRONG_FRAMES)
    bits.skip(1)
    is_reduced = bits.flag()
    if is_reduced:
        header.level = bits.number(5)
    else:
        _read_operation(bits, header)
    width_bits, height_bits = bits.number(4) + 1, bits.number(4) + 1
    header.width, header.height = bits.number(width_bits) + 1, bits.number(height_bits) + 1
    name_bits = 0
    if not is_reduced and bits.flag():
        name_bits = bits.number(4) + bits.number(3) + 3
    bits.skip(3)
    tools = (_BY_FRAME, _BY_FRAME, 0) if is_reduced else _read_tools(bits)
    is_scaled = bits.flag()
    bits.skip(2)
    _read_colors(bits, header)
    header.has_film_grain = bits.flag()
    start = _Bits(frame)
    # One that was shown before, no key frame, or one that is not shown.
    if not is_reduced and (start.flag() or start.number(2) or not start.flag()):
        raise damaged(WRONG_FRAMES)
    _check_size(start, tools, None if is_reduced else name_bits, is_scaled=is_scaled)
    return header


def _read_operation(bits: _Bits, header: SequenceHeader) -> None:
    if bits.flag():
        bits.skip(64)
        if bits.flag():
            _skip_counted(bits)
        if bits.flag():
            # The timing of a stream, which adds numbers to every frame.
            raise has_layers()
    has_display_delay = bits.flag()
    # More than one operating point, or one that chooses layers.
    if bits.number(5) or bits.number(12):
        raise has_layers()
    header.level = bits.number(5)
    header.tier = bits.number(1) if header.level > 7 else 0
    if has_display_delay and bits.flag():
        bits.skip(4)


def _skip_counted(bits: _Bits) -> None:
    """Skip a number whose length stands before it as zeros."""
    zeros = 0
    while not bits.flag():
        zeros += 1
    if zeros < 32:
        bits.skip(zeros)


def _read_tools(bits: _Bits) -> tuple[int, int, int]:
    """Return whether frames use tools for screens and whole numbers for movements, and the length
    of the number that orders them, in bits.
    """
    bits.skip(4)
    has_order = bits.flag()
    if has_order:
        bits.skip(2)
    for_screens, whole = _BY_FRAME, _BY_FRAME
    if not bits.flag():
        for_screens = bits.number(1)
    if for_screens and not bits.flag():
        whole = bits.number(1)
    return for_screens, whole, bits.number(3) + 1 if has_order else 0


def _read_colors(bits: _Bits, header: SequenceHeader) -> None:
    if bits.flag():
        header.bits = 12 if header.profile == 2 and bits.flag() else 10
    is_gray = header.profile != 1 and bits.flag()
    primaries, transfer = 2, 2
    if bits.flag():
        primaries, transfer, header.matrix = bits.number(8), bits.number(8), bits.number(8)
    if is_gray:
        header.is_full_range = bits.flag()
        return
    if (primaries, transfer, header.matrix) == (1, 13, 0):
        if header.profile == 0:
            raise damaged(WRONG_FRAMES)
        header.is_full_range = True
        header.sampling = "4:4:4"
    else:
        header.is_full_range = bits.flag()
        header.sampling = _sampling(bits, header)
    if header.sampling == "4:2:0":
        bits.skip(2)
    bits.skip(1)


def _sampling(bits: _Bits, header: SequenceHeader) -> Sampling:
    if header.profile < 2:
        return ("4:2:0", "4:4:4")[header.profile]
    if header.bits < 12:
        return "4:2:2"
    if not bits.flag():
        return "4:4:4"
    return "4:2:0" if bits.flag() else "4:2:2"


def _check_size(
    frame: _Bits, tools: tuple[int, int, int], name_bits: int | None, *, is_scaled: bool
) -> None:
    """Refuse a frame of another size than its sequence's, or that is to be shown in another."""
    for_screens, whole, order_bits = tools
    frame.skip(1)
    if for_screens == _BY_FRAME:
        for_screens = frame.number(1)
    if for_screens and whole == _BY_FRAME:
        frame.skip(1)
    is_other = False
    if name_bits is not None:
        frame.skip(name_bits)
        is_other = frame.flag()
        frame.skip(order_bits)
    if is_scaled and frame.flag():
        frame.skip(3)
    if is_other or frame.flag():
        raise damaged("its sizes contradict each other")
