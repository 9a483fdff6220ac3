"""`kerasport predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kerasport.cli.console import messages, print_json, results
from kerasport.cli.shared_options import JsonOption

__all__ = ["predict"]


def predict(
    source: Annotated[Path, typer.Argument(help="Run or bundle folder.")],
    pictures: Annotated[list[Path], typer.Argument(help="Picture files.")],
    top: Annotated[int, typer.Option(min=1, help="Number of classes to show.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Classify pictures. A run answers through Keras, a bundle without TensorFlow."""
    from kerasport.prediction import open_source
    from kerasport.prediction import predict as predict_pictures

    predictions, errors = predict_pictures(open_source(source), pictures)
    if as_json:
        print_json(
            [
                {
                    "file": str(prediction.path),
                    "predictions": [
                        {"className": name, "probability": probability}
                        for name, probability in prediction.top(top)
                    ],
                }
                for prediction in predictions
            ]
        )
    else:
        for prediction in predictions:
            answer = "  ".join(f"{name} {value:.1%}" for name, value in prediction.top(top))
            results.print(f"{prediction.path}: {answer}", soft_wrap=True)
    for error in errors:
        messages.print(f"Error: {error}", style="red", soft_wrap=True)
    if errors:
        raise typer.Exit(1)
