"""JAX's coordination service, in a process of its own that outlives process 0 for a while.

JAX has it in process 0. When that is killed, the others lose the service in the same moment, and
JAX aborts each of them with native messages, before or after it could say what happened.
"""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from kerasport.platforms import group_options

__all__ = ["served_apart"]

_LINGER_SECONDS = 10.0
_READY, _OVER = "ready", "over"

# A service that lingers after a training which was killed has the port that the next one wants.
_PORT_SECONDS = 30.0
_TURN_SECONDS = 0.2


@contextlib.contextmanager
def served_apart() -> Iterator[None]:
    """Have `jax.distributed.initialize` start the service in another process in the block."""
    from jax._src.lib import _jax

    within = _jax.get_distributed_runtime_service
    _jax.get_distributed_runtime_service = _Service
    try:
        yield
    finally:
        _jax.get_distributed_runtime_service = within


class _Service:
    """Stands for a service in another process.

    Raises:
        RuntimeError: it does not start, with what it says.
    """

    def __init__(self, address: str, count: int, **options: Any) -> None:
        what = json.dumps([address, count, options, _PORT_SECONDS])
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            # Ctrl-C stops process 0, which ends the service when it is done.
            **group_options(),
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        if said != _READY:
            self._process.communicate()
            raise RuntimeError(said or "the coordination service did not start")

    def shutdown(self) -> None:
        """End the service at once."""
        with contextlib.suppress(OSError):
            self._process.communicate(_OVER)


def _serve(address: str, count: int, options: dict[str, Any], port_seconds: float) -> None:
    """Be the service until its starter says that it is over, or some seconds after its death."""
    try:
        _wait_for_port(int(address.rpartition(":")[2]), port_seconds)
        from jaxlib._jax import get_distributed_runtime_service

        service = get_distributed_runtime_service(address, count, **options)
    except Exception as error:  # Whatever gRPC raises.
        _tell(" ".join(str(error).split()))
        return
    _tell(_READY)
    if sys.stdin.read() != _OVER:
        time.sleep(_LINGER_SECONDS)
    service.shutdown()


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _wait_for_port(port: int, seconds: float) -> None:
    """Wait until no other program has a port: gRPC would share it, and some would find that one."""
    until = time.monotonic() + seconds
    while True:
        try:
            with socket.create_server(("", port)):
                return
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            if time.monotonic() > until:
                raise OSError(f"port {port} is taken by another program") from None
            time.sleep(_TURN_SECONDS)


if __name__ == "__main__":
    _serve(*json.loads(sys.argv[1]))
