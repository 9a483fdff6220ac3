"""The program: `kerasport`, or `python -m kerasport`."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; Ctrl-C while it is being loaded ends it like Ctrl-C later."""
    try:
        from kerasport.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
