"""Labelled pictures: read, cut into splits, decoded. No model code, no TensorFlow.

Readers (`read_folders`, and more formats beside it) return the same `Dataset`; everything after
them works on that description alone.
"""

from kerasport.dataset.cache import CACHE_VARIABLE, DEFAULT_CACHE, PixelCache
from kerasport.dataset.checks import check_counts, warnings_about
from kerasport.dataset.decode import DecodedDataset, decode_dataset
from kerasport.dataset.description import SPLITS, Dataset, Example, ReadOptions, Skipped, Split
from kerasport.dataset.folders import read_folders, read_labelled
from kerasport.dataset.rows import PixelRows, Pixels
from kerasport.dataset.split import fraction_of, split_of
from kerasport.dataset.survey import Survey, survey

__all__ = [
    "CACHE_VARIABLE",
    "DEFAULT_CACHE",
    "SPLITS",
    "Dataset",
    "DecodedDataset",
    "Example",
    "PixelCache",
    "PixelRows",
    "Pixels",
    "ReadOptions",
    "Skipped",
    "Split",
    "Survey",
    "check_counts",
    "decode_dataset",
    "fraction_of",
    "read_folders",
    "read_labelled",
    "split_of",
    "survey",
    "warnings_about",
]
