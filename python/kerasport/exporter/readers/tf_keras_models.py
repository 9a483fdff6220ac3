"""Importing tf_keras, the package that Keras 2 lives on in."""

from __future__ import annotations

from typing import Any

from kerasport.errors import missing_extra
from kerasport.models import import_keras

__all__ = ["import_tf_keras"]


def import_tf_keras() -> Any:
    """Return the `tf_keras` module.

    Raises:
        KerasportError: it is not installed.
    """
    import_keras()
    try:
        import tf_keras
    except ModuleNotFoundError as error:
        if error.name != "tf_keras":
            raise
        raise missing_extra("legacy", "Running a model of Keras 2") from None
    return tf_keras
