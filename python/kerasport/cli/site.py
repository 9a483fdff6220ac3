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
        typer.Option(help="Folder or file to write.  \\[default: site, NAME.html or NAME.d.ts]"),
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="Write one HTML file that holds everything.")
    ] = False,
    types: Annotated[
        bool,
        typer.Option("--types", help="Write no page, but the class names as types of TypeScript."),
    ] = False,
    force: ForceOption = False,
) -> None:
    """Write a page with the model in it: a folder to host, or one file to send by mail.

    [bold]kerasport site web/model --out site[/]\n
    [bold]kerasport site web/model --single-file --out digits.html[/]\n
    [bold]kerasport site web/model --types --out src/digits.d.ts[/]
    """
    from kerasport.bundle import Bundle
    from kerasport.declarations import ENDING, write_class_types
    from kerasport.site import file_name_of, write_single_file, write_site

    if single_file and types:
        raise typer.BadParameter("give --single-file or --types: they write different files.")
    opened = Bundle.open(bundle)
    if types:
        written = write_class_types(opened, out or Path(file_name_of(opened, ENDING)), force=force)
    elif single_file:
        written = write_single_file(opened, out or Path(file_name_of(opened)), force=force)
    else:
        written = write_site(opened, out or Path("site"), force=force)
    results.print(str(written), soft_wrap=True)
