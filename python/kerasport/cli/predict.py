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
    from kerasport.prediction import LabelAnswer, Prediction

__all__ = ["predict"]

_FILE = "With --output"
_STRANGE = "unlike anything it was trained on"

_TOP = 3
"""Classes that are shown unless told."""

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
    from kerasport.dataset.archives import is_address
    from kerasport.dataset.paths import leads_inside
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
    for each in pictures:
        if each == "-" or (is_address(each) and not leads_inside(Path(each))):
            raise UsageError(
                f"'{each}' may stand for many pictures, whose answers are written to a table. Name "
                "one with --output answers.csv."
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

    if as_json:
        print_json_list(_as_json(prediction, top) for prediction in readable())
    else:
        for prediction in readable():
            results.print(f"{prediction.path}: {_as_text(prediction, top)}", soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def _as_json(prediction: Prediction, top: int | None) -> dict[str, object]:
    about = {"file": str(prediction.path), **_strangeness(prediction)}
    if prediction.output is not None:
        return {**about, "labels": [each._asdict() for each in _labels(prediction, top)]}
    predictions = [
        {"className": name, "probability": probability}
        for name, probability in prediction.top(top or _TOP)
    ]
    return {**about, "predictions": predictions}


def _as_text(prediction: Prediction, top: int | None) -> str:
    """Return the best classes; of labels those that hold, and behind them those that do not."""
    strange = "" if prediction.is_familiar else f"  ({_STRANGE})"
    if prediction.output is None:
        best = "  ".join(
            f"{name} {share_text(share)}" for name, share in prediction.top(top or _TOP)
        )
        return f"{best}{strange}"
    labels = sorted(_labels(prediction, top), key=lambda each: -each.probability)
    held, others = (
        "  ".join(
            f"{each.name} {share_text(each.probability)}"
            for each in labels
            if each.holds is is_held
        )
        for is_held in (True, False)
    )
    return f"{held or 'nothing found'}{f'  (not: {others})' if others else ''}{strange}"


def _labels(prediction: Prediction, top: int | None) -> list[LabelAnswer]:
    from kerasport.errors import UsageError

    if top is not None:
        raise UsageError(
            "--top is for models that choose one class. Of labels any number holds, and each is "
            "told: leave it out."
        )
    return prediction.labels()


def _strangeness(prediction: Prediction) -> dict[str, object]:
    """Return what JSON says of a picture's distance from those of the training, if anything."""
    if prediction.novelty is None:
        return {}
    return {"novelty": prediction.novelty, "familiar": prediction.is_familiar}
