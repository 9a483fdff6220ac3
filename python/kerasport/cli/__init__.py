"""The command line: one module per command, each a thin layer over the Python API.

Results go to stdout, progress and messages to stderr. Heavy packages are imported inside the
commands, so that `kerasport --help` answers at once.
"""

from kerasport.cli.command_line import app, main

__all__ = ["app", "main"]
