"""Adding up the gradients of several processes at once, where each sum costs by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from kerasport import models
from kerasport.models import KerasModel
from kerasport.training.processes.world import current

__all__ = ["add_up_at_once"]

_DRAWS = ("bernoulli", "normal", "randint", "truncated_normal", "uniform")


def add_up_at_once(model: KerasModel) -> None:
    """Have the processes of a training add up all gradients of a step as one array.

    XLA adds the parts of each variable's gradient by itself, which gloo, between processors, does
    as one exchange after another: those of twenty variables take three times as long as that of one
    array of their size. So each process differentiates on its rows alone, and the gradients travel
    together. On graphics processors, where it is one exchange already, nothing is changed; nor for
    a model whose rows depend on each other, by statistics of the batch.

    Args:
        model: built and compiled where models are spread, see `spread`.
    """
    if current().count == 1 or models.has_accelerator() or _mixes_rows(model):
        return
    import jax
    from jax.flatten_util import ravel_pytree
    from jax.sharding import PartitionSpec

    layout = models.import_keras().distribution.distribution()
    axis = layout.batch_dim_name
    mesh = layout.device_mesh.backend_mesh
    whole, cut = PartitionSpec(), PartitionSpec(axis)

    def of_own_rows(
        trainable: Any, others: Any, optimizer: Any, metrics: Any, x: Any, y: Any, weights: Any
    ) -> Any:
        differentiate = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)
        with _draws_of_the_batch(len(x), axis, mesh.size):
            (_, (loss, answers, others, metrics)), gradients = differentiate(
                trainable,
                others,
                metrics,
                x,
                y,
                weights,
                training=True,
                optimizer_variables=optimizer,
            )
        together, apart = ravel_pytree((gradients, loss))
        gradients, loss = apart(jax.lax.pmean(together, axis))
        return gradients, loss, answers, others, metrics

    spread = jax.shard_map(
        of_own_rows,
        mesh=mesh,
        in_specs=(whole, whole, whole, whole, cut, cut, cut),
        out_specs=(whole, whole, cut, whole, whole),
        check_vma=False,
    )

    def train_step(state: Any, data: Any) -> Any:
        trainable, others, optimizer, metrics = state
        x, y, weights = models.import_keras().utils.unpack_x_y_sample_weight(data)
        gradients, loss, answers, others, metrics = spread(
            trainable, others, optimizer, metrics, x, y, weights
        )
        trainable, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trainable)
        logs, metrics = model._update_metrics_variables(metrics, loss, x, y, answers, weights)
        return logs, (trainable, others, optimizer, metrics)

    model.train_step = train_step


def _mixes_rows(model: KerasModel) -> bool:
    normalization = models.import_keras().layers.BatchNormalization
    return any(
        isinstance(layer, normalization) and layer.trainable for layer in model._flatten_layers()
    )


@contextlib.contextmanager
def _draws_of_the_batch(rows: int, axis: str, count: int) -> Iterator[None]:
    """Have Keras draw random numbers for the whole batch and take those of the own rows.

    So a picture gets the same ones however many processes there are.
    """
    import jax
    from keras.src.backend.jax import random as drawing

    def of_own_rows(draw: Any) -> Any:
        def drawn(*arguments: Any, shape: Any, **options: Any) -> Any:
            shape = tuple(shape)
            if not shape or shape[0] != rows:
                return draw(*arguments, shape=shape, **options)
            everything = draw(*arguments, shape=(rows * count, *shape[1:]), **options)
            start = jax.lax.axis_index(axis) * rows
            return jax.lax.dynamic_slice_in_dim(everything, start, rows)

        return drawn

    replaced = {name: of_own_rows(getattr(jax.random, name)) for name in _DRAWS}
    original = drawing.jax
    drawing.jax = SimpleNamespace(
        Array=jax.Array,
        numpy=jax.numpy,
        lax=jax.lax,
        random=SimpleNamespace(**{**vars(jax.random), **replaced}),
    )
    try:
        yield
    finally:
        drawing.jax = original
