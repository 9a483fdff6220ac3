"""What `verify` does batch by batch, for all pictures of a test at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasport.bundle import Bundle
from kerasport.bundle.parity import Witness
from kerasport.parity.compare.expectations import Expectations
from kerasport.parity.compare.tally import Answer, Expectation, Tally, WitnessIdentity
from kerasport.runs.run import Run

BACKENDS = ("cpu", "wasm", "webgl")
"""Backends that every Chromium can be expected to have."""


def gather_expectations(
    bundle: Bundle, run: Run | None = None, images: Path | None = None
) -> list[Expectation]:
    """Return all pictures with what is expected of the bundle; none may be unreadable."""
    expectations = Expectations(bundle, run, images)
    gathered = [each for batch in expectations.batches() for each in batch]
    assert expectations.skipped == []
    return gathered


def measure(
    identity: WitnessIdentity, expectations: Sequence[Expectation], answers: Sequence[Answer]
) -> Witness:
    """Return the figures of one witness."""
    tally = Tally(identity)
    tally.add(expectations, answers)
    return tally.witness()
