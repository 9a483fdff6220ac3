"""Layers models of TensorFlow.js: code, shards elsewhere, weights that lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.hostile.configurations import classifier, lambda_layer, layer, legacy, recorded
from support.hostile.containers import layers_model
from support.hostile.corpus import Json, Place, hostile


@hostile
def json_lambda_in_a_recurrent_cell(place: Place) -> Path:
    recurrent = layer("RNN", "recurrent", cell=lambda_layer(place))
    return layers_model(place, legacy(classifier(recurrent)))


@hostile
def json_file_is_written(place: Place) -> Path:
    return layers_model(place, recorded("io.write_file"))


@hostile
def shard_outside(place: Place) -> Path:
    return layers_model(place, legacy(classifier()), paths=["../../../etc/passwd"])


@hostile
def shard_by_an_absolute_path(place: Place) -> Path:
    return layers_model(place, legacy(classifier()), paths=["/etc/passwd"])


@hostile
def shard_that_is_a_link(place: Place) -> Path:
    (place.folder / "link.bin").symlink_to("/etc/passwd")
    return layers_model(place, legacy(classifier()), paths=["link.bin"])


@hostile
def shard_a_million_times(place: Place) -> Path:
    return layers_model(place, legacy(classifier()), paths=["weights.bin"] * 500_000)


def _weight(shape: Any) -> list[Json]:
    return [{"name": "dense/kernel", "shape": shape, "dtype": "float32"}]


@hostile
def weight_of_negative_size(place: Place) -> Path:
    return layers_model(place, legacy(classifier()), weights=_weight([-48, 2]))


@hostile
def weight_of_half_a_size(place: Place) -> Path:
    return layers_model(place, legacy(classifier()), weights=_weight([48.5, 2]))


@hostile
def weight_larger_than_the_memory(place: Place) -> Path:
    return layers_model(place, legacy(classifier()), weights=_weight([1 << 40, 1 << 40]))
