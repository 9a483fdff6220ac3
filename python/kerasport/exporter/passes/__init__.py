"""Passes that leave the numbers and take away work, one room per kind.

They work on lowered graphs, in place, and compute new weights in float64, without rounding.
"""

from kerasport.exporter.passes.optimize import ALL_PASSES, PASSES, Optimization, Pass, optimize

__all__ = ["ALL_PASSES", "PASSES", "Optimization", "Pass", "optimize"]
