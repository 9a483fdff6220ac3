"""Write down what a model computes: a list of kernel calls on places in one memory.

Where each place lies is decided when the list is complete, because only then it is known how long
each is needed. The twin of the client's `engine/program.ts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kerasport.bundle.layer_rules import Shape
from kerasport.bundle.limits import MAX_ENGINE_BYTES, MAX_ENGINE_CALLS
from kerasport.engine.arena import ALIGNMENT, Region, lay_out, lay_out_in_order, round_up
from kerasport.errors import BundleError

__all__ = [
    "VALUE",
    "Argument",
    "Constant",
    "KernelCall",
    "MemoryPlace",
    "Plan",
    "ProgramWriter",
    "Tensor",
    "TooLarge",
]

VALUE = 4
"""Bytes of a value."""


class TooLarge(BundleError):
    """The kernels cannot address the memory that a model needs, or are called too often for it."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem} Run it in numpy: --engine numpy, or kerasport.Runtime.")


@dataclass(frozen=True)
class MemoryPlace:
    """A byte in a region."""

    region: Region
    offset: int = 0

    def further(self, size: int) -> MemoryPlace:
        """Return the place `size` bytes further on."""
        return MemoryPlace(self.region, self.offset + size)

    @property
    def address(self) -> int:
        """Where it is, once the plan is finished."""
        return self.region.address + self.offset


@dataclass(frozen=True)
class Tensor:
    """Values of float32 one behind the other, the last axis fastest; no side for the batch."""

    shape: Shape
    place: MemoryPlace

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


Argument: TypeAlias = int | float | MemoryPlace
"""What a kernel is called with: a number, or a place that becomes an address."""


@dataclass(frozen=True)
class KernelCall:
    """A kernel and what it is called with."""

    kernel: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Constant:
    """Values that are there before the first call; `is_raw` where only the loading reads them.

    As often as the region has room for them.
    """

    region: Region
    values: NDArray[np.float32]
    is_raw: bool


@dataclass(frozen=True)
class Plan:
    """A complete list, and where everything lies in `bytes` of memory."""

    bytes: int
    constants: Sequence[Constant]
    preparing: Sequence[KernelCall]
    running: Sequence[KernelCall]


@dataclass
class ProgramWriter:
    """Collects regions and calls."""

    _kept: list[Region] = field(default_factory=list)
    _raw: list[Region] = field(default_factory=list)
    _passing: list[Region] = field(default_factory=list)
    _constants: list[Constant] = field(default_factory=list)
    _preparing: list[KernelCall] = field(default_factory=list)
    _running: list[KernelCall] = field(default_factory=list)
    _kept_bytes: int = ALIGNMENT

    def constant(self, values: ArrayLike, times: int = 1) -> MemoryPlace:
        """Return the place of values that every answer reads, so many times one behind the other.

        Raises:
            TooLarge: what stays is more than the kernels can address.
        """
        array = np.ascontiguousarray(values, np.float32).ravel()
        place = self.prepared(array.nbytes * times)
        self._constants.append(Constant(place.region, array, is_raw=False))
        return place

    def raw(self, values: ArrayLike) -> MemoryPlace:
        """Return the place of values that only `prepare` reads: gone before the first answer."""
        array = np.ascontiguousarray(values, np.float32).ravel()
        place = _reserved(array.nbytes, self._raw)
        self._constants.append(Constant(place.region, array, is_raw=True))
        return place

    def prepared(self, size: int) -> MemoryPlace:
        """Return the place of bytes that `prepare` fills once and every answer reads.

        Raises:
            TooLarge: what stays is more than the kernels can address.
        """
        self._kept_bytes += round_up(size)
        _check_bytes(self._kept_bytes)
        return _reserved(size, self._kept)

    def bytes(self, size: int) -> MemoryPlace:
        """Return the place of bytes that are needed until the last call that mentions them."""
        return _reserved(size, self._passing)

    def tensor(self, shape: Shape) -> Tensor:
        """Return a tensor that is needed until the last call that mentions it."""
        return Tensor(shape, self.bytes(VALUE * math.prod(shape)))

    def prepare(self, kernel: str, *arguments: Argument) -> None:
        """Call a kernel once, while the model is loaded."""
        _write(self._preparing, kernel, arguments)

    def call(self, kernel: str, *arguments: Argument) -> None:
        """Call a kernel for each picture."""
        _write(self._running, kernel, arguments)

    def use(self, place: MemoryPlace) -> None:
        """Say that the caller reads or writes a place between the calls so far and the next."""
        _mention(place, len(self._running))

    def finish(self) -> Plan:
        """Give every place its address.

        First what stays, then what passes, with what only the loading needs in the same memory.

        Raises:
            TooLarge: that is more than the kernels can address.
        """
        end = ALIGNMENT
        for region in self._kept:
            region.address = end
            end += round_up(region.bytes)
        size = max(lay_out(self._passing, end), lay_out_in_order(self._raw, end)) + ALIGNMENT
        _check_bytes(size)
        return Plan(size, self._constants, self._preparing, self._running)


def _check_bytes(size: int) -> None:
    if size > MAX_ENGINE_BYTES:
        raise TooLarge(
            f"The model needs {size:,} bytes on the engine. Expected at most {MAX_ENGINE_BYTES:,}."
        )


def _reserved(size: int, regions: list[Region]) -> MemoryPlace:
    regions.append(Region(size))
    return MemoryPlace(regions[-1])


def _write(calls: list[KernelCall], kernel: str, arguments: tuple[Argument, ...]) -> None:
    for each in arguments:
        if isinstance(each, MemoryPlace):
            _mention(each, len(calls))
    calls.append(KernelCall(kernel, arguments))
    if len(calls) > MAX_ENGINE_CALLS:
        raise TooLarge(
            f"The model takes more than {MAX_ENGINE_CALLS:,} calls of the engine's kernels. "
            "Expected fewer."
        )


def _mention(place: MemoryPlace, now: int) -> None:
    place.region.first = min(place.region.first, now)
    place.region.last = max(place.region.last, now)
