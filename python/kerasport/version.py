"""The installed version of kerasport; `pyproject.toml` is its source."""

from __future__ import annotations

from importlib.metadata import version

__all__ = ["VERSION"]

VERSION = version("kerasport")
