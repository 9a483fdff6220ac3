"""Find where two sides part: while decoding, turning or resizing a picture, or in the model."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.bundle.parity import ParityFinding
from kerasport.errors import BrowserError
from kerasport.parity.compare.tally import Departure, Tally
from kerasport.preprocess import decode
from kerasport.runtime import Runtime

__all__ = ["Reader", "locate", "locate_pixels", "locate_probabilities", "merge_findings"]

Reader = Callable[[Path], NDArray[np.uint8]]
"""Reads a file in the browser: upright, at full size, uint8 `[height, width, 1 | 3 | 4]`."""

_SHOWN = 3
"""Pictures of a witness that are looked into."""


def locate(tally: Tally, bundle: Bundle, read: Reader | None) -> Iterator[ParityFinding]:
    """Yield where the worst pictures of a witness part from what was expected."""
    runtime = functools.cache(lambda: Runtime(bundle))
    class_names = bundle.metadata.class_names
    for found in tally.worst[:_SHOWN]:
        if found.received.refusal is not None:
            yield _finding(
                tally.identity.name, found, "decode", f"refused: {found.received.refusal}"
            )
        elif found.differing:
            where, detail = locate_pixels(found, read)
            yield _finding(tally.identity.name, found, where, detail)
        elif found.difference > tally.tolerance:
            where, detail = locate_probabilities(found, class_names, tally.tolerance, runtime)
            yield _finding(tally.identity.name, found, where, detail)


def merge_findings(findings: Iterable[ParityFinding]) -> list[tuple[str, str, str]]:
    """Return where, who and what; one line for all witnesses that found the same.

    >>> found = ParityFinding(where="decode", witness="a/cpu", picture="1.png", detail="refused")
    >>> merge_findings([found, found.model_copy(update={"witness": "b/cpu"})])
    [('decode', '1.png in a/cpu, b/cpu', 'refused')]
    """
    together: dict[tuple[str, str | None, str], list[str]] = {}
    for found in findings:
        names = together.setdefault((found.where, found.picture, found.detail), [])
        if found.witness is not None and found.witness not in names:
            names.append(found.witness)
    return [
        (where, " in ".join(part for part in (picture, ", ".join(names)) if part), detail)
        for (where, picture, detail), names in together.items()
    ]


def _finding(witness: str, found: Departure, where: str, detail: str) -> ParityFinding:
    return ParityFinding.model_validate(
        {
            "where": where,
            "witness": witness,
            "picture": found.expected.path.name,
            "detail": detail,
        }
    )


def locate_pixels(found: Departure, read: Reader | None) -> tuple[str, str]:
    """Return the step, and how the pixels differ behind it."""
    total = f"{found.differing:,} of {found.expected.pixels.size:,} input values differ"
    if read is None:
        return "resize", total
    try:
        received = _as_rgba(read(found.expected.path))
    except BrowserError as error:
        return "decode", str(error)
    expected = _as_rgba(np.asarray(decode(found.expected.path)))
    if expected.shape == received.shape and (expected == received).all():
        return "resize", f"{total}; the decoded and turned pictures are equal"
    for quarter_turns in range(4):
        turned = np.rot90(expected, quarter_turns)
        for other in (turned, turned[:, ::-1]):
            if other.shape == received.shape and (other == received).all():
                return "orientation", "the same picture, turned or mirrored otherwise"
    if expected.shape != received.shape:
        sizes = [f"{array.shape[1]} x {array.shape[0]}" for array in (expected, received)]
        return "decode", f"{sizes[0]} pixels in Python, {sizes[1]} in the browser"
    off = np.abs(expected.astype(np.int16) - received).max(axis=2)
    return "decode", (
        f"up to {off.max()} of 255 levels in {np.count_nonzero(off):,} of {off.size:,} pixels "
        "at full size"
    )


def locate_probabilities(
    found: Departure,
    class_names: Sequence[str],
    tolerance: float,
    runtime: Callable[[], Runtime],
) -> tuple[str, str]:
    """Return the part, and how the probabilities differ for equal pixels.

    Args:
        found: the picture and both answers.
        class_names: of the bundle.
        tolerance: how far a probability may be off.
        runtime: gives the bundle in numpy, if it comes to that.
    """
    expected, received = found.expected.probabilities, found.received.probabilities
    off = f"a probability is off by {found.difference:.2g}"
    if not np.isfinite(received).all():
        return "engine", "the engine answers with values that are not numbers"
    departing = np.flatnonzero(np.abs(expected - received) > tolerance)
    if (
        len(departing) == 2
        and np.abs(expected[departing[::-1]] - received[departing]).max() <= tolerance
    ):
        first, second = (class_names[index] for index in departing)
        return "classes", f"{off}: {first!r} and {second!r} have changed places"
    again = runtime().predict(found.expected.pixels[None])[0]
    if np.abs(again - received).max() <= tolerance:
        return "weights", (
            f"{off}, and numpy agrees with this engine: the layers or weights in the bundle are "
            "not those that gave the expected answers"
        )
    return "engine", f"{off}, and numpy does not agree with this engine on the same files"


def _as_rgba(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return any number of channels as four, so that gray equals its three copies."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    color = pixels[:, :, :3] if pixels.shape[2] >= 3 else np.repeat(pixels[:, :, :1], 3, axis=2)
    alpha = (
        pixels[:, :, 3:] if pixels.shape[2] == 4 else np.full((*pixels.shape[:2], 1), 255, np.uint8)
    )
    return np.concatenate([color, alpha], axis=2)
