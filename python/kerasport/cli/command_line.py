"""The commands together, and what an error does to the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from kerasport.cli.accidents import close_streams, describe, open_streams
from kerasport.cli.cache import cache
from kerasport.cli.check import check
from kerasport.cli.console import messages, results
from kerasport.cli.doctor import doctor
from kerasport.cli.evaluate import evaluate
from kerasport.cli.export import export
from kerasport.cli.inspect import inspect
from kerasport.cli.predict import predict
from kerasport.cli.review import review
from kerasport.cli.site import site
from kerasport.cli.train import train
from kerasport.cli.verify import verify
from kerasport.errors import KerasportError
from kerasport.platforms import terminated_cleanly

__all__ = ["app", "main"]

app = typer.Typer(
    name="kerasport",
    help="Train a Keras image classifier, ship it to the browser, prove that it predicts the same."
    "\n\nThe commands follow the way: [bold]check[/], [bold]train[/], [bold]evaluate[/], "
    "[bold]export[/], [bold]verify[/]; [bold]review[/] looks for wrong labels. "
    "[bold]predict[/] and [bold]inspect[/] take a run or a bundle.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

for _command in (
    *(train, check, review, cache, evaluate, export, verify),
    *(doctor, site, predict, inspect),
):
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
    open_streams()
    code = _run(arguments)
    problem = close_streams()
    if problem is not None and not code:
        _complain(problem)
        code = 1
    sys.exit(code)


def _run(arguments: list[str] | None) -> int | str | None:
    run: Callable[..., Any] = app
    try:
        # SIGTERM cleans up as Ctrl-C does: no half-written folder and no browser stays.
        with terminated_cleanly():
            # The command that starts others like itself needs to know how it was called.
            run(args=arguments, obj=sys.argv[1:] if arguments is None else list(arguments))
    except SystemExit as stop:
        return stop.code
    except KerasportError as error:
        _complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        # Whoever read the results has seen enough, as `head` does.
        return 1
    except OSError as error:
        _complain(describe(error))
        return 1
    except KeyboardInterrupt:
        messages.print("Interrupted. Nothing was left half written.")
        return 130
    return 0


def _complain(problem: str) -> None:
    messages.print(f"Error: {problem}", style="red", soft_wrap=True)
