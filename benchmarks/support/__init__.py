"""What the tests share, for benchmarks too: the modules of `tests/support`."""

from pathlib import Path

__path__ = [str(Path(__file__).parents[2] / "tests" / "support")]
