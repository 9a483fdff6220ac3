"""A folder that Hugging Face's transformers and transformers.js open."""

from kerasport.exporter.formats.transformers.folder import write_transformers

__all__ = ["write_transformers"]
