"""Importing Keras, and what it computes with: TensorFlow or JAX."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from kerasport.errors import KerasportError, missing_extra

__all__ = [
    "BACKEND_VARIABLE",
    "backend_packages",
    "chosen_backend",
    "has_accelerator",
    "import_keras",
    "make_deterministic",
    "native_output_held_back",
]

BACKEND_VARIABLE = "KERAS_BACKEND"
"""Environment variable of Keras that names its backend."""

_STDERR = 2
_NOTHING = contextlib.nullcontext()

_FLAGS_VARIABLE = "XLA_FLAGS"
# JAX's compiler otherwise takes the fastest kernel of a graphics processor, whatever its order.
_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"

_PACKAGES = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib")}


def import_keras() -> Any:
    """Return the `keras` module, with its backend's start-up chatter switched off.

    The backend is that of `KERAS_BACKEND`, as Keras has it. Where nobody chose one and TensorFlow,
    Keras' own choice, is not installed, it is JAX.

    Raises:
        KerasportError: Keras or its backend is not installed.
    """
    _choose_backend()
    # 3 hides errors of the native log too: a machine without a GPU is one to TensorFlow. What
    # matters to the caller arrives as an exception.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with native_output_held_back(_STDERR) if "keras" not in sys.modules else _NOTHING:
            import keras

            if keras.backend.backend() != "tensorflow" and _is_there("tensorflow"):
                # Keras loads it, where it is there, to tell its objects from others.
                with contextlib.suppress(ImportError):
                    import tensorflow  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name not in ("keras", "tensorflow", "jax", "jaxlib"):
            raise
        on_jax = (error.name or "").startswith("jax")
        if on_jax and sys.version_info < (3, 11):
            raise KerasportError(
                f"Keras on JAX needs Python 3.11 or later, and this is {platform.python_version()}."
                f" Unset {BACKEND_VARIABLE} to have it run on TensorFlow."
            ) from None
        extra = "jax" if on_jax else "train"
        raise missing_extra(extra, "Training or running a Keras model") from None
    _settle_backend(keras.backend.backend())
    return keras


@contextlib.contextmanager
def native_output_held_back(*descriptors: int) -> Iterator[None]:
    """Keep what native code writes to these descriptors; show it only if the block fails.

    TensorFlow's wheels report CUDA factories that are registered twice as errors, on every
    machine, while they are loaded: before TF_CPP_MIN_LOG_LEVEL is looked at.
    """
    originals = {}
    for descriptor in descriptors:
        # There may be no stderr at all, as under pythonw.
        with contextlib.suppress(OSError):
            originals[descriptor] = os.dup(descriptor)
    with tempfile.TemporaryFile() as held:
        for descriptor in originals:
            os.dup2(held.fileno(), descriptor)
        try:
            yield
        except BaseException:
            held.seek(0)
            if _STDERR in originals:
                os.write(originals[_STDERR], held.read())
            raise
        finally:
            for descriptor, original in originals.items():
                os.dup2(original, descriptor)
                os.close(original)


def _choose_backend() -> None:
    """Choose a backend that is there, before Keras is imported, where nobody chose one."""
    if BACKEND_VARIABLE not in os.environ and _is_there("jax") and not _is_there("tensorflow"):
        os.environ[BACKEND_VARIABLE] = "jax"


def _settle_backend(name: str) -> None:
    """Set what a backend reads from the environment when it first computes."""
    flags = os.environ.get(_FLAGS_VARIABLE, "")
    if name == "jax" and _DETERMINISTIC.partition("=")[0] not in flags:
        os.environ[_FLAGS_VARIABLE] = f"{flags} {_DETERMINISTIC}".strip()


def chosen_backend() -> str:
    """Return the name of the backend that Keras computes with."""
    return str(import_keras().backend.backend())


def backend_packages() -> tuple[str, ...]:
    """Return the packages whose versions decide what the backend computes."""
    name = chosen_backend()
    return _PACKAGES.get(name, (name,))


def has_accelerator() -> bool:
    """Tell whether Keras computes on something faster than the processor."""
    devices = import_keras().distribution.list_devices()
    return any(not str(device).startswith("cpu") for device in devices)


def make_deterministic(seed: int) -> None:
    """Seed all that is random, and have equal seeds give equal numbers on a GPU too."""
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    if chosen_backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()


def _is_there(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
