"""Run a bundle in Python on the kernels that the client runs in browsers."""

from kerasport.engine.model import Engine, engine_for

__all__ = ["Engine", "engine_for"]
