"""Any number of pictures to one table of answers, through whatever interrupts it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from kerasport.answerer import Answerer, all_cores, open_answerer, open_source, require_engine
from kerasport.bulk.inputs import Asked, PictureInputs
from kerasport.bulk.options import BulkOptions, BulkSummary
from kerasport.bulk.pace import Pace
from kerasport.bulk.parts import KeptRows, Parts, digest_of
from kerasport.bulk.rows import AnswerRow, rows_held, rows_of
from kerasport.bulk.tables import AnswerTable, table_for
from kerasport.bundle import METADATA_FILE, Bundle
from kerasport.dataset.requirements import allowed_unreadable
from kerasport.errors import DataError
from kerasport.files import alone_at, check_place, named_in_errors, new_file, place_of, sha256_of
from kerasport.preprocess import PREPROCESSING_VERSION
from kerasport.progress import SILENT, Progress
from kerasport.runs.run import Run
from kerasport.version import VERSION

__all__ = ["predict_many"]

_PART_SECONDS = 5.0
"""What a kill costs at most, but for a batch that takes longer."""


def predict_many(
    source: Run | Bundle | str | Path,
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    options: BulkOptions | None = None,
    progress: Progress = SILENT,
    stdin: TextIO | None = None,
) -> BulkSummary:
    """Classify any number of pictures and write a table of the answers, a row a picture.

    Memory does not grow with their number. A picture that cannot be read is a row with the reason.
    Until it is complete the answers lie in `.OUTPUT.parts` beside it; after a kill the same call
    goes on from there, and the file has the same bytes as without the kill.

    Args:
        source: a run answers through Keras, a bundle without TensorFlow.
        inputs: files, folders, archives, Parquet and TAR shards, addresses of some, lists of paths
            (`.txt`), or `-` for such a list on the standard input.
        output: what is written: `.parquet`, `.csv` or `.jsonl`.
        options: how.
        progress: told what answers, the rate and the time left.
        stdin: where the list of `-` is read; None for the process' own.

    Raises:
        DataError: an input is not there; or there is a file already, or what another command left.
        UsageError: the output has another suffix, or an engine is chosen for a run.
        KerasportError: another command writes the file, or a package is missing.

    >>> kerasport.predict_many("web/model", ["photos"], "answers.parquet")  # doctest: +SKIP
    """
    start = time.monotonic()
    options = options or BulkOptions()
    opened = open_source(Path(source)) if isinstance(source, str | Path) else source
    require_engine(opened, options.engine)
    place = place_of(Path(output))
    asked = PictureInputs(tuple(map(str, inputs)), apart_from=place, stdin=stdin)
    asked.check()
    described = _described(opened)
    table = table_for(
        Path(output),
        described.class_names,
        options.top,
        described.labels_output,
        tells_novelty=opened.novelty_scale is not None,
    )
    check_place(Path(output), folder=False)
    with named_in_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with alone_at(place):
            parts = Parts(place)
            done, answered_by, continued = parts.finished(), "", 0
            if done is None:
                try:
                    done, answered_by, continued = _written(
                        opened, asked, table, parts, options, progress
                    )
                except BaseException:
                    parts.remove_if_empty()
                    raise
            parts.remove()
    pictures = sum(part.rows for part in done)
    return BulkSummary(
        output=Path(output),
        pictures=pictures,
        unreadable=sum(part.errors for part in done),
        allowed=allowed_unreadable(pictures, options.max_unreadable),
        answered_by=answered_by,
        seconds=time.monotonic() - start,
        continued=continued if answered_by else pictures,
    )


def _written(
    source: Run | Bundle,
    inputs: PictureInputs,
    table: AnswerTable,
    parts: Parts,
    options: BulkOptions,
    progress: Progress,
) -> tuple[list[KeptRows], str, int]:
    """Write the output; return its parts, who answered, and how many rows were there before."""
    if parts.place.exists() and not options.force:
        raise DataError(
            f"There is a file at '{parts.place}' already. Name another one, or pass --force to "
            "replace it."
        )
    answerer = open_answerer(source, engine=options.engine, workers=options.workers)
    job = {
        "answered by": answerer.kind,
        "inputs": list(inputs.texts),
        "model": _fingerprint(source),
        "novelty": source.novelty_scale is not None,
        "shard": str(options.shard),
        "top": options.top,
        "version": f"{VERSION}, preprocessing {PREPROCESSING_VERSION}",
    }
    done = parts.open(job, force=options.force)
    continued = sum(part.rows for part in done)
    progress.say(f"Answered by {answerer.words}.")
    if continued:
        progress.say(f"Continuing after {continued:,} pictures that were answered before.")
    pictures = options.shard.dealt(inputs.pictures())
    _pass_over(pictures, done, parts)
    known = inputs.count()
    total = None if known is None else options.shard.share_of(known)
    with progress.task("Classifying", total=total) as task:
        pace = Pace(task, total, continued)
        for rows in _pieces(pictures, source, answerer, pace):
            done.append(parts.add(len(done), rows, table.encode(rows)))
    with new_file(parts.place) as file:
        table.assemble([part.path for part in done], file)
        file.flush()
        parts.will_be(file.fileno())
    return done, answerer.kind, continued


def _described(source: Run | Bundle) -> Any:
    return source.metadata if isinstance(source, Bundle) else source.description


def _fingerprint(source: Run | Bundle) -> str:
    """Return what changes with the answers: a bundle's metadata has the hashes of its files."""
    file = source.path / METADATA_FILE if isinstance(source, Bundle) else source.model_path
    return sha256_of(file)


def _pass_over(pictures: Iterator[Asked], done: Sequence[KeptRows], parts: Parts) -> None:
    """Leave out the pictures that are answered.

    Raises:
        DataError: they are others now.
    """
    for part in done:
        names = [asked.name for asked in islice(pictures, part.rows)]
        if digest_of(names) != part.digest:
            raise DataError(
                "The inputs name other pictures now than before the interruption, at or after "
                f"'{names[0] if names else 'the last one'}'. Bring them back, or remove the folder "
                f"'{parts.folder}' to begin anew."
            )


def _pieces(
    pictures: Iterator[Asked], source: Run | Bundle, answerer: Answerer, pace: Pace
) -> Iterator[list[AnswerRow]]:
    """Yield rows as they are to be kept: after some seconds, or as many as are held at a time."""
    spec = _described(source).image_spec
    most = rows_held(len(_described(source).class_names))
    held: list[AnswerRow] = []
    start = time.monotonic()
    for rows in rows_of(pictures, spec=spec, answerer=answerer, workers=all_cores()):
        held += rows
        pace.advance(len(rows))
        if len(held) >= most or time.monotonic() - start >= _PART_SECONDS:
            yield held
            held, start = [], time.monotonic()
    if held:
        yield held
