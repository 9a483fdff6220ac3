"""The same model in the formats of other runtimes, written from the lowered graph."""

from kerasport.exporter.formats.runtimes import FormatRuntime
from kerasport.exporter.formats.subject import FormatSubject
from kerasport.exporter.formats.writing import check_formats, runtime_of, write_formats

__all__ = [
    "FormatRuntime",
    "FormatSubject",
    "check_formats",
    "runtime_of",
    "write_formats",
]
