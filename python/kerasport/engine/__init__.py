"""Run a bundle in Python on the kernels that the client runs in browsers."""

from kerasport.engine.binary import has_wasmtime
from kerasport.engine.model import Engine

__all__ = ["Engine", "has_wasmtime"]
