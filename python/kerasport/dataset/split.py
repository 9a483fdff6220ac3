"""Cutting by content: adding a picture moves no other, and copies stay on one side."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from kerasport.dataset.dataset import Split
from kerasport.dataset.read_options import ReadOptions

__all__ = ["fraction_of", "split_of"]


def fraction_of(content: str, *, seed: int) -> float:
    """Return a number in [0, 1) that depends on nothing but the picture's bytes and the seed.

    Args:
        content: the SHA-256 of the file in hexadecimal.
        seed: another seed gives another, independent cut.
    """
    digest = hashlib.sha256(f"{seed}:{content}".encode("ascii")).digest()
    # 53 bits are what a float holds exactly; more could round up to 1.0.
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)


def split_of(content: str, options: ReadOptions, *, given: Collection[Split] = ()) -> Split:
    """Return the split of a picture whose folder does not name one.

    Args:
        content: the SHA-256 of the file in hexadecimal.
        options: the seed and the shares.
        given: splits that the data brings itself; nothing is added to them.
    """
    fraction = fraction_of(content, seed=options.seed)
    test_end = 0.0 if "test" in given else options.test_share
    validation_end = test_end + (0.0 if "validation" in given else options.validation_share)
    if fraction < test_end:
        return "test"
    return "validation" if fraction < validation_end else "train"
