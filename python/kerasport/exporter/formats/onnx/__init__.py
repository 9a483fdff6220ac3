"""A lowered graph as an ONNX file, by a writer of its own."""

from kerasport.exporter.formats.onnx.file import write_onnx
from kerasport.exporter.formats.onnx.model import PLAIN, Ends, onnx_model

__all__ = ["PLAIN", "Ends", "onnx_model", "write_onnx"]
