"""`kerasport predict`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kerasport.cli.console import messages, print_json_list, results
from kerasport.cli.shared_options import JsonOption
from kerasport.literals import EngineChoice
from kerasport.shares import share_text

if TYPE_CHECKING:
    from kerasport.prediction import Prediction

__all__ = ["predict"]

EngineOption = Annotated[
    EngineChoice,
    typer.Option(
        help="What answers for a bundle: the engine of the browsers, or numpy; auto is wasm where "
        "the extra 'engine' is installed."
    ),
]


def predict(
    source: Annotated[Path, typer.Argument(help="Run or bundle folder.")],
    pictures: Annotated[list[Path], typer.Argument(help="Picture files.")],
    top: Annotated[int, typer.Option(min=1, help="Number of classes to show.")] = 3,
    engine: EngineOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Classify pictures. A run answers through Keras, a bundle without TensorFlow."""
    from kerasport.errors import DataError
    from kerasport.prediction import open_source, predict_each
    from kerasport.progress import RichProgress

    failed = 0

    def readable() -> Iterator[Prediction]:
        nonlocal failed
        answers = predict_each(
            open_source(source),
            pictures,
            engine=engine,
            progress=RichProgress(messages),
        )
        for answer in answers:
            if isinstance(answer, DataError):
                failed += 1
                messages.print(f"Error: {answer}", style="red", soft_wrap=True)
            else:
                yield answer

    if as_json:
        print_json_list(
            {
                "file": str(prediction.path),
                "predictions": [
                    {"className": name, "probability": probability}
                    for name, probability in prediction.top(top)
                ],
            }
            for prediction in readable()
        )
    else:
        for prediction in readable():
            answer = "  ".join(f"{name} {share_text(value)}" for name, value in prediction.top(top))
            results.print(f"{prediction.path}: {answer}", soft_wrap=True)
    if failed:
        raise typer.Exit(1)
