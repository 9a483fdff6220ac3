"""The classifier as `model.tflite`, for LiteRT, MediaPipe Tasks and the boards that run these."""

from kerasport.exporter.formats.litert.file import write_litert, write_litert_int8

__all__ = ["write_litert", "write_litert_int8"]
