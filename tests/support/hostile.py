"""Model files that try something: each builder writes one, with a canary where code could run.

No file here needs Keras to be written. Whatever would run a payload creates the file `canary`.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Json = dict[str, Any]
Arrays = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a file is written, and the file that a payload would create."""

    folder: Path
    canary: Path


Builder = Callable[[Place], Path]

BUILDERS: dict[str, Builder] = {}


def hostile(builder: Builder) -> Builder:
    """Take a builder into the corpus by its name."""
    BUILDERS[builder.__name__.replace("_", "-")] = builder
    return builder


# Pieces of configurations


def layer(class_name: str, name: str, **config: Any) -> Json:
    """A layer as Keras 3 writes it into an archive."""
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": name, **config},
        "registered_name": None,
    }


def source(*sides: Any) -> Json:
    return layer("InputLayer", "pixels", batch_shape=[None, *(sides or (4, 4, 3))])


def dense(**config: Any) -> Json:
    return layer("Dense", "dense", **{"units": 2, "activation": "softmax", **config})


def sequential(*layers: Any, name: str = "model", **config: Any) -> Json:
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": name, "layers": list(layers), **config},
        "registered_name": None,
    }


def classifier(*layers: Any) -> Json:
    """A model that would be exported but for what is put into its middle."""
    return sequential(
        source(),
        layer("Rescaling", "rescaling", scale=0.1, offset=0.0),
        *layers,
        layer("Flatten", "flatten"),
        dense(),
    )


def called(entry: Json, *calls: Any) -> Json:
    """A layer in a functional model of Keras 3."""
    inbound = [{"args": list(call), "kwargs": {}} for call in calls]
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": inbound}


def tensor(name: str, node: int = 0) -> Json:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4, 4, 3], "dtype": "float32", "keras_history": [name, node, 0]},
    }


def functional(*layers: Json, output: str, name: str = "model") -> Json:
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": name,
            "layers": list(layers),
            "input_layers": [["pixels", 0, 0]],
            "output_layers": [[output, 0, 0]],
        },
        "registered_name": None,
    }


def legacy(model: Any) -> Any:
    """A configuration without what only Keras 3 writes."""
    if isinstance(model, dict):
        return {
            {"batch_shape": "batch_input_shape"}.get(key, key): legacy(value)
            for key, value in model.items()
            if key not in ("module", "registered_name")
        }
    return [legacy(each) for each in model] if isinstance(model, list) else model


def recorded(function: str, *arguments: Any, class_name: str = "TFOpLambda") -> Json:
    """A functional model of Keras 2 in which a function of TensorFlow was recorded."""
    operation = {
        "class_name": class_name,
        "name": "operation",
        "config": {"name": "operation", "trainable": True, "function": function},
        "inbound_nodes": [["pixels", 0, 0, {"contents": "canary", "name": None}]],
    }
    model = functional(called(source()), output="operation")
    content: Json = legacy(model)
    content["config"]["layers"][0]["inbound_nodes"] = []
    content["config"]["layers"].append(operation)
    return content


def code(place: Place) -> list[Any]:
    """A function as Keras' `Lambda` holds it, which writes the canary when it is called."""
    text = f"(lambda x: open({str(place.canary)!r}, 'w').close() or x)"
    function = compile(text, "payload", "eval").co_consts[0]
    return [base64.b64encode(marshal.dumps(function)).decode(), None, None]


def lambda_layer(place: Place) -> Json:
    return layer("Lambda", "payload", function=code(place), function_type="lambda")


# Containers

WEIGHTS: Arrays = {
    "layers/dense/vars/0": np.ones((48, 2), np.float32),
    "layers/dense/vars/1": np.zeros(2, np.float32),
}


def hdf5_bytes(arrays: Arrays) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return stream.getvalue()


