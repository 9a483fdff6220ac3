"""Tables of answers whose command is killed at a chosen moment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from kerasport.bulk.parts import Parts

__all__ = ["killed_at"]


class _Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@contextlib.contextmanager
def killed_at(step: str, count: int) -> Iterator[None]:
    """Have the method `step` of the parts kill the block instead of its `count`-th call, from 0."""
    real, calls = getattr(Parts, step), [0]

    def counted(*arguments: Any) -> Any:
        if calls[0] == count:
            raise _Killed
        calls[0] += 1
        return real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parts, step, counted)
        with pytest.raises(_Killed):
            yield
