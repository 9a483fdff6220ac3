"""HDF5 of Keras 2: code, links, virtual values, lies about sizes."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from support.hostile.configurations import classifier, lambda_layer, layer, legacy, recorded
from support.hostile.containers import archive, whole_hdf5
from support.hostile.corpus import Place, hostile


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
