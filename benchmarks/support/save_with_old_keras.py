"""Save three small models in every format that the installed Keras knows, with their answers.

Run by `keras_versions.py` in the environment of an old TensorFlow or Keras, from 1.15 on, so this
is Python 3.7 and imports nothing else. With KERAS_ALONE set, `keras` is used and not `tf.keras`.
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np

OUT = Path(sys.argv[1])
ALONE = bool(os.environ.get("KERAS_ALONE"))
if ALONE:
    import keras
else:
    import tensorflow

    keras = tensorflow.keras
VERSION = getattr(keras, "__version__", None) or tensorflow.__version__
L = keras.layers


def layer(name):
    """Return a layer's class, which former versions had among the experimental ones."""
    experimental = getattr(getattr(L, "experimental", None), "preprocessing", None)
    for room in (L, experimental):
        if hasattr(room, name):
            return getattr(room, name)
    return None


def cnn(attention=False):
    i = x = keras.Input((12, 12, 3))
    if layer("RandomRotation"):
        x = layer("RandomRotation")(0.1)(x)
    if layer("Rescaling"):
        x = layer("Rescaling")(1 / 255.0)(x)
    x = L.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(x)
    x = L.ReLU(6.0)(L.BatchNormalization()(x))
    y = L.DepthwiseConv2D(3, padding="same")(x)
    x = L.add([x, L.Activation("hard_sigmoid")(y)])
    x = L.LeakyReLU(0.1)(L.SeparableConv2D(4, 3, padding="same")(x))
    if attention:
        x = L.Reshape((36, 4))(x)
        x = L.LayerNormalization()(L.add([x, L.MultiHeadAttention(2, 3)(x, x)]))
        x = L.Flatten()(x)
    else:
        x = L.GlobalAveragePooling2D()(x)
    x = L.Dropout(0.2)(x)
    width = int(x.shape[-1])
    head = keras.Sequential([keras.Input((width,)), L.Dense(5, activation="relu")], name="head")
    return keras.Model(i, L.Dense(3, activation="softmax")(head(x)))


def heads():
    i = keras.Input((8, 8, 3))
    x = layer("RandomFlip")()(layer("Rescaling")(1 / 255.0)(i))
    x = L.Reshape((16, 12))(x)
    x = L.MultiHeadAttention(2, 3)(x, x)
    return keras.Model(i, L.Dense(3, activation="softmax")(L.Flatten()(x)))


def fill(model, generator):
    """Give every float weight values of its own; variances stay positive."""
    values = []
    for old, weight in zip(model.get_weights(), model.weights):  # noqa: B905 - Python 3.7
        if old.shape and old.dtype == np.float32:
            # Sums stay around 1, so that no answer is all or nothing.
            reach = 2.0 / np.sqrt(max(1.0, np.prod(old.shape[:-1])))
            old = generator.uniform(-reach, reach, old.shape).astype("float32")
            if "variance" in getattr(weight, "path", weight.name):
                old = 0.5 + np.abs(old) / 4
        values.append(old)
    model.set_weights(values)


def pixels_of(shape):
    """Return three pictures, dark, dim and bright, with a third of their columns black."""
    values = np.random.RandomState(6).randint(0, 256, shape)
    values[:, :, ::3] = 0
    return (values // np.array([8, 2, 1]).reshape(3, 1, 1, 1)).astype("uint8")


def save(model, name):
    path = str(OUT / name)
    try:
        model.save(path + ".h5")
    except (TypeError, ValueError):
        # Keras 3.0 to 3.5 cannot save some of their own layers so, and leave half a file.
        Path(path + ".h5").unlink()
    keras_3 = VERSION.startswith("3")
    number = tuple(int(part) for part in VERSION.split("-")[0].split(".")[:2])
    if keras_3:
        model.save(path + ".keras")
    elif number >= (2, 11):
        model.save(path + ".keras", save_format="keras_v3" if number < (2, 13) else "keras")
    if not keras_3 and not ALONE:
        model.save(path + "_saved", save_format="tf")
    Path(path + ".architecture.json").write_text(model.to_json())
    model.save_weights(path + ".weights.h5")


def main():
    generator = np.random.RandomState(4)
    builders = {"cnn": cnn}
    if layer("MultiHeadAttention"):
        builders.update(attention=lambda: cnn(attention=True), heads=heads)
    for name, build in builders.items():
        keras.backend.clear_session()
        model = build()
        fill(model, generator)
        shape = (3, *(int(side) for side in model.input_shape[1:]))
        pixels = pixels_of(shape)
        answer = model.predict(pixels.astype("float32"), verbose=0)
        scaled = layer("Rescaling") is not None
        if not scaled:
            answer = model.predict(pixels.astype("float32") / 255, verbose=0)
        content = {"keras": VERSION, "scaled": scaled, "probabilities": np.asarray(answer).tolist()}
        (OUT / (name + ".json")).write_text(json.dumps(content))
        save(model, name)


main()