def archive(
    place: Place,
    config: Any,
    weights: bytes | None = None,
    *,
    version: str = "3.15.1",
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    path = place.folder / "model.keras"
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("metadata.json", json.dumps({"keras_version": version}))
        file.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        file.writestr("model.weights.h5", hdf5_bytes(WEIGHTS) if weights is None else weights)
    return path


def whole_hdf5(place: Place, config: Any, *, version: str = "2.15.0", **options: Any) -> Path:
    path = place.folder / "model.h5"
    with h5py.File(path, "w", **options) as file:
        file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps(config)
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [b"dense"]
        group = root.create_group("dense")
        group.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        group["dense/kernel:0"] = np.ones((48, 2), np.float32)
        group["dense/bias:0"] = np.zeros(2, np.float32)
    return path


def layers_model(place: Place, config: Any, **manifest: Any) -> Path:
    (place.folder / "weights.bin").write_bytes(bytes(4 * 98))
    weights = [
        {"name": "dense/kernel", "shape": [48, 2], "dtype": "float32"},
        {"name": "dense/bias", "shape": [2], "dtype": "float32"},
    ]
    content = {
        "modelTopology": {"keras_version": "2.15.0", "model_config": config},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": weights, **manifest}],
    }
    path = place.folder / "model.json"
    path.write_text(json.dumps(content))
    return path


def field(number: int, value: int | str | bytes) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return bytes([number << 3]) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def saved_model(
    place: Place, metadata: str | None, *, identifier: str = "_tf_keras_sequential"
) -> Path:
    """A SavedModel folder whose graph names a file operation; it is never looked into."""
    folder = place.folder / "saved"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(
        field(1, 1) + field(2, field(2, b"WriteFile " + str(place.canary).encode()))
    )
    if metadata is not None:
        node = field(2, 0) + field(3, "root") + field(4, identifier) + field(5, metadata)
        (folder / "keras_metadata.pb").write_bytes(field(1, node))
    return folder


def in_saved_model(place: Place, config: Json) -> Path:
    return saved_model(place, json.dumps(legacy(config)))


# Code in a configuration


@hostile
def lambda_in_an_archive(place: Place) -> Path:
    return archive(place, classifier(lambda_layer(place)))


@hostile
def lambda_in_a_nested_model(place: Place) -> Path:
    inner = sequential(lambda_layer(place), name="inner")
    return archive(place, classifier(sequential(inner, name="outer")))


@hostile
def lambda_in_time_distributed(place: Place) -> Path:
    return archive(place, classifier(layer("TimeDistributed", "time", layer=lambda_layer(place))))


@hostile
def lambda_in_bidirectional(place: Place) -> Path:
    wrapped = layer("Bidirectional", "both", layer=lambda_layer(place), backward_layer=None)
    return archive(place, classifier(wrapped))


@hostile
def lambda_in_a_recurrent_cell(place: Place) -> Path:
    cell = layer("StackedRNNCells", "cells", cells=[lambda_layer(place)])
    return archive(place, classifier(layer("RNN", "recurrent", cell=cell)))


@hostile
def lambda_in_a_pipeline(place: Place) -> Path:
    return archive(place, classifier(layer("Pipeline", "steps", layers=[lambda_layer(place)])))


@hostile
def lambda_as_an_activation(place: Place) -> Path:
    return archive(
        place, classifier(layer("Dense", "wide", units=3, activation=lambda_layer(place)))
    )


@hostile
def lambda_object_as_an_activation(place: Place) -> Path:
    value = {"class_name": "__lambda__", "config": {"value": code(place)}}
    return archive(place, classifier(layer("Dense", "wide", units=3, activation=value)))


@hostile
def lambda_as_an_initializer(place: Place) -> Path:
    value = {"class_name": "__lambda__", "config": {"value": code(place)}}
    return archive(place, classifier(layer("Dense", "wide", units=3, kernel_initializer=value)))


@hostile
def lambda_in_a_residual_wrapper(place: Place) -> Path:
    wrapper = layer("ResidualWrapper", "residual", cell=lambda_layer(place))
    wrapper["module"] = "tensorflow.python.keras.layers.legacy_rnn.rnn_cell_wrapper_v2"
    return archive(place, classifier(wrapper))


@hostile
def lambda_among_the_arguments_of_a_call(place: Place) -> Path:
    value = {"class_name": "__lambda__", "config": {"value": code(place)}}
    multiply = layer("Multiply", "product")
    multiply["module"] = "keras.src.ops.numpy"
    return archive(
        place,
        functional(called(source()), called(multiply, [tensor("pixels"), value]), output="product"),
    )


@hostile
def function_of_another_module(place: Place) -> Path:
    value = {
        "module": "os",
        "class_name": "function",
        "config": f"system('touch {place.canary}')",
        "registered_name": "function",
    }
    return archive(place, classifier(layer("Dense", "wide", units=3, activation=value)))


@hostile
def class_of_another_module(place: Place) -> Path:
    entry = layer("Popen", "payload", args=["touch", str(place.canary)])
    entry["module"] = "subprocess"
    return archive(place, classifier(entry))


@hostile
def known_class_of_another_module(place: Place) -> Path:
    return archive(place, classifier({**layer("Dense", "wide", units=3), "module": "evil.layers"}))


@hostile
def module_that_begins_like_keras(place: Place) -> Path:
    return archive(place, classifier({**layer("Dense", "wide", units=3), "module": "keras_evil"}))


@hostile
def utilities_of_keras(place: Place) -> Path:
    entry = layer("get_file", "payload", fname=str(place.canary), origin="file:///etc/passwd")
    entry["module"] = "keras.src.utils.file_utils"
    return archive(place, classifier(entry))


@hostile
def registered_by_a_package(place: Place) -> Path:
    entry = {**layer("Dense", "wide", units=3), "registered_name": "Evil>Dense"}
    return archive(place, classifier(entry))


@hostile
def custom_layer(place: Place) -> Path:
    entry = {**layer("MyLayer", "mine"), "module": None, "registered_name": "Custom>MyLayer"}
    return archive(place, classifier(entry))


@hostile
def custom_initializer(place: Place) -> Path:
    value = {"module": "evil", "class_name": "Zeros", "config": {}, "registered_name": None}
    return archive(place, classifier(layer("Dense", "wide", units=3, kernel_initializer=value)))


@hostile
def custom_regularizer(place: Place) -> Path:
    value = {"class_name": "MyL2", "config": {}, "registered_name": "Custom>MyL2"}
    return archive(place, classifier(layer("Dense", "wide", units=3, kernel_regularizer=value)))


@hostile
def custom_constraint(place: Place) -> Path:
    value = {"module": "keras.constraints", "class_name": "Lock", "config": {}}
    return archive(place, classifier(layer("Dense", "wide", units=3, kernel_constraint=value)))


@hostile
def quantized_weights(place: Place) -> Path:
    policy = {
        "module": "keras.dtype_policies",
        "class_name": "QuantizedDTypePolicy",
        "config": {"mode": "int8"},
    }
    return archive(place, classifier(layer("Dense", "wide", units=3, dtype=policy)))


@hostile
def saved_model_as_a_layer(place: Place) -> Path:
    return archive(place, classifier(layer("TFSMLayer", "payload", filepath=str(place.folder))))


@hostile
def torch_module(place: Place) -> Path:
    return archive(place, classifier(layer("TorchModuleWrapper", "payload", module="UEsDBA==")))


@hostile
def type_specification(place: Place) -> Path:
    value = {
        "class_name": "__typespec__",
        "spec_name": "system",
        "module": "os",
        "registered_name": None,
        "config": [f"touch {place.canary}"],
    }
    return archive(place, classifier(layer("Dense", "wide", units=3, activation=value)))


@hostile
def ellipsis_as_a_setting(place: Place) -> Path:
    value = {"class_name": "__ellipsis__", "config": {}}
    return archive(place, classifier(layer("Dense", "wide", units=value)))


@hostile
def unknown_object_in_a_call(place: Place) -> Path:
    take = {**layer("GetItem", "part"), "module": "keras.src.ops.numpy"}
    value = {"class_name": "__reduce__", "config": {"value": "os.system"}}
    model = functional(called(source()), called(take, [tensor("pixels"), value]), output="part")
    return archive(place, model)


@hostile
def operation_of_another_module(place: Place) -> Path:
    entry = {**layer("Add", "sum"), "module": "evil.keras.ops"}
    model = functional(called(source()), called(entry, [tensor("pixels"), 1]), output="sum")
    return archive(place, model)


@hostile
def operation_that_calls_functions(place: Place) -> Path:
    entry = {**layer("VectorizedMap", "map"), "module": "keras.src.ops.core"}
    model = functional(called(source()), called(entry, [tensor("pixels"), "f"]), output="map")
    return archive(place, model)


@hostile
def all_at_once(place: Place) -> Path:
    foreign = {**layer("Dense", "wide", units=3), "module": "evil"}
    return archive(place, classifier(lambda_layer(place), foreign, layer("Mystery", "unknown")))


@hostile
def old_functional_class(place: Place) -> Path:
    model = {**classifier(), "module": "os", "class_name": "Functional"}
    return archive(place, model, version="2.15.0")


@hostile
def module_of_a_keras_2_archive(place: Place) -> Path:
    entry = {**layer("system", "payload"), "module": "os", "config": f"touch {place.canary}"}
    return archive(place, classifier(entry), version="2.13.1")


@hostile
def subclassed_model(place: Place) -> Path:
    return archive(place, {**classifier(), "class_name": "Classifier", "module": "mine"})


# HDF5 of Keras 2


@hostile
def hdf5_lambda_in_a_recurrent_cell(place: Place) -> Path:
    recurrent = layer("RNN", "recurrent", cell=lambda_layer(place))
    return whole_hdf5(place, legacy(classifier(recurrent)))


@hostile
def hdf5_lambda_in_a_residual_wrapper(place: Place) -> Path:
    wrapper = layer("ResidualWrapper", "residual", cell=lambda_layer(place))
    return whole_hdf5(place, legacy(classifier(layer("RNN", "recurrent", cell=wrapper))))


@hostile
def hdf5_file_is_written(place: Place) -> Path:
    return whole_hdf5(place, recorded("io.write_file"))


@hostile
def hdf5_folder_is_deleted(place: Place) -> Path:
    return whole_hdf5(place, recorded("io.gfile.rmtree"))


@hostile
def hdf5_file_is_read_as_a_slice(place: Place) -> Path:
    return whole_hdf5(place, recorded("io.read_file", class_name="SlicingOpLambda"))


@hostile
def hdf5_python_is_called(place: Place) -> Path:
    return whole_hdf5(place, recorded("py_function"))


@hostile
def hdf5_raw_operation(place: Place) -> Path:
    node = layer("TensorFlowOpLayer", "raw", node_def='{"op": "WriteFile"}', constants={})
    return whole_hdf5(place, legacy(classifier(node)))


@hostile
def hdf5_custom_layer(place: Place) -> Path:
    return whole_hdf5(place, legacy(classifier(layer("Custom>Layer", "mine"))))


@hostile
def hdf5_then_zip(place: Place) -> Path:
    path = whole_hdf5(place, legacy(classifier(lambda_layer(place))))
    harmless = archive(place, classifier())
    path.write_bytes(path.read_bytes() + harmless.read_bytes())
    harmless.unlink()
    return path


@hostile
def zip_then_hdf5(place: Place) -> Path:
    zipped = archive(place, classifier(lambda_layer(place))).read_bytes()
    block = 1 << (len(zipped) - 1).bit_length()
    path = whole_hdf5(place, legacy(classifier()), userblock_size=max(512, block))
    data = path.read_bytes()
    path.write_bytes(zipped + data[len(zipped) :])
    return path


@hostile
def hdf5_link_to_another_file(place: Place) -> Path:
    path = whole_hdf5(place, legacy(classifier()))
    with h5py.File(path, "a") as file:
        del file["model_weights/dense/dense/bias:0"]
        file["model_weights/dense/dense/bias:0"] = h5py.ExternalLink("/etc/private.h5", "/key")
    return path


@hostile
def hdf5_values_of_another_file(place: Place) -> Path:
    secret = place.folder / "private.key"
    secret.write_bytes(bytes(8))
    path = whole_hdf5(place, legacy(classifier()))
    with h5py.File(path, "a") as file:
        del file["model_weights/dense/dense/bias:0"]
        file.create_dataset(
            "model_weights/dense/dense/bias:0", (2,), "<f4", external=[(str(secret), 0, 8)]
        )
    return path


@hostile
def hdf5_virtual_values(place: Place) -> Path:
    path = whole_hdf5(place, legacy(classifier()))
    layout = h5py.VirtualLayout((2,), "<f4")
    layout[:] = h5py.VirtualSource("/etc/private.h5", "key", (2,))
    with h5py.File(path, "a") as file:
        del file["model_weights/dense/dense/bias:0"]
        file.create_virtual_dataset("model_weights/dense/dense/bias:0", layout)
    return path


@hostile
def hdf5_values_that_are_not_there(place: Place) -> Path:
    path = whole_hdf5(place, legacy(classifier()))
    with h5py.File(path, "a") as file:
        file.create_dataset("model_weights/dense/huge", (1 << 36,), "<f4")
    return path


@hostile
def hdf5_bomb(place: Place) -> Path:
    path = whole_hdf5(place, legacy(classifier()))
    with h5py.File(path, "a") as file:
        file.create_dataset(
            "bomb", (1 << 26,), "<f4", chunks=(1 << 24,), data=np.zeros(1 << 26, "<f4"),
            compression="gzip", compression_opts=9,
        )  # fmt: skip
    return path


@hostile
def hdf5_list_of_weights_that_lies(place: Place) -> Path:
    path = whole_hdf5(place, legacy(classifier()))
    with h5py.File(path, "a") as file:
        file["model_weights/dense"].attrs["weight_names"] = [b"../../secret:0"]
    return path


@hostile
def hdf5_configuration_that_is_no_object(place: Place) -> Path:
    return whole_hdf5(place, ["Sequential"])


# Archives


@hostile
def archive_member_outside(place: Place) -> Path:
    path = archive(place, classifier())
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("../../canary", "")
    return path


@hostile
def archive_member_twice(place: Place) -> Path:
    path = archive(place, classifier())
    twin = archive(place, classifier(lambda_layer(place))).read_bytes()
    path.write_bytes(twin.replace(b"metadata.json", b"config.json\0\0"))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("model.weights.h6", b"")
    path.write_bytes(path.read_bytes().replace(b"model.weights.h6", b"model.weights.h5"))
    return path


@hostile
def archive_bomb(place: Place) -> Path:
    config = classifier()
    return archive(place, config, bytes(1 << 29), compression=zipfile.ZIP_DEFLATED)


@hostile
def archive_that_counts_wrong(place: Place) -> Path:
    path = archive(place, classifier())
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 65_000, 65_000)
    path.write_bytes(bytes(data))
    return path


