"""`kerasport site`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kerasport.cli.console import results
from kerasport.cli.shared_options import ForceOption

__all__ = ["site"]


def site(
    bundle: Annotated[Path, typer.Argument(help="Bundle folder, as 'kerasport export' wrote it.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder or file to write.  \\[default: site, or NAME.html]"),
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="Write one HTML file that holds everything.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Write a page with the model in it: a folder to host, or one file to send by mail.

    [bold]kerasport site web/model --out site[/]\n
    [bold]kerasport site web/model --single-file --out digits.html[/]
    """
    from kerasport.bundle import Bundle
    from kerasport.site import file_name_of, write_single_file, write_site

    opened = Bundle.open(bundle)
    if single_file:
        page = write_single_file(opened, out or Path(file_name_of(opened)), force=force)
    else:
        page = write_site(opened, out or Path("site"), force=force)
    results.print(str(page), soft_wrap=True)
