"""Where files of the web side lie: inside the wheel, or in `web` of a checkout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasport.errors import BrowserError

__all__ = ["CLIENT_SCRIPT", "runtime_package", "stock_asset", "web_asset"]

CLIENT_SCRIPT = "kerasport.iife.js"

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parents[1] / "web"


def web_asset(name: str) -> Path:
    """Return the path of a built file of the client library.

    Raises:
        BrowserError: the web side was not built.
    """
    return _find(
        name,
        (_PACKAGE / "_web", _CHECKOUT / "dist"),
        f"The client library '{name}' is not built. In a checkout build it with: make web",
    )


def stock_asset(name: str) -> Path:
    """Return the path of a file of the packages `@tensorflow`, as they are published.

    Args:
        name: like `tfjs/dist/tf.min.js`.

    Raises:
        BrowserError: they are not installed; no wheel has them.
    """
    return _find(
        name,
        (_CHECKOUT / "node_modules" / "@tensorflow",),
        "Stock TensorFlow.js is not installed. It belongs to the development set-up; in a "
        "checkout run: make web",
    )


def runtime_package(name: str) -> Path:
    """Return a folder of a runtime's package from npm, as it is published.

    Args:
        name: like `onnxruntime-web/dist`.

    Raises:
        BrowserError: it is not installed; no wheel has them.
    """
    folder = _CHECKOUT / "runtimes" / "node_modules" / name
    if not folder.is_dir():
        raise BrowserError(
            "Its package from npm is not installed. It belongs to no set-up, because all of them "
            "take 600 MB; in a checkout run: make runtimes"
        )
    return folder


def _find(name: str, folders: Sequence[Path], problem: str) -> Path:
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise BrowserError(problem)
