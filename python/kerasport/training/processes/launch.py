"""Starting the processes of a training on this machine, and ending all of them together."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any

from kerasport.errors import KerasportError
from kerasport.models import BACKEND_VARIABLE
from kerasport.platforms import group_options, kill_group
from kerasport.training.processes.surroundings import (
    COORDINATOR_VARIABLE,
    PARENT_VARIABLE,
    PROCESS_VARIABLE,
    PROCESSES_VARIABLE,
)
from kerasport.training.processes.watch import LOST_CODE

__all__ = ["Ended", "launch"]

_TURN_SECONDS = 0.1

_SETTLING_SECONDS = 0.5
_GRACE_SECONDS = 15
_DEVICES_VARIABLE = "JAX_LOCAL_DEVICE_IDS"


class Ended(KerasportError):
    """A process of a training ended before its work was done."""


def launch(arguments: Sequence[str], count: int) -> int:
    """Run `kerasport` with these arguments in so many processes; return the exit code of the first.

    The first has the terminal. Of the others one that fails by itself is heard when all have ended.

    Raises:
        Ended: one of them was killed, or failed without a word of the first. All are ended then.
        KerasportError: Keras' backend was chosen, and is not JAX.
    """
    backend = os.environ.get(BACKEND_VARIABLE, "jax")
    if backend != "jax":
        raise KerasportError(
            f"--processes needs Keras on JAX, and {BACKEND_VARIABLE} is {backend!r}. Unset it, or "
            "leave --processes out."
        )
    environment = {
        **os.environ,
        BACKEND_VARIABLE: "jax",
        COORDINATOR_VARIABLE: f"127.0.0.1:{_free_port()}",
        PROCESSES_VARIABLE: str(count),
        PARENT_VARIABLE: str(os.getpid()),
    }
    command = [sys.executable, "-m", "kerasport", *arguments]
    with contextlib.ExitStack() as stack:
        said = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(count)]
        with _started(command, environment, said) as processes:
            codes = _wait(processes)
        return _code(codes, said) if any(codes) else 0


@contextlib.contextmanager
def _started(
    command: Sequence[str], environment: dict[str, str], said: Sequence[IO[bytes]]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number, stream in enumerate(said):
            own = {PROCESS_VARIABLE: str(number), _DEVICES_VARIABLE: str(number)}
            # Ctrl-C reaches the first, which tells how to go on, and not the others.
            options: dict[str, Any] = {} if number == 0 else _silent(stream)
            processes.append(subprocess.Popen(command, env={**environment, **own}, **options))
        yield processes
    except BaseException:
        _end_first(processes)
        raise
    finally:
        for number, process in enumerate(processes):
            if process.poll() is None:
                if number:
                    kill_group(process)
                else:
                    process.kill()
                    process.wait()


def _silent(stream: IO[bytes]) -> dict[str, Any]:
    # When a process dies, JAX has the others abort with native messages that help nobody.
    nowhere = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": stream}
    return {**nowhere, **group_options()}


def _end_first(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Have the first process end in good order, while the others still take part in its step."""
    with contextlib.suppress(IndexError, OSError, subprocess.TimeoutExpired):
        first = processes[0]
        # Ctrl-C of a terminal has reached it already; a second one it does not mind.
        first.terminate()
        first.wait(_GRACE_SECONDS)


def _wait(processes: Sequence[subprocess.Popen[bytes]]) -> list[int | None]:
    """Return the exit codes when all have ended well, or as soon as one has not."""
    while True:
        codes = [process.poll() for process in processes]
        if all(code == 0 for code in codes) or any(
            code not in (None, 0, LOST_CODE) for code in codes
        ):
            return codes
        if any(codes):
            # Who notices the end of another may be seen before it.
            time.sleep(_SETTLING_SECONDS)
            return [process.poll() for process in processes]
        time.sleep(_TURN_SECONDS)


def _code(codes: Sequence[int | None], said: Sequence[IO[bytes]]) -> int:
    """Return the exit code of all, where the process that failed told why itself."""
    first = next(
        (number for number, code in enumerate(codes) if code not in (None, 0, LOST_CODE)), None
    )
    if first is None:
        raise Ended(f"The {len(codes)} processes of the training lost each other.")
    code = codes[first] or 0
    if code > 0:
        said[first].seek(0)
        sys.stderr.write(said[first].read().decode(errors="replace"))
        return code
    raise Ended(
        f"Process {first} of {len(codes)} was ended by signal {-code}, and the others with it."
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