@hostile
def archive_without_weights(place: Place) -> Path:
    path = place.folder / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(classifier()))
    return path


@hostile
def archive_of_a_broken_stream(place: Place) -> Path:
    path = archive(place, classifier(), compression=zipfile.ZIP_DEFLATED)
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packed.compress(json.dumps(classifier()).encode()) + packed.flush()
    data = path.read_bytes()
    place_of = data.find(piece[:20])
    path.write_bytes(data[:place_of] + b"\xff" * 20 + data[place_of + 20 :])
    return path


# Sizes


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


# TensorFlow.js


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


# SavedModels


@hostile
def saved_model_lambda(place: Place) -> Path:
    return in_saved_model(place, classifier(lambda_layer(place)))


@hostile
def saved_model_lambda_without_spaces(place: Place) -> Path:
    content = json.dumps(legacy(classifier(lambda_layer(place))), separators=(",", ":"))
    return saved_model(place, content)


@hostile
def saved_model_lambda_in_escapes(place: Place) -> Path:
    content = json.dumps(legacy(classifier(lambda_layer(place))))
    return saved_model(place, content.replace('"Lambda"', r'"\u004c\u0061mbda"'))


@hostile
def saved_model_file_is_written(place: Place) -> Path:
    return saved_model(place, json.dumps(recorded("io.write_file")))


