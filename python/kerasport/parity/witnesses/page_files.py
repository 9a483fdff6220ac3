"""The pages that browsers open to be asked, and their scripts: the files in `pages/`."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["page_file", "page_files"]

_FOLDER = files("kerasport.parity.witnesses").joinpath("pages")


def page_file(name: str) -> str:
    """Return the text of one of the files."""
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")


def page_files() -> list[str]:
    """Return the names of all of them."""
    return sorted(each.name for each in _FOLDER.iterdir())
