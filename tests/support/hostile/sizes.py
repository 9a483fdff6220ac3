"""Shapes without end, JSON without end, circles."""

from __future__ import annotations

import json
from pathlib import Path

from support.hostile.configurations import called, classifier, functional, layer, source, tensor
from support.hostile.containers import archive
from support.hostile.corpus import Place, hostile


@hostile
def billion_units(place: Place) -> Path:
    return archive(place, classifier(layer("Dense", "wide", units=10**9)))


@hostile
def million_units_without_weights(place: Place) -> Path:
    return archive(place, classifier(layer("Conv2D", "wide", filters=10**6, kernel_size=[1, 1])))


@hostile
def more_units_than_weights(place: Place) -> Path:
    model = classifier()
    model["config"]["layers"][-1]["config"]["units"] = 10**7
    return archive(place, model)


@hostile
def input_without_end(place: Place) -> Path:
    model = classifier()
    model["config"]["layers"][0] = source(10**6, 10**6, 3)
    return archive(place, model)


@hostile
def picture_without_end(place: Place) -> Path:
    return archive(place, classifier(layer("Resizing", "large", height=10**6, width=10**6)))


@hostile
def output_without_end(place: Place) -> Path:
    grown = layer("ZeroPadding2D", "frame", padding=[[8000, 8000], [8000, 8000]])
    return archive(place, classifier(grown))


@hostile
def negative_shape(place: Place) -> Path:
    model = classifier()
    model["config"]["layers"][0] = source(-4, 4, 3)
    return archive(place, model)


@hostile
def shape_of_words(place: Place) -> Path:
    model = classifier()
    model["config"]["layers"][0] = source("four", 4, 3)
    return archive(place, model)


@hostile
def size_that_is_no_number(place: Place) -> Path:
    return archive(place, classifier(layer("Dense", "wide", units=float("nan"))))


@hostile
def window_larger_than_the_picture(place: Place) -> Path:
    pooling = layer("MaxPooling2D", "pool", pool_size=[9, 9], strides=[1, 1], padding="valid")
    return archive(place, classifier(pooling))


@hostile
def layers_without_end(place: Place) -> Path:
    return archive(place, classifier(*(layer("ReLU", f"relu_{n}") for n in range(100_000))))


@hostile
def models_that_double(place: Place) -> Path:
    inner = functional(
        called(source()), called(layer("ReLU", "relu"), [tensor("pixels")]), output="relu"
    )
    for depth in range(24):
        block = {**inner, "config": {**inner["config"], "name": f"block_{depth}"}}
        first = called(block, [tensor("pixels")], [tensor(f"block_{depth}")])
        inner = functional(called(source()), first, output=f"block_{depth}")
        inner["config"]["output_layers"] = [[f"block_{depth}", 2, 0]]
    return archive(place, inner)


@hostile
def deep_json(place: Place) -> Path:
    return archive(place, "[" * 100_000 + "]" * 100_000)


@hostile
def key_twice(place: Place) -> Path:
    text = json.dumps(classifier()).replace(
        '"class_name": "Flatten"', '"class_name": "Flatten", "class_name": "Lambda"'
    )
    return archive(place, text)


@hostile
def circle_of_layers(place: Place) -> Path:
    model = functional(
        called(source()),
        called(layer("ReLU", "one"), [tensor("two")]),
        called(layer("ReLU", "two"), [tensor("one")]),
        output="two",
    )
    return archive(place, model)


@hostile
def names_that_repeat(place: Place) -> Path:
    return archive(place, classifier(layer("ReLU", "same"), layer("ReLU", "same")))


@hostile
def layers_that_are_no_list(place: Place) -> Path:
    return archive(place, {"class_name": "Sequential", "config": {"layers": 5}})


@hostile
def layer_that_is_a_text(place: Place) -> Path:
    return archive(place, classifier("Lambda"))
