"""The commands together, and what an error does to the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from kerasport.cli.check import check
from kerasport.cli.console import messages, results
from kerasport.cli.doctor import doctor
from kerasport.cli.evaluate import evaluate
from kerasport.cli.export import export
from kerasport.cli.inspect import inspect
from kerasport.cli.predict import predict
from kerasport.cli.site import site
from kerasport.cli.train import train
from kerasport.cli.verify import verify
from kerasport.errors import KerasportError

__all__ = ["app", "main"]

app = typer.Typer(
    name="kerasport",
    help="Train a Keras image classifier, ship it to the browser, prove that it predicts the same."
    "\n\nThe commands follow the way: [bold]check[/], [bold]train[/], [bold]evaluate[/], "
    "[bold]export[/], [bold]verify[/]. [bold]predict[/] and [bold]inspect[/] take a run or a "
    "bundle.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

for _command in (train, check, evaluate, export, verify, doctor, site, predict, inspect):
    app.command()(_command)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from kerasport.version import VERSION

        results.print(f"kerasport {VERSION}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 our error, 2 wrong usage, 3 a check failed."""
    run: Callable[..., Any] = app
    try:
        run(args=arguments)
    except KerasportError as error:
        messages.print(f"Error: {error}", style="red", soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        messages.print("Interrupted. What was there before is unchanged.")
        sys.exit(130)
