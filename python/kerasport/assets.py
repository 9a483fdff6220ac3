"""Where the built web side lies: inside the wheel, or in `web/dist` of a checkout."""

from __future__ import annotations

from pathlib import Path

from kerasport.errors import BrowserError

__all__ = ["CLIENT_SCRIPT", "web_asset"]

CLIENT_SCRIPT = "kerasport.iife.js"


def web_asset(name: str) -> Path:
    """Return the path of a built file of the client library.

    Raises:
        BrowserError: the web side was not built.
    """
    package = Path(__file__).parent
    for folder in (package / "_web", package.parents[1] / "web" / "dist"):
        if (folder / name).is_file():
            return folder / name
    raise BrowserError(
        f"The client library '{name}' is not built. In a checkout build it with: make web"
    )
