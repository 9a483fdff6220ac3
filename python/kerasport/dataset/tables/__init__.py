"""Tables of path and label as spreadsheets, competitions and hubs write them, and DataFrames."""

from kerasport.dataset.tables.beside import hint_of_table, tables_beside
from kerasport.dataset.tables.source import (
    TABLE_SUFFIXES,
    frame_source,
    read_table,
    read_tables,
)
from kerasport.dataset.tables.table import Frame, is_frame
from kerasport.dataset.tables.tested import tested_table, tested_tables

__all__ = [
    "TABLE_SUFFIXES",
    "Frame",
    "frame_source",
    "hint_of_table",
    "is_frame",
    "read_table",
    "read_tables",
    "tables_beside",
    "tested_table",
    "tested_tables",
]
