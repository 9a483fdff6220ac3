"""Data in few large files: TAR shards as WebDataset writes them, and Parquet as hubs do.

A picture has a path like any other, `train-000.tar/000123.jpg` or `train.parquet/17`, through which
it is read; what is added here is which files these are, and what the labels in them say.
"""

from kerasport.dataset.shards.labeled import labeled_shards, shard_source
from kerasport.dataset.shards.places import Shards, find_shards, is_elsewhere
from kerasport.dataset.shards.streams import (
    StreamedPicture,
    open_pictures,
    pictures_at,
    pictures_in,
    pictures_of,
    seen_in,
)

__all__ = [
    "Shards",
    "StreamedPicture",
    "find_shards",
    "is_elsewhere",
    "labeled_shards",
    "open_pictures",
    "pictures_at",
    "pictures_in",
    "pictures_of",
    "seen_in",
    "shard_source",
]
