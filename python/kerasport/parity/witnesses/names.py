"""Who can be asked about a bundle: names, choices by wildcards, and how each one is reached."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kerasport.bundle import Bundle
from kerasport.errors import BrowserError, KerasportError
from kerasport.parity.browsers.chromium import launched_chromium
from kerasport.parity.browsers.engines import WebEngine, find_engine
from kerasport.parity.witnesses.format_reader import FORMATS_OF_READERS, format_reader
from kerasport.parity.witnesses.playwright_page import chromium_page, single_file_page
from kerasport.parity.witnesses.protocol import LiveWitness
from kerasport.parity.witnesses.python_reader import python_reader
from kerasport.parity.witnesses.runtime_page import RUNTIME_WITNESSES, runtime_page
from kerasport.parity.witnesses.served_page import START_SECONDS, client_page
from kerasport.parity.witnesses.stock_page import is_stock_installed, stock_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = [
    "DEFAULT_WITNESSES",
    "WITNESSES",
    "choose_witnesses",
    "default_witnesses",
    "live_witnesses",
]

WITNESSES = (
    "chromium/cpu",
    "chromium/wasm",
    "chromium/webgl",
    "chromium/webgpu",
    "firefox/cpu",
    "firefox/wasm",
    "firefox/webgl",
    "webkit/cpu",
    "webkit/wasm",
    "single-file/wasm",
    "stock-tfjs/cpu",
    "stock-tfjs/wasm",
    "tensorflowjs-python",
    "onnxruntime-python",
    "litert-python",
    "onnxruntime-web/wasm",
    "litert-web/wasm",
    "mediapipe-web/wasm",
    "transformers-web/wasm",
    "teachable-machine-web/cpu",
    "teachable-machine-web/webgl",
)
"""Every witness there is."""

DEFAULT_WITNESSES = ("chromium/*", "single-file/*", "stock-tfjs/wasm")
"""Who is asked unless others are named; stock TensorFlow.js where it is installed."""

_FEW_PICTURES = 1000
"""Pictures up to which all of `DEFAULT_WITNESSES` are asked."""

_SLOW = ("chromium/webgl", "chromium/webgpu")
"""Left out by default for more pictures: they draw in software, to be the same everywhere."""


def choose_witnesses(patterns: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names that the patterns stand for, and those that were spelled out.

    Args:
        patterns: names with `*` for any part, or `all`.

    Raises:
        KerasportError: a pattern fits no witness.

    >>> choose_witnesses(["firefox/w*", "stock-tfjs/cpu"])
    (['firefox/wasm', 'firefox/webgl', 'stock-tfjs/cpu'], ['stock-tfjs/cpu'])
    """
    spelled_out = [name for name in WITNESSES if name in patterns]
    chosen = set()
    for pattern in patterns:
        fitting = [name for name in WITNESSES if pattern == "all" or fnmatchcase(name, pattern)]
        if not fitting:
            raise KerasportError(
                f"There is no witness {pattern!r}. Expected 'all' or some of: "
                f"{', '.join(WITNESSES)}; '*' stands for any part."
            )
        chosen.update(fitting)
    if not chosen:
        raise KerasportError(f"No witness was given. Expected some of: {', '.join(WITNESSES)}.")
    return [name for name in WITNESSES if name in chosen], spelled_out


def default_witnesses(pictures: int) -> tuple[list[str], dict[str, str]]:
    """Return who is asked about so many pictures unless others are named, and why others are not.

    >>> names, left_out = default_witnesses(10_000)
    >>> names[:3]
    ['chromium/cpu', 'chromium/wasm', 'single-file/wasm']
    >>> left_out["chromium/webgpu"]
    'it is slow, and there are more than 1,000 pictures. Ask it with: --witness chromium/webgpu'
    """
    names, _ = choose_witnesses(DEFAULT_WITNESSES)
    if not is_stock_installed():
        names = [name for name in names if not name.startswith("stock-tfjs/")]
    reason = f"it is slow, and there are more than {_FEW_PICTURES:,} pictures"
    left_out = {
        name: f"{reason}. Ask it with: --witness {name}"
        for name in (_SLOW if pictures > _FEW_PICTURES else ())
    }
    return [name for name in names if name not in left_out], left_out


@contextlib.contextmanager
def live_witnesses(
    names: Sequence[str],
    bundle: Bundle,
    *,
    stop: threading.Event | None = None,
    start_seconds: float = START_SECONDS,
) -> Iterator[tuple[list[LiveWitness], dict[str, str]]]:
    """Yield those that are there, each with the bundle loaded, and why the others are missing.

    Args:
        names: some of `WITNESSES`.
        bundle: what they load.
        stop: no more are started once it is set.
        start_seconds: how long one may take to open its page and load the model.
    """
    live: list[LiveWitness] = []
    missing: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        chromium = _Chromium(stack, webgpu="chromium/webgpu" in names)
        # Asking an engine for its version starts it, which takes a while.
        find = functools.cache(find_engine)
        for name in names:
            if stop is not None and stop.is_set():
                break
            try:
                live.append(
                    stack.enter_context(_opened(name, bundle, chromium, find, start_seconds))
                )
            except KerasportError as error:
                missing[name] = str(error)
        yield live, missing


class _Chromium:
    """One browser for all backends, started when the first one needs it."""

    def __init__(self, stack: contextlib.ExitStack, *, webgpu: bool) -> None:
        self._stack = stack
        self._webgpu = webgpu
        self._browser: Browser | None = None
        self._failure: KerasportError | None = None

    def browser(self) -> Browser:
        if self._failure is not None:
            raise self._failure
        if self._browser is None:
            try:
                self._browser = self._stack.enter_context(launched_chromium(webgpu=self._webgpu))
            except KerasportError as error:
                self._failure = error
                raise
        return self._browser


def _opened(
    name: str,
    bundle: Bundle,
    chromium: _Chromium,
    find: Callable[[str], WebEngine],
    start_seconds: float,
) -> AbstractContextManager[LiveWitness]:
    where, _, backend = name.partition("/")
    if where == "chromium":
        return chromium_page(chromium.browser(), bundle, backend)
    if where == "single-file":
        return single_file_page(chromium.browser(), bundle, backend)
    if where == "tensorflowjs-python":
        return python_reader(bundle)
    if where in FORMATS_OF_READERS:
        return format_reader(where, bundle)
    if where in RUNTIME_WITNESSES:
        return runtime_page(where, find("chromium"), bundle, backend, start_seconds)
    if where == "stock-tfjs":
        return stock_page(find("chromium"), bundle, backend, start_seconds)
    if where in ("firefox", "webkit"):
        return client_page(find(where), bundle, backend, start_seconds)
    raise BrowserError(f"There is no way to reach the witness {name!r}.")
