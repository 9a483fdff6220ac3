"""The process that holds JAX's coordination service."""

from __future__ import annotations

import importlib.util
import re
import socket
import sys

import pytest

from kerasport.training.processes import service
from kerasport.training.processes.service import served_apart

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(
        importlib.util.find_spec("jax") is None or sys.version_info < (3, 11),
        reason="Keras on JAX (the extra 'jax') needs Python 3.11",
    ),
]

OPTIONS = {"heartbeat_timeout": 100, "shutdown_timeout": 5, "recoverable": True}


def listener() -> socket.socket:
    return socket.create_server(("", 0))


def test_a_service_ends_when_it_is_told() -> None:
    """It answers at its port until then, and nobody has the port after it."""
    from jax._src.lib import _jax

    with listener() as place:
        port = place.getsockname()[1]
    with served_apart():
        held = _jax.get_distributed_runtime_service(f"[::]:{port}", 1, **OPTIONS)
    client = _jax.get_distributed_runtime_client(f"127.0.0.1:{port}", 0, use_compression=True)
    client.connect()
    client.key_value_set("place", "value")

    assert client.blocking_key_value_get("place", 10_000) == "value"
    client.shutdown()
    held.shutdown()
    with socket.create_server(("", port)):
        pass
    assert _jax.get_distributed_runtime_service is not service._Service


def test_a_service_waits_for_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two services on one port would each get some of the processes."""
    with listener() as place:
        turns: list[float] = []

        def give_back(seconds: float) -> None:
            turns.append(seconds)
            if len(turns) == 3:
                place.close()

        monkeypatch.setattr(service.time, "sleep", give_back)

        service._wait_for_port(place.getsockname()[1], 30)

    assert len(turns) == 3


def test_a_port_that_is_taken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who started the service is told why it did not start."""
    from jax._src.lib import _jax

    monkeypatch.setattr(service, "_PORT_SECONDS", 0.0)
    with listener() as place, served_apart(), pytest.raises(RuntimeError) as failure:
        _jax.get_distributed_runtime_service(f"[::]:{place.getsockname()[1]}", 1, **OPTIONS)

    assert re.fullmatch(r"port \d+ is taken by another program", str(failure.value))
