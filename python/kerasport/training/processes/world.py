"""The processes that train together, and what passes between them."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from kerasport import models
from kerasport.errors import KerasportError, missing_extra
from kerasport.training.processes.service import served_apart
from kerasport.training.processes.surroundings import Surroundings, look_around
from kerasport.training.processes.watch import Watch

__all__ = ["World", "current", "joined"]

_PLACE = "kerasport/shared"
# gRPC takes messages of up to 4 MB.
_CHUNK = 2 << 20
_PATIENCE_MS = 10_000
_JOIN_SECONDS = 300


@dataclass(frozen=True)
class World:
    """All processes of a training, seen from one of them.

    Attributes:
        number: of this process; 0 leads, and is the only one that writes and speaks.
        count: of all.
        client: of JAX's coordination service; None where there is one process only.
    """

    number: int = 0
    count: int = 1
    client: Any = None

    @property
    def leads(self) -> bool:
        """Whether this process writes the run and tells the user."""
        return self.number == 0

    def share(self, name: str, content: bytes = b"") -> bytes:
        """Return what process 0 gives under a name that is used once; wait until it does."""
        if self.count == 1:
            return content
        place = f"{_PLACE}/{name}"
        if self.leads:
            chunks = range(0, len(content), _CHUNK)
            for index, start in enumerate(chunks):
                part = content[start : start + _CHUNK]
                self.client.key_value_set_bytes(f"{place}/{index}", part)
            # The number comes last: who finds it finds the rest.
            self.client.key_value_set(f"{place}/count", str(len(chunks)))
            return content
        count = int(self._wait(f"{place}/count"))
        parts = (
            self.client.blocking_key_value_get_bytes(f"{place}/{index}", _PATIENCE_MS)
            for index in range(count)
        )
        return b"".join(parts)

    def _wait(self, key: str) -> str:
        """Return a value when it is there: process 0 may decode pictures for hours before."""
        while True:
            try:
                return str(self.client.blocking_key_value_get(key, _PATIENCE_MS))
            except Exception as error:  # jax.errors.JaxRuntimeError, of which only the text tells.
                if "DEADLINE_EXCEEDED" not in str(error):
                    raise


_worlds = [World()]


def current() -> World:
    """Return the world that this process joined: of itself alone, where it joined none."""
    return _worlds[-1]


@contextlib.contextmanager
def joined() -> Iterator[World]:
    """Join the other processes, if there are any, for the block; all of them end together.

    When one of them dies the others end within half a minute, with a sentence of process 0.

    Raises:
        KerasportError: the others do not come, or Keras' backend knows no other processes.
    """
    here = look_around()
    if here is None:
        yield current()
        return
    _require_jax()
    client, host = _connect(here)
    world = World(here.number, here.count, client)
    watch = Watch(client, here, host)
    watch.start()
    _worlds.append(world)
    try:
        yield world
        world.share("end")
    except BaseException as error:
        if not isinstance(error, (KerasportError, KeyboardInterrupt, SystemExit, OSError)):
            # A collective operation fails at once when a process is gone. The watch knows later who
            # it was, and ends this process.
            watch.wait_for_verdict()
        watch.announce_end()
        if not world.leads:
            _leave(world, error)
        watch.stop()
        _disconnect()
        raise
    finally:
        _worlds.pop()
    watch.stop()
    if not world.leads:
        watch.announce_end()
        _leave(world, None)
    watch.wait_for_the_others()
    _disconnect()


def _require_jax() -> None:
    models.import_keras()
    if models.chosen_backend() != "jax":
        raise KerasportError(
            f"Keras runs on {models.chosen_backend()} here, and a training in several processes "
            f"needs JAX. Set {models.BACKEND_VARIABLE}=jax in each of them; "
            "pip install 'kerasport[jax]' brings it."
        )


def _connect(here: Surroundings) -> tuple[Any, str]:
    """Return the client of JAX's coordination service, and the host that this is on."""
    try:
        import jax
        from jax.experimental import multihost_utils
    except ModuleNotFoundError:
        raise missing_extra("jax", "Training in several processes") from None
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    # The watch ends a training whose processes die. JAX would abort this one, with native messages.
    jax.config.update("jax_enable_recoverability", True)
    # It would take SIGTERM for the notice of a cluster that wants its machine back.
    jax.config.update("jax_enable_preemption_service", False)
    chosen: dict[str, Any] = {}
    if here.coordinator is not None:
        chosen["coordinator_address"] = here.coordinator
        chosen["num_processes"] = here.count
        chosen["process_id"] = here.number
    try:
        with served_apart():
            jax.distributed.initialize(**chosen, initialization_timeout=_JOIN_SECONDS)
        # All processes tell each other their devices when one asks for them first.
        jax.devices()
        # The first sum of all makes the connections, of which gloo tells on stdout.
        with models.native_output_held_back(1, 2):
            multihost_utils.sync_global_devices("kerasport")
    except Exception as error:  # Whatever gRPC and the detection of clusters raise.
        reason = " ".join(str(error).split())
        raise KerasportError(
            f"Process {here.number} of {here.count} did not find the others"
            f"{f' at {here.coordinator}' if here.coordinator else ''}: {reason:.200}. Expected all "
            f"of them within {_JOIN_SECONDS} s, and a port that no firewall closes."
        ) from None
    from jax._src.distributed import global_state

    host = str(global_state.coordinator_address).rpartition(":")[0]
    return global_state.client, host.strip("[]")


def _disconnect() -> None:
    """End the service, which this process started; the others have left."""
    import jax

    with contextlib.suppress(Exception), models.native_output_held_back(2):
        jax.distributed.shutdown()


def _leave(world: World, error: BaseException | None) -> NoReturn:
    """End a process that does not lead, without asking the service, which may be gone already."""
    code = 0
    if isinstance(error, KerasportError):
        code = error.exit_code
        sys.stderr.write(f"Error: Process {world.number} of {world.count}: {error}\n")
    elif error is not None:
        code = 1
        if isinstance(error, Exception):
            traceback.print_exception(error)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
