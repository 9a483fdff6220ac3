"""Who answers for the original model and for the exported one, and how they are compared."""

from kerasport.exporter.answering.compare import READ_BACK_TOLERANCE, answers_of, compare
from kerasport.exporter.answering.engines import GraphEngine, choose_engine
from kerasport.exporter.answering.original import build_original
from kerasport.exporter.answering.patterns import pattern_files, patterns
from kerasport.exporter.answering.references import (
    BundleReference,
    GraphReference,
    Reference,
    ScaledReference,
    reference_of,
)

__all__ = [
    "READ_BACK_TOLERANCE",
    "BundleReference",
    "GraphEngine",
    "GraphReference",
    "Reference",
    "ScaledReference",
    "answers_of",
    "build_original",
    "choose_engine",
    "compare",
    "pattern_files",
    "patterns",
    "reference_of",
]
