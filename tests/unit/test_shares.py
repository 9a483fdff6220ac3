"""Shares in percent: one rule for the command line, the reports and the page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kerasport.shares import share_text

# The page's formatShare is held to the same table by tests/web/shares.test.ts.
TABLE = json.loads((Path(__file__).parents[1] / "golden" / "shares.json").read_text("utf-8"))


@pytest.mark.parametrize(("share", "text"), TABLE)
def test_shares_are_shown_as_in_the_table(share: float, text: str) -> None:
    """The nearest tenth of a percent, halves up, and no certainty that is none."""
    assert share_text(share) == text


def test_a_share_in_float32_is_the_number_it_stands_for() -> None:
    """A probability of the model is shown as the double that the page gets for it."""
    assert share_text(np.float32(0.9)) == "90.0%"
    assert share_text(np.float32(0.99999994)) == "> 99.9%"


def test_only_none_and_all_are_certain() -> None:
    """Shares next to 0 and 1, and three thousand between, are none of them shown as certain."""
    near = [np.nextafter(0, 1), np.nextafter(1, 0), 1e-12, 1 - 1e-12]

    shown = [share_text(float(share)) for share in (*near, *np.linspace(0, 1, 3001)[1:-1])]

    assert {"0.0%", "100.0%"}.isdisjoint(shown)
