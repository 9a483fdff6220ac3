"""Labelled pictures: read, cut into splits, decoded. No model code, no TensorFlow.

`read_data` takes folders, tables, arrays and named data sets and returns the same `Dataset`;
everything after it works on that description alone. `check` says what is wrong with one.
"""

from kerasport.dataset.balance import balanced_weights
from kerasport.dataset.cache import CACHE_VARIABLE, DEFAULT_CACHE, PixelCache
from kerasport.dataset.checks.findings import check, warnings_about
from kerasport.dataset.checks.limits import check_counts, check_usable
from kerasport.dataset.checks.report import DataReport, Finding, PictureFacts
from kerasport.dataset.dataset import (
    SPLITS,
    Content,
    Dataset,
    Example,
    Header,
    ReadOptions,
    Skipped,
    Split,
)
from kerasport.dataset.decoded import DecodedDataset, decode_dataset
from kerasport.dataset.duplicates import hash_pictures, hash_rows
from kerasport.dataset.folders import read_folders, read_labeled
from kerasport.dataset.reading import (
    DataSource,
    check_data,
    gather_data,
    name_of_source,
    read_data,
)
from kerasport.dataset.rows import PixelRows, Pixels
from kerasport.dataset.split import fraction_of, split_of
from kerasport.dataset.survey import Survey, survey

__all__ = [
    "CACHE_VARIABLE",
    "DEFAULT_CACHE",
    "SPLITS",
    "Content",
    "DataReport",
    "DataSource",
    "Dataset",
    "DecodedDataset",
    "Example",
    "Finding",
    "Header",
    "PictureFacts",
    "PixelCache",
    "PixelRows",
    "Pixels",
    "ReadOptions",
    "Skipped",
    "Split",
    "Survey",
    "balanced_weights",
    "check",
    "check_counts",
    "check_data",
    "check_usable",
    "decode_dataset",
    "fraction_of",
    "gather_data",
    "hash_pictures",
    "hash_rows",
    "name_of_source",
    "read_data",
    "read_folders",
    "read_labeled",
    "split_of",
    "survey",
    "warnings_about",
]
