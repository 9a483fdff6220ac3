"""Errors a user can act on, and the exit code of each branch.

    KerasportError            1
    ├── DataError             1   pictures, folders, labels, splits
    ├── ModelError            1   building, training or reading a Keras model
    ├── ExportError           1   a model that cannot be expressed in TensorFlow.js
    │   └── UsageError        2   an argument that is missing or does not belong there
    ├── BundleError           1   an exported folder that is damaged or too new
    ├── BrowserError          1   no browser, or one that does not answer
    └── CheckFailed           3   a check ran and its tolerance was broken

Wrong usage of the command line exits with 2, which is Typer's own code.
A message says what happened, what was expected, what was received and how to fix it.
"""

from __future__ import annotations

from kerasport.displayed import displayed_lines

__all__ = [
    "BrowserError",
    "BundleError",
    "CheckFailed",
    "DataError",
    "ExportError",
    "KerasportError",
    "ModelError",
    "UsageError",
    "missing_extra",
]


class KerasportError(Exception):
    """Base of every error that kerasport raises on purpose."""

    exit_code = 1

    def __str__(self) -> str:
        """Return the message; names of files in it can be shown anywhere."""
        return displayed_lines(super().__str__())


class DataError(KerasportError):
    """Pictures, folders, labels or splits are not usable as they are."""


class ModelError(KerasportError):
    """A Keras model cannot be built, trained or read."""


class ExportError(KerasportError):
    """A model cannot be expressed in the layers that TensorFlow.js runs correctly."""


class UsageError(ExportError):
    """An argument is missing, or does not belong to what is exported or asked."""

    exit_code = 2


class BundleError(KerasportError):
    """An exported folder is damaged, incomplete or newer than this version."""


class BrowserError(KerasportError):
    """No browser could be found, installed or driven."""


class CheckFailed(KerasportError):
    """A check ran to its end and found a difference beyond its tolerance."""

    exit_code = 3


def missing_extra(extra: str, purpose: str) -> KerasportError:
    """Return the error for an optional dependency that is not installed."""
    return KerasportError(
        f"{purpose} needs packages that are not installed. "
        f"Install them with: pip install 'kerasport[{extra}]'"
    )
