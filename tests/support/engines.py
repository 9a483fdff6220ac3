"""Browser engines of the machine that the tests run on."""

from __future__ import annotations

import pytest

from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import WebEngine, find_engine

__all__ = ["engine_here"]


def engine_here(name: str) -> WebEngine:
    """Return an engine; skip the test where this machine does not have it."""
    try:
        return find_engine(name)
    except BrowserError as error:
        pytest.skip(str(error))
