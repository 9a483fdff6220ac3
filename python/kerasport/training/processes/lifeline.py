"""Connections of all processes to process 0, of which the system closes those of one that dies."""

from __future__ import annotations

import contextlib
import secrets
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any

from kerasport.training.processes.surroundings import Surroundings

__all__ = ["Lifeline"]

_PLACE = "kerasport/lifeline"
_KEY_BYTES = 16
_NUMBER_BYTES = 4
_LEAVES, _TOLD = b".", b"!"
_TURN_SECONDS = 0.5
_CONNECT_SECONDS = 10.0
_PLACE_MS = 60_000


class Lifeline:
    """Tells within a moment that a process was killed; its signs of life would miss it later.

    It is no more than that: where a connection cannot be made, or a machine goes without closing
    one, those decide.

    Args:
        client: of JAX's coordination service, through which the port is told.
        here: this process among the others.
        lost: called from a thread with the number of a process that is gone, and whether process 0,
            which goes after it, has told the user.
    """

    def __init__(
        self, client: Any, here: Surroundings, host: str, lost: Callable[[int, bool], None]
    ) -> None:
        self._client = client
        self._here = here
        self._host = host
        self._lost = lost
        self._over = threading.Event()
        self._leaving = threading.Lock()
        self._ends: dict[socket.socket, int] = {}
        work = self._listen if here.number == 0 else self._connect
        self._thread = threading.Thread(target=self._quietly, args=[work], name="lifeline")
        self._thread.daemon = True

    def start(self) -> None:
        """Begin to listen to the others."""
        self._thread.start()

    def leave(self, *, told: bool = False) -> None:
        """Say that this process ends as it should or, with `told`, because another was lost."""
        with self._leaving:
            self._over.set()
            for end in list(self._ends):
                with contextlib.suppress(OSError):
                    end.sendall(_TOLD if told else _LEAVES)
                    end.shutdown(socket.SHUT_WR)

    def _quietly(self, work: Callable[[], None]) -> None:
        # There is the watch besides.
        with contextlib.suppress(Exception):
            work()
        with self._leaving:
            for end in list(self._ends):
                end.close()

    def _listen(self) -> None:
        """Take the connections of the others, and wait for the end of any."""
        key = secrets.token_bytes(_KEY_BYTES)
        with socket.create_server(("", 0)) as server, selectors.DefaultSelector() as events:
            port = server.getsockname()[1]
            self._client.key_value_set(_PLACE, f"{port} {key.hex()}")
            events.register(server, selectors.EVENT_READ)
            while not self._over.is_set():
                for event, _ in events.select(_TURN_SECONDS):
                    if event.fileobj is server:
                        self._admit(server, key, events)
                    elif isinstance(event.fileobj, socket.socket):
                        events.unregister(event.fileobj)
                        self._look_at(event.fileobj)

    def _admit(self, server: socket.socket, key: bytes, events: selectors.BaseSelector) -> None:
        end, _ = server.accept()
        end.settimeout(_CONNECT_SECONDS)
        number = self._number_of(end, key)
        if number is None:
            end.close()
        else:
            self._ends[end] = number
            events.register(end, selectors.EVENT_READ)

    def _look_at(self, end: socket.socket) -> None:
        """Find out whether the other end left or was lost."""
        number = self._ends.pop(end)
        with end:
            if _heard(end) == b"" and not self._over.is_set():
                self._lost(number, False)

    def _number_of(self, end: socket.socket, key: bytes) -> int | None:
        """Return the number of the process at the other end; None for a stranger."""
        with contextlib.suppress(OSError):
            said = b""
            while len(said) < _KEY_BYTES + _NUMBER_BYTES:
                part = end.recv(_KEY_BYTES + _NUMBER_BYTES - len(said))
                if not part:
                    return None
                said += part
            number = int.from_bytes(said[_KEY_BYTES:], "big")
            if secrets.compare_digest(said[:_KEY_BYTES], key) and 0 < number < self._here.count:
                return number
        return None

    def _connect(self) -> None:
        """Connect to process 0, and wait for its end."""
        said = self._client.blocking_key_value_get(_PLACE, _PLACE_MS)
        port, _, key = str(said).partition(" ")
        end = socket.create_connection((self._host, int(port)), _CONNECT_SECONDS)
        self._ends[end] = 0
        end.sendall(bytes.fromhex(key) + self._here.number.to_bytes(_NUMBER_BYTES, "big"))
        end.settimeout(None)
        word = _heard(end)
        if word in (b"", _TOLD) and not self._over.is_set():
            self._lost(0, word == _TOLD)


def _heard(end: socket.socket) -> bytes | None:
    """Return the last word of the other end, nothing where the system closed it without one.

    None where it is the connection that broke: something between two machines may break one that
    has been idle for hours, while the process at its other end is well.
    """
    try:
        return end.recv(1)
    except OSError:
        return None
