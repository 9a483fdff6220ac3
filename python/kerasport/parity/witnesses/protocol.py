"""What a witness is to those who ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from kerasport.parity.compare.location import Reader
from kerasport.parity.compare.tally import Answer, Expectation, WitnessIdentity

__all__ = ["LiveWitness"]


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
