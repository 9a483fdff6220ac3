"""Decoding files on all cores: each is read once, and what fails is told apart."""

from __future__ import annotations

import itertools
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset.dataset import Example
from kerasport.dataset.identity import content_of
from kerasport.dataset.paths import leads_inside, read_bytes
from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec, fast_resize, kept_blocks, preprocess

__all__ = ["Decoded", "checksum", "decode_example", "in_parallel", "preprocess_file"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Handing over work costs about as much as a tenth of decoding a small photo.
_CHUNK = 8
_CHUNKS_PER_WORKER = 3


@dataclass(frozen=True)
class Decoded:
    """What became of one file: its pixels, or the reason why there are none.

    `lasting` is false where the file, not its content, was the trouble: trying again may help.
    """

    pixels: NDArray[np.uint8] | None = None
    checksum: int = 0
    reason: str = ""
    lasting: bool = True


def checksum(pixels: NDArray[np.uint8]) -> int:
    """Return the CRC-32 of a picture, which must be contiguous."""
    return zlib.crc32(pixels.data)


def decode_example(example: Example, spec: ImageSpec) -> Decoded:
    """Return the pixels of the picture, which is read once, if it is still the same."""
    try:
        data = example.read()
    except OSError:
        return Decoded(reason=_reason(example, spec) or "cannot be read", lasting=False)
    # Arrays cannot be exchanged behind our back, and hashing them again costs a tenth of a pass.
    if example.data is None and content_of(data) != example.content:
        changed = "was changed while the folder was being read"
        return Decoded(reason=_reason(example, spec) or changed, lasting=False)
    try:
        pixels = preprocess(data, spec, resize=fast_resize)
    except DataError as error:
        # Once more by its path, so that the reason names the file.
        return Decoded(reason=_reason(example, spec) or str(error))
    return Decoded(pixels, checksum(pixels))


def _reason(example: Example, spec: ImageSpec) -> str | None:
    try:
        if example.data is None:
            preprocess_file(example.path, spec)
        else:
            preprocess(example.read(), spec)
    except DataError as error:
        return str(error).replace("The picture", f"'{example.path}'", 1)
    return None


def preprocess_file(path: Path, spec: ImageSpec) -> NDArray[np.uint8]:
    """Return the pixels of a picture by its path, which may lead into an archive.

    Raises:
        DataError: it cannot be read; the message names the path.
    """
    if not leads_inside(path):
        return preprocess(path, spec)
    try:
        return preprocess(read_bytes(path), spec)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror or error}.") from None
    except DataError as error:
        raise DataError(str(error).replace("The picture", f"'{path}'", 1)) from None


def in_parallel(
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    *,
    workers: int | None = None,
    together: int | None = None,
) -> Iterator[list[_Result]]:
    """Yield results in the order of the items, in short lists, working on all cores.

    Threads, not processes: Pillow and zlib let go of the interpreter while they work, and
    pixels need not travel. Only a few lists are under way at a time, however long `items` is.

    Args:
        function: what is done with each.
        items: asked for as they are needed, by the caller's thread.
        workers: number of threads; None for one a core.
        together: how many a thread is handed at a time, the length of the lists; None for 8.
    """
    workers = workers or os.cpu_count() or 1
    source = iter(items)
    pool = ThreadPoolExecutor(workers)
    waiting: deque[Future[list[_Result]]] = deque()
    with kept_blocks():
        try:
            while True:
                while len(waiting) < workers * _CHUNKS_PER_WORKER:
                    chunk = list(itertools.islice(source, together or _CHUNK))
                    if not chunk:
                        break
                    waiting.append(pool.submit(lambda part: [function(x) for x in part], chunk))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
