"""JPEG: whether the scans make up the whole picture (ITU-T T.81, B.2.3 and annex G).

Decoders smooth over what scans are missing, each in its own way, and find their way back behind
wrong restart markers or do not.
"""

from __future__ import annotations

from dataclasses import dataclass

from kerasport.pictures.problem import MAX_PIXELS, Problem, damaged

__all__ = ["MAX_SCANS", "MAX_SCAN_PIXELS", "Component", "FrameHeader", "Scans"]

MAX_SCANS = 99
"""Scans of a JPEG; encoders write about ten, and Chromium gives up at 100."""

MAX_SCAN_PIXELS = 16 * MAX_PIXELS
"""Pixels of all scans together: each takes its time for the whole picture."""

_RESTARTS = bytes(range(0xD0, 0xD8))
_COEFFICIENTS = 64
# Largest shift of a coefficient, and what stands for one that no scan has brought.
_MAX_SHIFT, _MISSING = 13, -1
_BASELINE = bytes([0, _COEFFICIENTS - 1, 0])


@dataclass(frozen=True)
class Component:
    """How often a component is sampled, across and down, in one unit of interleaved scans."""

    across: int
    down: int


@dataclass(frozen=True)
class FrameHeader:
    """The frame header; `components` are by their identifiers."""

    width: int
    height: int
    components: dict[int, Component]
    is_progressive: bool


class Scans:
    """Follows which bits of which coefficients the scans bring."""

    def __init__(self, frame: FrameHeader) -> None:
        self.frame = frame
        self._count = 0
        # Of each coefficient, how many of its lowest bits are still to come.
        self._shifts = {name: [_MISSING] * _COEFFICIENTS for name in frame.components}

    def add(self, header: bytes, restarts: bytes, interval: int) -> bytes:
        """Return the scan's header as decoders are to get it.

        Args:
            header: the body of its segment.
            restarts: second bytes of the restart markers among the scan's data.
            interval: units between restart markers, 0 for none.

        Raises:
            Problem: the scan repeats or contradicts earlier ones, or is one too many.
        """
        self._count += 1
        frame = self.frame
        pixels = self._count * frame.width * frame.height
        if self._count > MAX_SCANS or pixels > MAX_SCAN_PIXELS:
            raise Problem("it is a JPEG of more scans than are worth their time")
        count = header[0] if header else 0
        names = header[1 : 1 + 2 * count : 2]
        if len(header) != 4 + 2 * count or not 1 <= count <= 4 or len(set(names)) != count:
            raise damaged("a scan's header is wrong")
        if not set(names) <= set(frame.components):
            raise damaged("a scan's header is wrong")
        if frame.is_progressive:
            self._refine(names, *header[-3:])
        else:
            # These bytes mean nothing here, and some cameras leave them wrong.
            header = header[:-3] + _BASELINE
            self._refine(names, *_BASELINE)
        _check_restarts(restarts, self._units(names), interval)
        return header

    def check_complete(self) -> None:
        """Raise unless every bit of every coefficient has come.

        Raises:
            Problem: scans are missing.
        """
        if any(any(shifts) for shifts in self._shifts.values()):
            raise Problem(
                "it is incomplete, some of its scans are missing", "Copy or save it again."
            )

    def _refine(self, names: bytes, first: int, last: int, shifts: int) -> None:
        before, after = shifts >> 4, shifts & 15
        # Progressive scans bring the first coefficients alone, and others of one component.
        is_alone = self.frame.is_progressive and first == 0
        is_wrong = (
            not first <= last < _COEFFICIENTS
            or (is_alone and last > 0)
            or (first > 0 and len(names) > 1)
            or after > _MAX_SHIFT
            or (before > 0 and after != before - 1)
        )
        if is_wrong:
            raise damaged("a scan's header is wrong")
        expected = before or _MISSING
        for name in names:
            known = self._shifts[name]
            count = last + 1 - first
            # Lists are compared as a whole: this is done for every picture.
            if known[first : last + 1] != [expected] * count or (
                first > 0 and known[0] == _MISSING
            ):
                raise damaged("its scans contradict each other")
            known[first : last + 1] = [after] * count

    def _units(self, names: bytes) -> int:
        """Return how many units a scan has: blocks of one component, or groups of several."""
        frame = self.frame
        across = max(part.across for part in frame.components.values())
        down = max(part.down for part in frame.components.values())
        if len(names) > 1:
            return -(-frame.width // (8 * across)) * -(-frame.height // (8 * down))
        part = frame.components[names[0]]
        columns = -(-frame.width * part.across // across)
        rows = -(-frame.height * part.down // down)
        return -(-columns // 8) * -(-rows // 8)


def _check_restarts(found: bytes, units: int, interval: int) -> None:
    """Raise unless the restart markers are those that belong between the units.

    One more at the end does no harm.
    """
    expected = -(-units // interval) - 1 if interval else 0
    in_turn = (_RESTARTS * (len(found) // 8 + 1))[: len(found)]
    if found != in_turn or not expected <= len(found) <= expected + 1:
        raise damaged("its restart markers are wrong")
