"""What benchmarks share, and what they take from the tests: the modules of `tests/support`."""

from pathlib import Path

__path__ = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "tests" / "support")]
