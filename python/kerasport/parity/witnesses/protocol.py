"""What a witness is to those who ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from kerasport.parity.compare.location import Reader
from kerasport.parity.compare.tally import Answer, Expectation, WitnessIdentity

__all__ = ["EngineWitness", "LiveWitness"]


class LiveWitness(Protocol):
    """A witness that holds the bundle and answers."""

    @property
    def identity(self) -> WitnessIdentity:
        """Who it is."""

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What it found in `model.js`; None where it reads the folder."""

    @property
    def read(self) -> Reader | None:
        """Reads a picture at full size; None where it is handed pixels and reads no files."""

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for a batch, in its order.

        Raises:
            BrowserError: it is gone.
        """


@runtime_checkable
class EngineWitness(LiveWitness, Protocol):
    """A witness that runs the client library, and with it the engine."""

    def engine_bits(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return the engine's answers without relaxed SIMD, as bits of float32 `[n, classes]`.

        Args:
            pixels: uint8 `[n, height, width, channels]`.

        Raises:
            BrowserError: it is gone, or has no WebAssembly.
        """
