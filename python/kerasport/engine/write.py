"""Write a whole model down as kernel calls. The twin of the client's `engine/write.ts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.layer_rules import Shape
from kerasport.bundle.topology import Topology, find_head
from kerasport.engine.fusion import fuse
from kerasport.engine.job import LayerJob
from kerasport.engine.layers import LAYER_WRITERS
from kerasport.engine.program import MemoryPlace, Plan, ProgramWriter, Tensor

__all__ = ["WrittenModel", "write_model"]


@dataclass(frozen=True)
class WrittenModel:
    """A model as a list of calls; a picture's bytes go to `source`.

    `watched` is what a layer takes that was asked for, still there when all are done.
    """

    plan: Plan
    source: MemoryPlace
    output: Tensor
    watched: Tensor | None = None


def write_model(
    topology: Topology,
    shapes: Mapping[str, Shape],
    weights: Mapping[str, NDArray[np.float32]],
    winograd: Mapping[str, int],
    watched: str | None = None,
) -> WrittenModel:
    """Return the calls that compute a model.

    Args:
        topology: the layers, checked.
        shapes: of every layer's output, by its name.
        weights: by `layer/weight`.
        winograd: names of convolutions that are computed by Winograd's way -> side of their tiles.
        watched: a layer with one input, which is kept.
    """
    writer = ProgramWriter()
    layers = {layer.name: layer for layer in topology.layers}
    own: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, values in weights.items():
        owner, _, variable = name.rpartition("/")
        own.setdefault(owner, {})[variable] = values
    first = topology.layers[0].name
    tensors = {first: writer.tensor(shapes[first])}
    source = writer.bytes(tensors[first].size)
    writer.call("bytesToFloats", source, tensors[first].place, tensors[first].size)
    # The client keeps the last feature maps, which it can show.
    head = find_head(topology)
    kept = {topology.output, *(layers[head.pooling].inputs if head else ())}
    if watched is not None:
        kept |= set(layers[watched].inputs)
    for step in fuse(topology, shapes, kept):
        tensors[step.name] = LAYER_WRITERS[step.class_name](
            LayerJob(
                writer=writer,
                config=step.config,
                inputs=tuple(tensors[name] for name in step.inputs),
                weights=own.get(step.weights, {}),
                activation=step.activation,
                shape=shapes[step.name],
                side=winograd.get(step.weights, 0),
                added=None if step.added is None else tensors[step.added],
                frame=step.frame,
            )
        )
    output = tensors[topology.output]
    writer.use(output.place)
    seen = None if watched is None else tensors[layers[watched].inputs[0]]
    if seen is not None:
        writer.use(seen.place)
    return WrittenModel(writer.finish(), source, output, seen)
