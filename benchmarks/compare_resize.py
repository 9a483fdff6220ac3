"""Compare the client's preprocessing with Pillow's on random cases: exits with 1 on a difference.

.venv/bin/python benchmarks/compare_resize.py --cases 20000
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import PIL
from support.resizing import Comparison, compared


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"Pillow {PIL.__version__}, numpy {np.__version__}, seed {options.seed}")
    start = time.monotonic()
    found: dict[str, Comparison] = {}
    for found in compared(options.cases, options.seed):
        cases = next(iter(found.values())).cases
        if sys.stderr.isatty():
            print(f"\r{cases} of {options.cases}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    for name, kernel in found.items():
        print(
            f"{name:<12} {kernel.cases:>8,} cases {kernel.pixels:>14,} pixels compared "
            f"{kernel.differing_pixels:>6,} differing"
        )
        for case in kernel.differing_cases[:20]:
            print(f"  {case}")
    print(f"{time.monotonic() - start:.0f} s")
    return 1 if any(kernel.differing_cases for kernel in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
