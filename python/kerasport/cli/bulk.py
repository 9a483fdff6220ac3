"""`kerasport predict --output`: a table instead of lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasport.cli.console import messages, print_json

if TYPE_CHECKING:
    from kerasport.bulk import BulkOptions

__all__ = ["write_answers"]


def write_answers(
    source: Path, inputs: Sequence[str], output: Path, options: BulkOptions, *, as_json: bool
) -> None:
    """Write the table and say what is in it.

    Raises:
        DataError: more pictures were unreadable than allowed; the table is written.
    """
    from kerasport.bulk import predict_many
    from kerasport.errors import DataError
    from kerasport.progress import RichProgress

    try:
        summary = predict_many(
            source, inputs, output, options=options, progress=RichProgress(messages)
        )
    except KeyboardInterrupt:
        messages.print("The same command continues with the pictures that are left.")
        raise
    rate = (summary.pictures - summary.continued) / max(summary.seconds, 1e-9)
    if as_json:
        print_json(
            {
                "answeredBy": summary.answered_by,
                "continued": summary.continued,
                "output": str(output),
                "pictures": summary.pictures,
                "seconds": round(summary.seconds, 3),
                "unreadable": summary.unreadable,
            }
        )
    else:
        messages.print(
            f"{summary.pictures:,} rows in {output}, {summary.unreadable:,} of them with an error; "
            f"{summary.seconds:,.1f} s, {rate:,.0f} pictures a second.",
            soft_wrap=True,
        )
    if not summary.is_fine:
        raise DataError(
            f"{summary.unreadable:,} of {summary.pictures:,} pictures could not be read; at most "
            f"{summary.allowed:,} were to be expected. '{output}' is written, and its column "
            "'error' says why. Mend them, or pass "
            f"--max-unreadable {summary.unreadable} if they are what you expect."
        )
