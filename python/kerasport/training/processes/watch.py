"""Each process watches the others, so that all of them end when one does."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from kerasport.training.processes.lifeline import Lifeline
from kerasport.training.processes.surroundings import Surroundings

__all__ = ["LOST_CODE", "Watch", "resuming_advice"]

LOST_CODE = 75
"""Exit code of a process that ends because another one did, where their parent tells the user."""

_LOST_BEATS = 20
"""A process that gave no sign of life while another gave so many is lost."""

_VERDICT_SECONDS = 60
_FAREWELL_SECONDS = 15

_ALIVE = "kerasport/alive/"
_ENDED = "kerasport/ended/"
_BEAT_SECONDS = 1.0
_TURN_SECONDS = 0.05

_advice: list[Callable[[], str]] = [str]


def resuming_advice(tell: Callable[[], str]) -> None:
    """Have the sentence about a lost process end with what this returns."""
    _advice[0] = tell


class Watch:
    """A thread that says that this process lives, and ends it when another does not.

    Args:
        client: of JAX's coordination service.
        here: this process among the others.
        host: where process 0 is.
    """

    def __init__(self, client: Any, here: Surroundings, host: str) -> None:
        self._client = client
        self._here = here
        self._over = threading.Event()
        self._ending = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._lifeline = Lifeline(client, here, host, self._give_up)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()
        self._lifeline.start()

    def stop(self) -> None:
        """Watch no longer: what ends from now on ends as it should."""
        self._over.set()
        self._lifeline.leave()
        self._thread.join(2 * _BEAT_SECONDS)

    def announce_end(self) -> None:
        """Tell the others that this process ends before its work is done."""
        self._lifeline.leave()
        with contextlib.suppress(Exception):
            self._client.key_value_set(f"{_ENDED}{self._here.number}", "1", allow_overwrite=True)
            if self._here.number == 0:
                # What they ask ends with this process.
                time.sleep(2 * _BEAT_SECONDS)

    def wait_for_verdict(self) -> None:
        """Give the watch time to find out who was lost; it ends this process then."""
        time.sleep(_VERDICT_SECONDS)

    def wait_for_the_others(self) -> None:
        """Wait until all others have said that they end, for a few seconds."""
        until = time.monotonic() + _FAREWELL_SECONDS
        with contextlib.suppress(Exception):
            while len(self._client.key_value_dir_get(_ENDED)) < self._here.count - 1:
                if time.monotonic() > until:
                    return
                time.sleep(_TURN_SECONDS)

    def _run(self) -> None:
        seen: dict[str, tuple[str, int]] = {}
        beat = 0
        while not self._over.wait(_BEAT_SECONDS):
            beat += 1
            lost = self._lost(seen, beat)
            if lost is not None and not self._over.is_set():
                self._give_up(*lost)

    def _lost(self, seen: dict[str, tuple[str, int]], beat: int) -> tuple[int, bool] | None:
        """Return the number of a process that is gone, and whether it told why; None for none."""
        here = self._here
        if here.parent is not None and os.getppid() != here.parent:
            # Nobody is there any more whom this training is for.
            self._end()
        try:
            own = f"{_ALIVE}{here.number}"
            self._client.key_value_set(own, str(beat), allow_overwrite=True)
            ended = self._client.key_value_dir_get(_ENDED)
            alive = self._client.key_value_dir_get(_ALIVE)
        except Exception:  # jax.errors.JaxRuntimeError: the machine of process 0 is gone.
            return 0, False
        if ended:
            return int(ended[0][0].rpartition("/")[2]), True
        for key, value in alive:
            if seen.get(key, ("", 0))[0] != value:
                seen[key] = value, beat
        # Own beats are counted, not the clock: on a machine that is busy all of them are slow.
        gone = [key for key, (_, when) in seen.items() if beat - when > _LOST_BEATS]
        return (int(gone[0].rpartition("/")[2]), False) if gone else None

    def _give_up(self, lost: int, told: bool) -> None:
        here = self._here
        # Both threads may find it out, and the first ends the process.
        self._ending.acquire()
        if self._over.is_set():
            self._ending.release()
            return
        if here.parent is None and not told and (here.number == 0 or lost == 0):
            sys.stderr.write(
                f"Error: Process {lost} of {here.count} ended before the training was done, so "
                f"this one ends too.{_advice[0]()}\n"
            )
        if here.number == 0:
            self._lifeline.leave(told=True)
        self._end()

    def _end(self) -> None:
        # The main thread may wait, in native code, for a process that is gone.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(1 if self._here.parent is None else LOST_CODE)