@hostile
def saved_model_of_functions(place: Place) -> Path:
    return saved_model(place, None)


@hostile
def saved_model_of_a_subclass(place: Place) -> Path:
    return saved_model(place, '{"class_name": "Mine"}', identifier="_tf_keras_model")


@hostile
def saved_model_variables_that_are_a_link(place: Place) -> Path:
    folder = in_saved_model(place, classifier())
    (folder / "variables" / "variables.data-00000-of-00001").symlink_to("/etc/passwd")
    return folder


@hostile
def pipe(place: Place) -> Path:
    os.mkfifo(place.folder / "model.keras")
    return place.folder / "model.keras"


@hostile
def saved_model_that_is_cut_off(place: Place) -> Path:
    folder = in_saved_model(place, classifier())
    file = folder / "keras_metadata.pb"
    file.write_bytes(file.read_bytes()[:-9])
    return folder


@hostile
def saved_model_without_an_end(place: Place) -> Path:
    folder = saved_model(place, None)
    (folder / "keras_metadata.pb").write_bytes(b"\xff" * 64)
    return folder


# Damage


def valid_models() -> list[Json]:
    """Models that are read as they are, for `mutated`: as Keras 3 writes them, and as Keras 2."""
    modern = classifier(
        layer("Conv2D", "conv", filters=3, kernel_size=[2, 2], strides=[1, 1], padding="same",
              data_format="channels_last", dilation_rate=[1, 1], groups=1, activation="relu",
              use_bias=False, dtype={"module": "keras", "class_name": "DTypePolicy",
                                     "config": {"name": "float32"}, "registered_name": None}),
        layer("ZeroPadding2D", "frame", padding=[[1, 0], [0, 1]], data_format="channels_last"),
        layer("MaxPooling2D", "pool", pool_size=[2, 2], strides=[1, 1], padding="valid",
              data_format="channels_last"),
        layer("Dropout", "dropout", rate=0.5, seed=3, noise_shape=None),
        layer("ReLU", "relu", max_value=6.0, negative_slope=0.0, threshold=0.0),
    )  # fmt: skip
    operation = {**layer("Add", "sum"), "module": "keras.src.ops.numpy"}
    graph = functional(
        called(source()),
        called(layer("Rescaling", "rescaling", scale=0.1, offset=0.0), [tensor("pixels")]),
        called(operation, [tensor("rescaling"), 1.5]),
        called(layer("Flatten", "flatten", data_format="channels_last"), [tensor("sum")]),
        called(dense(), [tensor("flatten")]),
        output="dense",
    )
    return [modern, legacy(modern), graph]


