"""`kerasport predict`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kerasport.cli.bulk import write_answers
from kerasport.cli.console import messages, print_json_list, results
from kerasport.cli.shared_options import JsonOption
from kerasport.literals import EngineChoice
from kerasport.shares import share_text

if TYPE_CHECKING:
    from kerasport.prediction import Prediction

__all__ = ["predict"]

_FILE = "With --output"
_STRANGE = "unlike anything it was trained on"

EngineOption = Annotated[
    EngineChoice,
    typer.Option(
        help="What answers for a bundle: the engine of the browsers, or numpy; auto is wasm where "
        "the extra 'engine' is installed."
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        min=1, help="Pictures that a bundle's engine computes at a time.  \\[default: one a core]"
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        help="Table to write, a row a picture: .parquet, .csv or .jsonl. The same command again "
        "continues one that was interrupted.",
        rich_help_panel=_FILE,
    ),
]
ShardOption = Annotated[
    str,
    typer.Option(
        help="Which of several machines this is, like 3/16: pictures are dealt one by one, by "
        "their place in the order of the inputs.",
        rich_help_panel=_FILE,
    ),
]
UnreadableOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Unreadable pictures to take without complaint; each is a row with its reason.  "
        "\\[default: 10 or 1 %, whichever is more]",
        rich_help_panel=_FILE,
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace what is already there.", rich_help_panel=_FILE)
]


def predict(
    source: Annotated[Path, typer.Argument(help="Run or bundle folder.")],
    pictures: Annotated[
        list[str],
        typer.Argument(
            help="Picture files; with --output also folders, archives, .parquet and .tar, "
            "addresses of such, lists of paths (.txt), or - for a list on the standard input."
        ),
    ],
    top: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of classes to show.  \\[default: 3; with --output all, in columns of "
            "their own]",
        ),
    ] = None,
    engine: EngineOption = "auto",
    workers: WorkersOption = None,
    as_json: JsonOption = False,
    output: OutputOption = None,
    shard: ShardOption = "1/1",
    max_unreadable: UnreadableOption = None,
    force: ForceOption = False,
) -> None:
    """Classify pictures. A run answers through Keras, a bundle without TensorFlow."""
    from kerasport.bulk import BulkOptions
    from kerasport.dataset import Part
    from kerasport.errors import DataError, UsageError
    from kerasport.prediction import open_source, predict_each
    from kerasport.progress import RichProgress

    options = BulkOptions(
        engine=engine,
        workers=workers,
        top=top,
        shard=Part.parse(shard),
        max_unreadable=max_unreadable,
        force=force,
    )
    if output is not None:
        write_answers(source, pictures, output, options, as_json=as_json)
        return
    if options != BulkOptions(engine=engine, workers=workers, top=top):
        raise UsageError(
            "--shard, --max-unreadable and --force belong to a table that is written. Name one "
            "with --output answers.csv, or leave them out."
        )
    failed = 0

    def readable() -> Iterator[Prediction]:
        nonlocal failed
        answers = predict_each(
            open_source(source),
            pictures,
            engine=engine,
            workers=workers,
            progress=RichProgress(messages),
        )
        for answer in answers:
            if isinstance(answer, DataError):
                failed += 1
                messages.print(f"Error: {answer}", style="red", soft_wrap=True)
            else:
                yield answer

    top = top or 3
    if as_json:
        print_json_list(
            {
                "file": str(prediction.path),
                "predictions": [
                    {"className": name, "probability": probability}
                    for name, probability in prediction.top(top)
                ],
                **_strangeness(prediction),
            }
            for prediction in readable()
        )
    else:
        for prediction in readable():
            answer = "  ".join(f"{name} {share_text(value)}" for name, value in prediction.top(top))
            strange = "" if prediction.is_familiar else f"  ({_STRANGE})"
            results.print(f"{prediction.path}: {answer}{strange}", soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def _strangeness(prediction: Prediction) -> dict[str, object]:
    """Return what JSON says of a picture's distance from those of the training, if anything."""
    if prediction.novelty is None:
        return {}
    return {"novelty": prediction.novelty, "familiar": prediction.is_familiar}
