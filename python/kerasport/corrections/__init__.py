"""What somebody found out about labels: a table of corrections, read, merged and applied.

The format is documented in docs/corrections.md. A review writes such tables, the page of a model
does, and a training takes them.
"""

from kerasport.corrections.applying import Applied, apply_corrections
from kerasport.corrections.merged import Conflict, Corrections, read_corrections
from kerasport.corrections.table import COLUMNS, Correction, Verdict, read_table, table_text

__all__ = [
    "COLUMNS",
    "Applied",
    "Conflict",
    "Correction",
    "Corrections",
    "Verdict",
    "apply_corrections",
    "read_corrections",
    "read_table",
    "table_text",
]
