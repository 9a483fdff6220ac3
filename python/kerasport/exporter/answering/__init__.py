"""Who answers for the original model and for the exported one, and how they are compared."""

from kerasport.exporter.answering.compare import (
    Comparison,
    agree_on_ending,
    answers_of,
    compare,
    compare_written,
    rounded_up,
)
from kerasport.exporter.answering.engines import GraphEngine, choose_engine
from kerasport.exporter.answering.inputs import Inputs
from kerasport.exporter.answering.original import build_original
from kerasport.exporter.answering.patterns import pattern_files, patterns
from kerasport.exporter.answering.references import (
    ArrangedReference,
    BundleReference,
    GraphReference,
    Reference,
    ScaledReference,
    reference_of,
)

__all__ = [
    "ArrangedReference",
    "BundleReference",
    "Comparison",
    "GraphEngine",
    "GraphReference",
    "Inputs",
    "Reference",
    "ScaledReference",
    "agree_on_ending",
    "answers_of",
    "build_original",
    "choose_engine",
    "compare",
    "compare_written",
    "pattern_files",
    "patterns",
    "reference_of",
    "rounded_up",
]
