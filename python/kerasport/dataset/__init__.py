"""Labelled pictures: read, cut into splits, decoded. No model code, no TensorFlow.

`read_data` takes folders, tables, arrays and named data sets and returns the same `Dataset`;
everything after it works on that description alone. `check_data` says what is wrong with a source,
`check_dataset` what is wrong with a `Dataset`; the functions `require_...` refuse it.
"""

from kerasport.dataset.balance import balanced_weights
from kerasport.dataset.cache import PixelCache
from kerasport.dataset.checks.findings import check_dataset, warnings_about
from kerasport.dataset.checks.report import DataFinding, DataReport
from kerasport.dataset.dataset import SPLITS, Dataset, Example, Skipped, Split
from kerasport.dataset.decoded import DecodedDataset, decode_dataset
from kerasport.dataset.duplicates import hash_rows
from kerasport.dataset.labeled import LABELS_OF_FOLDERS, read_labeled
from kerasport.dataset.merging import Merged, merge_caches
from kerasport.dataset.packing import Packed
from kerasport.dataset.parallel import preprocess_file
from kerasport.dataset.parts import Part
from kerasport.dataset.read_options import ReadOptions
from kerasport.dataset.reading import (
    DataSource,
    check_data,
    leads_somewhere,
    name_of_source,
    read_data,
    read_part,
)
from kerasport.dataset.requirements import require_enough
from kerasport.dataset.rows import Pixels, part_of
from kerasport.dataset.survey import survey

__all__ = [
    "LABELS_OF_FOLDERS",
    "SPLITS",
    "DataFinding",
    "DataReport",
    "DataSource",
    "Dataset",
    "DecodedDataset",
    "Example",
    "Merged",
    "Packed",
    "Part",
    "PixelCache",
    "Pixels",
    "ReadOptions",
    "Skipped",
    "Split",
    "balanced_weights",
    "check_data",
    "check_dataset",
    "decode_dataset",
    "hash_rows",
    "leads_somewhere",
    "merge_caches",
    "name_of_source",
    "part_of",
    "preprocess_file",
    "read_data",
    "read_labeled",
    "read_part",
    "require_enough",
    "survey",
    "warnings_about",
]