def write_valid(place: Place, config: Json) -> Path:
    """Write a configuration as a layers model with the weights of `valid_models`."""
    weights = [
        {"name": "conv/kernel", "shape": [2, 2, 3, 3], "dtype": "float32"},
        {"name": "dense/kernel", "shape": [48, 2], "dtype": "float32"},
        {"name": "dense/bias", "shape": [2], "dtype": "float32"},
    ]
    weights = [each for each in weights if f'"{each["name"].split("/")[0]}"' in json.dumps(config)]
    sizes = sum(int(np.prod(each["shape"])) for each in weights)
    path = layers_model(place, config, weights=weights)
    (place.folder / "weights.bin").write_bytes(np.linspace(-1, 1, sizes, dtype="<f4").tobytes())
    if "module" in config:
        text = path.read_text().replace('"keras_version": "2.15.0"', '"keras_version": "3.15.1"')
        path.write_text(text)
    return path


OTHER_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 3, 2**31, 2**70, 0.5, -1e308, 1e400),
    *("", "Lambda", "relu", "é\0", [], [1], [1, 2, 3], [[1, 2], [3, 4]], {}, {"a": 1}),
    *({"class_name": "Dense"}, {"class_name": "Lambda", "config": {}}, {"class_name": None}),
]


def mutated(config: Json, seed: int) -> Json:
    """Return a configuration with one to three of its values replaced, dropped or doubled."""
    generator = np.random.default_rng(seed)
    changed: Json = json.loads(json.dumps(config))
    for _ in range(int(generator.integers(1, 4))):
        holders = list(_holders(changed))
        holder = holders[int(generator.integers(len(holders)))]
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key: Any = keys[int(generator.integers(len(keys)))]
        kind = generator.integers(4)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, list):
            holder.append(holder[key])
        elif kind == 2 and isinstance(holder[key], (int, float)):
            holder[key] = holder[key] * int(generator.choice([-1, 0, 2, 1000]))
        else:
            holder[key] = OTHER_VALUES[int(generator.integers(len(OTHER_VALUES)))]
    return changed


def _holders(value: Any) -> Any:
    """Yield every list and object inside a value that is not empty."""
    if isinstance(value, (dict, list)):
        if value:
            yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _holders(each)
