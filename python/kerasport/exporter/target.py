"""Where a bundle may be put."""

from __future__ import annotations

from pathlib import Path

from kerasport.bundle import METADATA_FILE, MODEL_FILE
from kerasport.errors import ExportError
from kerasport.files import check_place, put_back

__all__ = ["check_target"]


def check_target(out: Path, *, force: bool) -> None:
    """Check that a bundle may be written to `out`.

    Raises:
        ExportError: there is a bundle and `force` is false, or something that is no bundle.
        KerasportError: nothing can be written there.
    """
    put_back(out)
    check_place(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / METADATA_FILE).is_file() or not (out / MODEL_FILE).is_file():
        raise ExportError(
            f"'{out}' exists and is not a bundle, so it is left as it is. "
            "Choose another folder with --out."
        )
    if not force:
        raise ExportError(f"There is a bundle at '{out}' already. Replace it with --force.")
