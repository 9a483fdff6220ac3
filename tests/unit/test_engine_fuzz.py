"""Damaged models are refused in a sentence, or the engine answers as numpy does."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.bundle.field import Field
from kerasport.bundle.limits import MAX_LAYER_VALUES
from kerasport.bundle.plan import LAYER_RULES, plan_model
from kerasport.bundle.topology import read_topology
from kerasport.engine import Engine
from kerasport.errors import BundleError
from kerasport.runtime import Runtime

ORIGINALS = json.loads(
    (Path(__file__).parents[1] / "golden" / "topologies.json").read_text("utf-8")
)

MUTANTS = 150

MOST_VALUES = 1 << 18
"""Of weights, and of what a model holds for one picture, where it is run."""

STRANGE = (
    *(-1, 0, 1, 2, 3, 5, 1.0, 2.0, 0.5, 1e-7, 1e300, 10**30, 2**31, 2**53, MAX_LAYER_VALUES),
    *(None, True, "", "same", "valid", "relu", "softmax", [], {}, [[]], [1, 1], [2, 3], [1.0, 2]),
    *([[1, 0], [2, 1]], "__proto__", 600, 4097),
)


def mutant_of(choose: random.Random) -> dict[str, Any]:
    """Return a topology as the exporter writes it, changed in some places."""
    topology = copy.deepcopy(choose.choice(list(ORIGINALS.values()))["topology"])
    layers = topology["model_config"]["config"]["layers"]
    for _ in range(choose.randint(1, 4)):
        way, layer = choose.randrange(6), choose.choice(layers)
        config = layer["config"]
        if way == 0:
            config[choose.choice(list(config))] = choose.choice(STRANGE)
        elif way == 1:
            _replace(config, choose)
        elif way == 2:
            layer["class_name"] = choose.choice(list(LAYER_RULES))
        elif way == 3:
            sources = choose.choices([each["config"].get("name") for each in layers], k=2)
            layer["inbound_nodes"] = [[[name, 0, 0, {}] for name in sources]]
        elif way == 4:
            layers[0]["config"]["batch_input_shape"] = [None, *choose.choices([1, 3, 7, 12], k=3)]
        else:
            answering = choose.choice(layers)["config"].get("name")
            topology["model_config"]["config"]["output_layers"] = [[answering, 0, 0]]
    return topology


def _replace(within: Any, choose: random.Random) -> None:
    """Put another value somewhere into an object or a list."""
    key = choose.choice(list(within) if isinstance(within, dict) else range(len(within)))
    if isinstance(within[key], dict | list) and within[key] and choose.random() < 0.8:
        _replace(within[key], choose)
    else:
        within[key] = choose.choice(STRANGE)


def weights_for(topology: dict[str, Any]) -> dict[str, Any]:
    """Return weights of the shapes that the rules expect; BundleError where they refuse."""
    generator = np.random.default_rng(1)
    shapes: dict[str, Any] = {}
    weights = {}
    for layer in read_topology(Field("model.json", "modelTopology", topology)).layers:
        plan = LAYER_RULES[layer.class_name](layer, [shapes[name] for name in layer.inputs])
        shapes[layer.name] = plan.shape
        for name, shape in plan.weights.items():
            if np.prod(shape, dtype=float) > MOST_VALUES:
                raise BundleError("Too large to run here.")
            values = generator.uniform(0.1, 1.0, shape) / np.sqrt(np.prod(shape[:-1]))
            weights[f"{layer.name}/{name}"] = values.astype(np.float32)
    return weights


def outcome_of(topology: dict[str, Any]) -> str:
    """Return what becomes of a topology, after comparing the engine's answer with numpy's."""
    try:
        weights = weights_for(topology)
        graph = read_topology(Field("model.json", "modelTopology", topology))
        shapes = {name: values.shape for name, values in weights.items()}
        plan = plan_model(graph, shapes, "model.json")
        if plan.live_values > MOST_VALUES:
            return "planned"
        engine = Engine.of(topology, weights)
        pixels = np.arange(np.prod(plan.input_shape), dtype=np.uint32).astype(np.uint8)
        pixels = pixels.reshape(1, *plan.input_shape)
        received = engine.predict(pixels)
    except BundleError:
        return "refused"
    exact = Runtime.of(topology, weights, plan.input_shape, np.float64).predict(pixels)
    single = Runtime.of(topology, weights, plan.input_shape, np.float32).predict(pixels)
    # As far as another order of float32 sums goes, and where it goes nowhere near as far.
    allowed = 20 * np.abs(single - exact).max() + 1e-5 * max(1.0, np.abs(exact).max())
    assert np.abs(received - exact).max() <= allowed
    return "compared"


def test_damaged_models_are_refused_or_answered_as_in_numpy() -> None:
    """Whatever stands in a topology: a sentence before anything runs, or numpy's probabilities."""
    pytest.importorskip("wasmtime")
    found: Counter[str] = Counter()
    for seed in range(MUTANTS):
        topology = mutant_of(random.Random(seed))
        try:
            found[outcome_of(topology)] += 1
        except Exception as error:
            raise AssertionError(f"mutant {seed}") from error

    assert min(found["refused"], found["compared"]) > MUTANTS // 10
