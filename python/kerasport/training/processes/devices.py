"""Several devices, of this process and of others, that compute one step together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.files import scratch_folder
from kerasport.models import KerasModel
from kerasport.progress import Progress
from kerasport.training.processes.world import current

__all__ = ["BatchPart", "alone", "answers_in_step", "device_count", "part_of_a_batch", "spread"]


@dataclass(frozen=True)
class BatchPart:
    """Which rows of every batch are this process'; with one process all of them.

    Attributes:
        number: of the process.
        count: of the processes.
    """

    number: int = 0
    count: int = 1

    def of(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return this process' part of rows, whose number all of them divide.

        It is a run of neighbors, so that all parts together are the batch in its own order, and
        what is random falls on the same pictures however many processes there are.
        """
        each = len(rows) // self.count
        return rows[self.number * each : (self.number + 1) * each]


def part_of_a_batch() -> BatchPart:
    """Return the part of a batch that this process has."""
    world = current()
    return BatchPart(world.number, world.count)


def device_count() -> int:
    """Return how many devices take a part of each step, those of other processes too.

    Keras on TensorFlow uses one.
    """
    if models.chosen_backend() != "jax":
        return 1
    return len(models.import_keras().distribution.list_devices())


@contextlib.contextmanager
def spread(progress: Progress) -> Iterator[bool]:
    """Have models that are made in the block trained on all devices, and yield whether they are.

    Each device has all of the weights and a part of each batch.
    """
    count, processes = device_count(), current().count
    if count == 1:
        yield False
        return
    together = f" of {processes} processes" if processes > 1 else ""
    progress.say(f"Training on {count} devices{together}, each with a part of every batch.")
    distribution = models.import_keras().distribution
    with distribution.DataParallel(auto_shard_dataset=False).scope():
        yield True


def alone(model: KerasModel) -> KerasModel:
    """Return the same model, with its optimizer, on the first device of this process alone.

    Whoever is asked to compute with the weights of a spread model needs all other processes.
    """
    keras = models.import_keras()
    with scratch_folder() as folder:
        path = folder / "model.keras"
        model.save(path)
        return keras.models.load_model(path)


def answers_in_step(model: KerasModel) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return what gives a model's answers to a whole batch, to which each device adds its part.

    All processes call it with the same batches in the same order.

    Args:
        model: takes and gives one array.
    """
    layout = models.import_keras().distribution.distribution()
    if layout is None:
        return lambda batch: np.asarray(model.predict_on_batch(batch))
    import jax
    from jax.sharding import NamedSharding, PartitionSpec

    mesh = layout.device_mesh.backend_mesh
    whole = NamedSharding(mesh, PartitionSpec())
    cut = NamedSharding(mesh, PartitionSpec(layout.batch_dim_name))
    part, devices = part_of_a_batch(), device_count()

    def answer(weights: Any, state: Any, batch: Any) -> Any:
        return model.stateless_call(weights, state, batch, training=False)

    compiled = jax.jit(answer, out_shardings=(whole, whole))

    def ask(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = -(-len(batch) // devices) * devices
        # Filled up with the first rows, which are dropped again.
        filled = np.resize(batch, (rows, *batch.shape[1:]))
        given = jax.make_array_from_process_local_data(cut, part.of(filled))
        weights = [variable.value for variable in model.trainable_variables]
        state = [variable.value for variable in model.non_trainable_variables]
        answers, changed = compiled(weights, state, given)
        for variable, value in zip(model.non_trainable_variables, changed, strict=True):
            variable.assign(value)
        return np.asarray(answers)[: len(batch)]

    return ask
