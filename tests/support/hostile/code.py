"""Code in a configuration, at every depth."""

from __future__ import annotations

from pathlib import Path

from support.hostile.configurations import (
    called,
    classifier,
    code,
    functional,
    lambda_layer,
    layer,
    sequential,
    source,
    tensor,
)
from support.hostile.containers import archive
from support.hostile.corpus import Place, hostile


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
