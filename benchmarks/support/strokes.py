"""Strokes of a pen from the picture of a figure: its middle line, followed from end to end."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Stroke", "strokes_of"]

Point: TypeAlias = tuple[int, int]
Stroke: TypeAlias = list[tuple[float, float]]
"""Points (x, y) in shares of the picture's side."""

_ENLARGED = 4
_INK_FROM = 150
# A hair of the middle line: shorter than the pen is wide.
_SHORTEST_BRANCH = 5
_SMOOTHED_OVER = 2
_AROUND = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]


def strokes_of(picture: NDArray[np.uint8]) -> list[Stroke]:
    """Return the strokes of light ink on a dark ground, uint8 `[side, side]`."""
    side = _ENLARGED * picture.shape[0]
    large = Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC)
    line = _middle_line(np.pad(np.asarray(large) >= _INK_FROM, 1))
    edges = _edges({(int(row), int(column)) for row, column in np.argwhere(line)})
    return [
        [((column - 0.5) / side, (row - 0.5) / side) for row, column in _smoothed(path)]
        for path in _paths(_without_hairs(edges))
    ]


def _middle_line(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin ink to lines of one pixel (Zhang and Suen, CACM 27(3), 1984)."""
    ink = ink.copy()
    changed = True
    while changed:
        changed = False
        for first in (True, False):
            ring = [np.roll(ink, (-row, -column), (0, 1)) for row, column in _AROUND]
            north, _, east, _, south, _, west, _ = ring
            count = np.sum(ring, axis=0)
            onward = ring[1:] + ring[:1]
            rises = sum(~here & after for here, after in zip(ring, onward, strict=True))
            if first:
                side = ~(north & east & south) & ~(east & south & west)
            else:
                side = ~(north & east & west) & ~(north & south & west)
            gone = ink & (count >= 2) & (count <= 6) & (rises == 1) & side
            ink &= ~gone
            changed |= bool(gone.any())
    return ink


def _edges(pixels: set[Point]) -> dict[Point, set[Point]]:
    """Join neighbours; over a corner only where there is no way around it."""
    edges: dict[Point, set[Point]] = {pixel: set() for pixel in pixels}
    for row, column in pixels:
        for down, right in _AROUND:
            other = (row + down, column + right)
            around = {(row + down, column), (row, column + right)} & pixels
            if other in pixels and not (down and right and around):
                edges[row, column].add(other)
    return edges


def _without_hairs(edges: dict[Point, set[Point]]) -> dict[Point, set[Point]]:
    for end in [pixel for pixel, others in edges.items() if len(others) == 1]:
        branch = [end]
        while len(branch) <= _SHORTEST_BRANCH:
            onward = edges[branch[-1]] - set(branch)
            if len(onward) != 1:
                break
            branch.append(next(iter(onward)))
        if len(branch) <= _SHORTEST_BRANCH and len(edges[branch[-1]]) > 2:
            for pixel in branch[:-1]:
                for other in edges.pop(pixel):
                    if other in edges:
                        edges[other].discard(pixel)
    return edges


def _paths(edges: dict[Point, set[Point]]) -> list[list[Point]]:
    """Follow every edge once, from the ends first, straight on where lines cross."""
    left = {pixel: set(others) for pixel, others in edges.items()}
    paths = [[pixel] for pixel, others in edges.items() if not others]
    while any(left.values()):
        ends = [pixel for pixel, others in left.items() if len(others) == 1]
        path = [min(ends or [pixel for pixel, others in left.items() if others])]
        while left[path[-1]]:
            here = path[-1]
            before = path[-min(len(path), 6)]
            ahead = (here[0] - before[0], here[1] - before[1])
            onward = max(
                sorted(left[here]),
                key=lambda p: (p[0] - here[0]) * ahead[0] + (p[1] - here[1]) * ahead[1],
            )
            left[here].discard(onward)
            left[onward].discard(here)
            path.append(onward)
        paths.append(path)
    return paths


def _smoothed(path: list[Point]) -> NDArray[np.float64]:
    points = np.array(path, np.float64)
    reach = min(_SMOOTHED_OVER, (len(path) - 1) // 2)
    smooth = points.copy()
    for index in range(len(points)):
        near = min(reach, index, len(points) - 1 - index)
        smooth[index] = points[index - near : index + near + 1].mean(axis=0)
    return smooth
