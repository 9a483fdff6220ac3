"""Words by which files and folders are told apart before any is opened."""

from __future__ import annotations

import re

__all__ = ["NOTE_SUFFIXES", "PICTURE_SUFFIXES", "is_companion"]

PICTURE_SUFFIXES = frozenset(
    (
        *(".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png"),
        *(".tif", ".tiff", ".webp"),
    )
)
"""Enough to tell pictures from notes beside class folders; inside them every file is opened."""

NOTE_SUFFIXES = frozenset(
    (
        *(".cfg", ".csv", ".data", ".db", ".docx", ".htm", ".html", ".ini", ".ipynb", ".json"),
        *(".jsonl", ".log", ".mat", ".md", ".names", ".npy", ".npz", ".pdf", ".pkl", ".py", ".rst"),
        *(".rtf", ".sh", ".tsv", ".txt", ".xls", ".xlsx", ".xml", ".yaml", ".yml"),
    )
)
"""What is no picture and never was one: texts, tables, programs."""

_COMPANIONS = frozenset(
    (
        *("annotation", "annotations", "annots", "bbox", "bboxes", "boxes", "groundtruth", "gt"),
        *("heatmaps", "imagesets", "label", "labels", "mask", "masks", "preview", "previews"),
        *("segmentation", "segmentationclass", "segmentationobject", "segmentations"),
        *("thumb", "thumbnail", "thumbnails", "thumbs"),
    )
)


def is_companion(name: str) -> bool:
    """Return whether a folder is named as what goes with pictures: `masks`, `labels`, `thumbs`."""
    return re.sub(r"[\W_\d]", "", name).lower() in _COMPANIONS
