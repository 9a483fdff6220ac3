"""The connection by which processes of a training notice at once that one of them is gone."""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from kerasport.training.processes.lifeline import Lifeline
from kerasport.training.processes.surroundings import Surroundings

COUNT = 3


class Places:
    """What JAX's coordination service does for the port."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._is_there = threading.Event()

    def key_value_set(self, name: str, value: str) -> None:
        self.values[name] = value
        self._is_there.set()

    def blocking_key_value_get(self, name: str, milliseconds: int) -> str:
        assert self._is_there.wait(milliseconds / 1000)
        return self.values[name]


class Process:
    """One end, and what it was told."""

    def __init__(self, places: Places, number: int) -> None:
        self.told: queue.Queue[tuple[int, bool]] = queue.Queue()
        here = Surroundings(None, COUNT, number)
        self.line = Lifeline(
            places, here, "127.0.0.1", lambda lost, told: self.told.put((lost, told))
        )
        self.line.start()

    def connected(self, count: int) -> bool:
        return len(self.line._ends) == count

    def die(self) -> None:
        """Close the connections, as a system does for a process that it ends."""
        for end in list(self.line._ends):
            with contextlib.suppress(OSError):  # It is closed already.
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def places() -> Places:
    return Places()


@pytest.fixture
def processes(places: Places) -> Iterator[list[Process]]:
    """Three processes, connected."""
    made = [Process(places, number) for number in range(COUNT)]
    wait_until(lambda: made[0].connected(COUNT - 1))
    yield made
    for process in made:
        process.line.leave()
    for process in made:
        process.line._thread.join(5)


def wait_until(is_so: object) -> None:
    for _ in range(1000):
        if is_so():  # type: ignore[operator]
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come")


def test_process_0_is_told_who_was_killed(processes: list[Process]) -> None:
    """An end without a word is a loss, and the one at the other end has its number."""
    processes[2].die()

    assert processes[0].told.get(timeout=5) == (2, False)
    assert processes[1].told.empty()


def test_all_others_are_told_that_process_0_was_killed(processes: list[Process]) -> None:
    """Nobody else could tell the user, so they are told that it did not."""
    processes[0].die()

    assert [process.told.get(timeout=5) for process in processes[1:]] == [(0, False)] * 2


def test_a_connection_that_breaks_is_no_loss(places: Places, processes: list[Process]) -> None:
    """What resets an idle connection on its way says nothing of the process at its other end."""
    (place,) = places.values.values()
    port, key = place.split()
    end = socket.create_connection(("127.0.0.1", int(port)))
    end.sendall(bytes.fromhex(key) + b"\0\0\0\1")
    wait_until(lambda: processes[0].connected(COUNT))
    # Closed like that, it is reset.
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
    wait_until(lambda: processes[0].connected(COUNT - 1))
    processes[2].die()

    assert processes[0].told.get(timeout=5) == (2, False)
    assert processes[0].told.empty()


def test_who_leaves_is_not_lost(processes: list[Process]) -> None:
    """A process that ends as it should says so before it closes its connection."""
    processes[1].line.leave()
    processes[1].die()
    processes[2].die()

    assert processes[0].told.get(timeout=5) == (2, False)
    assert processes[0].told.empty()


def test_process_0_that_told_the_user_has_the_others_end_in_silence(
    processes: list[Process],
) -> None:
    """One sentence is enough."""
    processes[0].line.leave(told=True)

    assert [process.told.get(timeout=5) for process in processes[1:]] == [(0, True)] * 2


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\n\r\nand so on", bytes(16) + b"\0\0\0\1"])
def test_a_stranger_who_connects_is_no_process(
    places: Places, processes: list[Process], said: bytes
) -> None:
    """Who does not know the key of this training may come and go."""
    (place,) = places.values.values()
    with socket.create_connection(("127.0.0.1", int(place.split()[0]))) as stranger:
        stranger.sendall(said)
    processes[1].die()

    assert processes[0].told.get(timeout=5) == (1, False)
    assert processes[0].told.empty()
