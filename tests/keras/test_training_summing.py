"""Gradients that processes add up at once: the same training, with one exchange a step."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import kerasport

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(
        importlib.util.find_spec("jax") is None or sys.version_info < (3, 11),
        reason="Keras on JAX (the extra 'jax') needs Python 3.11",
    ),
]

# Two devices of one process stand for two processes: the sum goes another way, not another sum.
PROGRAM = """
import json, re
import numpy as np
from kerasport import models
keras = models.import_keras()
from kerasport.training.processes import World, add_up_at_once, world

def model(normalized=False):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.RandomFlip("horizontal", seed=1), keras.layers.RandomZoom(0.2, seed=2)]
    for layer in layers:
        layer.supports_jit = True
    layers += [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Dropout(0.5, seed=3)]
    layers += [keras.layers.BatchNormalization()] if normalized else []
    layers += [keras.layers.Flatten(), keras.layers.GaussianNoise(0.1, seed=4)]
    made = keras.Sequential([keras.Input((8, 8, 3)), *layers, keras.layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile("sgd", loss, metrics=["accuracy"], weighted_metrics=["accuracy"])
    made.jit_compile = True
    return made

def trained(made):
    random = np.random.default_rng(1)
    pictures, labels = random.random((32, 8, 8, 3), np.float32), np.arange(32) % 3
    logs = made.fit(
        pictures, labels, batch_size=8, epochs=2, shuffle=False, verbose=0,
        class_weight={0: 1.0, 1: 2.0, 2: 0.5},
    ).history
    random_states = [v for v in made.variables if "seed" in v.path]
    return made.get_weights(), logs, [np.asarray(v).tolist() for v in random_states]

def furthest(one, other):
    return max(float(np.abs(a.astype("f8") - b).max()) for a, b in zip(one, other))

with keras.distribution.DataParallel(auto_shard_dataset=False).scope():
    own, summed, normalized = model(), model(), model(normalized=True)
    world._worlds.append(World(0, 2))
    add_up_at_once(summed)
    add_up_at_once(normalized)
    (one, logs, states), (other, other_logs, other_states) = trained(own), trained(summed)
print(json.dumps({
    "changed": "train_step" in vars(summed),
    "changed where rows are mixed": "train_step" in vars(normalized),
    "furthest": furthest(one, other),
    "moved": furthest(one, model().get_weights()),
    "logs": [logs, other_logs],
    "states": states == other_states,
}))
"""


@pytest.fixture(scope="module")
def told() -> Any:
    """What was found in a process that has two devices."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        "PYTHONPATH": str(Path(kerasport.__file__).parents[1]),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_sums_at_once_train_as_keras_own_do(told: Any) -> None:
    """Random changes, dropout, noise, class weights and figures are those of Keras' own step."""
    assert told["changed"]
    assert told["states"]
    assert told["moved"] > 1e-2
    assert told["furthest"] < 1e-6
    first, second = told["logs"]
    assert first.keys() == second.keys()
    assert all(second[name] == pytest.approx(first[name], abs=1e-5) for name in first)


def test_a_model_that_mixes_rows_is_left_to_keras(told: Any) -> None:
    """What normalizes over a batch needs all of it in one place."""
    assert not told["changed where rows are mixed"]
