"""What a function of TensorFlow becomes, and how the arguments that Keras 2 recorded are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

__all__ = [
    "BATCH",
    "BEFORE",
    "Call",
    "Config",
    "Inexpressible",
    "Rule",
    "Step",
    "given",
    "integers",
    "layer",
    "number",
    "plain",
    "require_channels_last",
]

Config: TypeAlias = dict[str, Any]

BATCH = object()
"""Stands in a shape for the number of pictures, which `tf.shape(x)[0]` gives."""

BEFORE = object()
"""Stands among the arguments of a step for what the step before gives."""


@dataclass(frozen=True)
class Step:
    """An operation of Keras 3, or a layer where `module` says so.

    Attributes:
        class_name: of the operation or layer.
        config: its settings, without the name.
        args: what it is called on, tensors and constants; `BEFORE` among them.
        module: where the class lives.
    """

    class_name: str
    config: Config
    args: list[Any]
    module: str = "keras.ops"


@dataclass
class Call:
    """One call of a recorded function: its first argument and the others by name.

    `first` is a list where the function takes several tensors as one argument.
    """

    first: Any
    keywords: Config

    def take(self, *names: str, default: Any = None) -> Any:
        """Return the argument by the first of its names that was given."""
        for name in names:
            if self.keywords.get(name) is not None:
                return self.keywords[name]
        return default


class Inexpressible(Exception):
    """Raised for arguments without an equal in Keras 3; the message is of no matter."""


Rule: TypeAlias = Callable[[Call], "Step | list[Step]"]


def layer(class_name: str, config: Config, args: list[Any]) -> Step:
    """Return a step that is a layer, not an operation."""
    return Step(class_name, config, args, module="keras.layers")


def plain(class_name: str, **config: Any) -> Rule:
    """Return the rule of a function of one tensor with no settings that matter."""
    return lambda call: Step(class_name, dict(config), [call.first])


def given(call: Call, *names: str) -> Any:
    """Return an argument that must be there."""
    value = call.take(*names)
    if value is None:
        raise Inexpressible
    return value


def number(value: Any) -> float:
    """Return the one number that a value is."""
    array = np.asarray(value)
    if array.size != 1 or not np.issubdtype(array.dtype, np.number):
        raise Inexpressible
    return float(array.reshape(()))


def integers(value: Any) -> list[int]:
    """Return whole numbers, of one or of several."""
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.integer):
        raise Inexpressible
    return [int(each) for each in np.atleast_1d(array)]


def require_channels_last(call: Call) -> None:
    """Raise Inexpressible for channels first."""
    if str(call.take("data_format", default="NHWC")).startswith("NC"):
        raise Inexpressible
