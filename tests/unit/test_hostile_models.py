"""Files of strangers: nothing in them runs, and each is refused with a sentence of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import hostile

from kerasport.errors import KerasportError
from kerasport.exporter import export
from kerasport.exporter.gate import check_graph
from kerasport.exporter.lowering import lower_classifier
from kerasport.exporter.readers import read_model

CODE = (
    "it holds Python code, which cannot be read as layers and is not run. Remedy: rebuild the "
    "model with layers in its place (Rescaling for a scaling), or leave it out and give its "
    "scaling with --rescaling."
)
FOREIGN = (
    "Keras does not bring it, and what a file names is neither imported nor run. Remedy: load the "
    "model yourself, register a rewriter for it and give kerasport.export the model object "
    "(docs/export.md)."
)
UNKNOWN = (
    "no rewriter knows this layer. Remedy: replace it; or load the model yourself, register a "
    "rewriter for it (docs/export.md) and give kerasport.export the model object."
)

LAYERS: dict[str, list[tuple[str, str]]] = {
    "lambda-in-an-archive": [("'payload' (Lambda)", CODE)],
    "lambda-in-a-nested-model": [("'payload' (Lambda)", CODE)],
    "lambda-in-time-distributed": [("'payload' (Lambda)", CODE)],
    "lambda-in-bidirectional": [("'payload' (Lambda)", CODE)],
    "lambda-in-a-recurrent-cell": [("'payload' (Lambda)", CODE)],
    "lambda-in-a-pipeline": [("'payload' (Lambda)", CODE)],
    "lambda-as-an-activation": [("'payload' (Lambda)", CODE)],
    "lambda-object-as-an-activation": [("'wide' (__lambda__)", CODE)],
    "lambda-as-an-initializer": [("'wide' (__lambda__)", CODE)],
    "lambda-among-the-arguments-of-a-call": [("'product' (__lambda__)", CODE)],
    "hdf5-lambda-in-a-recurrent-cell": [("'payload' (Lambda)", CODE)],
    "hdf5-then-zip": [("'payload' (Lambda)", CODE)],
    "zip-then-hdf5": [("'payload' (Lambda)", CODE)],
    "json-lambda-in-a-recurrent-cell": [("'payload' (Lambda)", CODE)],
    "saved-model-lambda": [("'payload' (Lambda)", CODE)],
    "saved-model-lambda-without-spaces": [("'payload' (Lambda)", CODE)],
    "saved-model-lambda-in-escapes": [("'payload' (Lambda)", CODE)],
    "function-of-another-module": [("'wide' (function)", FOREIGN)],
    "class-of-another-module": [("'payload' (Popen)", FOREIGN)],
    "known-class-of-another-module": [("'wide' (Dense)", FOREIGN)],
    "module-that-begins-like-keras": [("'wide' (Dense)", FOREIGN)],
    "utilities-of-keras": [("'payload' (get_file)", FOREIGN)],
    "registered-by-a-package": [("'wide' (Dense)", FOREIGN)],
    "custom-layer": [("'mine' (MyLayer)", FOREIGN)],
    "custom-initializer": [("'wide' (Zeros)", FOREIGN)],
    "custom-regularizer": [("'wide' (MyL2)", FOREIGN)],
    "custom-constraint": [("'wide' (Lock)", FOREIGN)],
    "type-specification": [("'wide' (__typespec__)", FOREIGN)],
    "ellipsis-as-a-setting": [("'wide' (__ellipsis__)", FOREIGN)],
    "unknown-object-in-a-call": [("'part' (__reduce__)", FOREIGN)],
    "operation-of-another-module": [("'sum' (Add)", FOREIGN)],
    "old-functional-class": [("'model' (Functional)", FOREIGN)],
    "operation-that-calls-functions": [("'map' (operation:VectorizedMap)", UNKNOWN)],
    "hdf5-file-is-written": [("'operation' (operation:tf.io.write_file)", UNKNOWN)],
    "hdf5-folder-is-deleted": [("'operation' (operation:tf.io.gfile.rmtree)", UNKNOWN)],
    "hdf5-file-is-read-as-a-slice": [("'operation' (operation:tf.io.read_file)", UNKNOWN)],
    "hdf5-python-is-called": [("'operation' (operation:tf.py_function)", UNKNOWN)],
    "hdf5-raw-operation": [("'raw' (TensorFlowOpLayer)", UNKNOWN)],
    "hdf5-custom-layer": [("'mine' (Custom>Layer)", UNKNOWN)],
    "json-file-is-written": [("'operation' (operation:tf.io.write_file)", UNKNOWN)],
    "saved-model-file-is-written": [("'operation' (operation:tf.io.write_file)", UNKNOWN)],
    "lambda-in-a-residual-wrapper": [
        ("'residual' (ResidualWrapper)", UNKNOWN),
        ("'payload' (Lambda)", CODE),
    ],
    "quantized-weights": [
        (
            "'wide' (QuantizedDTypePolicy)",
            (
                "its weights are of a type that is not read. Remedy: save the model with "
                "float32 weights."
            ),
        ),
    ],
    "saved-model-as-a-layer": [
        (
            "'payload' (TFSMLayer)",
            (
                "it holds code of another framework, which has no configuration. Remedy: "
                "rebuild it from Keras layers."
            ),
        ),
    ],
    "torch-module": [
        (
            "'payload' (TorchModuleWrapper)",
            (
                "it holds code of another framework, which has no configuration. Remedy: "
                "rebuild it from Keras layers."
            ),
        ),
    ],
    "all-at-once": [
        ("'payload' (Lambda)", CODE),
        ("'wide' (Dense)", FOREIGN),
        ("'unknown' (Mystery)", UNKNOWN),
    ],
    "hdf5-lambda-in-a-residual-wrapper": [
        ("'residual' (ResidualWrapper)", UNKNOWN),
        ("'payload' (Lambda)", CODE),
    ],
    "more-units-than-weights": [
        (
            "'dense' (Dense)",
            (
                "its weight 'kernel' has the shape [48, 2], and its settings and its input ask "
                "for [48, 10000000]. Remedy: save or convert the model again, whole."
            ),
        ),
    ],
    "output-without-end": [
        (
            "'frame' (ZeroPadding2D)",
            (
                "its output would have the shape [16004, 16004, 3], which is 768,384,048 "
                "values of one picture; 134,217,728 are the most. Remedy: use smaller pictures."
            ),
        ),
    ],
    "window-larger-than-the-picture": [
        (
            "'pool' (MaxPooling2D)",
            (
                "its output would have the shape [-4, -4, 3], which holds nothing. Remedy: "
                "give it a larger input, or a smaller window."
            ),
        ),
    ],
}
"""File -> the layers that are refused, each with its reason and its remedy."""

FILES: dict[str, str] = {
    "module-of-a-keras-2-archive": (
        "The configuration of 'model' is damaged: the settings of a system are 'touch "
        "{canary}'. Expected an object. Save the model again."
    ),
    "subclassed-model": (
        "The file holds a model of class 'Classifier'. Expected Sequential or "
        "Functional: a subclassed model has no list of layers to convert."
    ),
    "hdf5-link-to-another-file": (
        "'{path}' cannot be read as an HDF5 file: '/model_weights/dense/dense/bias:0' "
        "is a link, and links are not followed. Expected a whole-model .h5 file; copy "
        "or save it again."
    ),
    "hdf5-values-of-another-file": (
        "'{path}' cannot be read as an HDF5 file: the array "
        "'/model_weights/dense/dense/bias:0' lies in another file. Expected a "
        "whole-model .h5 file; copy or save it again."
    ),
    "hdf5-virtual-values": (
        "'{path}' cannot be read as an HDF5 file: the array "
        "'/model_weights/dense/dense/bias:0' is put together from other files. "
        "Expected a whole-model .h5 file; copy or save it again."
    ),
    "hdf5-values-that-are-not-there": (
        "'{path}' cannot be read as an HDF5 file: the array "
        "'/model_weights/dense/huge' says that it has 274,877,906,944 bytes, and not "
        "all of them are in the file. Expected a whole-model .h5 file; copy or save it "
        "again."
    ),
    "hdf5-bomb": (
        "'{path}' cannot be read as an HDF5 file: its arrays together are more than 20 "
        "times its size. Expected a whole-model .h5 file; copy or save it again."
    ),
    "hdf5-list-of-weights-that-lies": (
        "'{path}' lists the weight '../../secret:0' of the layer 'dense' and does not "
        "hold it. Expected a whole-model .h5 file; save it again."
    ),
    "hdf5-configuration-that-is-no-object": (
        "'{path}' holds no model: its model_config is not an object. Expected a "
        "whole-model .h5 file."
    ),
    "archive-member-outside": (
        "'{path}' cannot be opened as a ZIP archive: it holds '../../canary', a path "
        "that leads out of it. Expected a whole .keras file; copy or save it again."
    ),
    "archive-member-twice": (
        "'{path}' cannot be opened as a ZIP archive: it holds 'config.json' twice. "
        "Expected a whole .keras file; copy or save it again."
    ),
    "archive-bomb": (
        "'{path}' cannot be opened as a ZIP archive: its file 'model.weights.h5' would "
        "unpack to 536,870,912 bytes, more than 20 times the archive. Expected a whole "
        ".keras file; copy or save it again."
    ),
    "archive-that-counts-wrong": (
        "'{path}' cannot be opened as a ZIP archive: it says that it holds 65,000 "
        "files; allowed are 10,000. Expected a whole .keras file; copy or save it "
        "again."
    ),
    "archive-without-weights": (
        "'{path}' cannot be opened as a ZIP archive: it holds no model.weights.h5. "
        "Expected a whole .keras file; copy or save it again."
    ),
    "archive-of-a-broken-stream": (
        "'{path}' cannot be opened as a ZIP archive: Error -3 while decompressing "
        "data: invalid block type. Expected a whole .keras file; copy or save it again."
    ),
    "billion-units": (
        "The layer 'wide' has units=1,000,000,000. Expected at most 16,777,216: no "
        "model for pictures is larger."
    ),
    "million-units-without-weights": (
        "The layer 'wide' (Conv2D) has 0 saved variables in 'layers/conv2d'. Expected "
        "2: kernel, bias. Save the model again, whole, with a release of Keras."
    ),
    "input-without-end": (
        "The input 'pixels' has the shape [None, 1000000, 1000000, 3], which is "
        "3,000,000,000,000 values. Expected a picture of at most 16,777,216."
    ),
    "picture-without-end": (
        "The layer 'large' has height=1,000,000. Expected at most 8,192: no model for "
        "pictures is larger."
    ),
    "negative-shape": (
        "The input 'pixels' has the shape [None, -4, 4, 3]. Expected whole numbers "
        "above 0, or null for a side that is not fixed."
    ),
    "shape-of-words": (
        "The input 'pixels' has the shape [None, 'four', 4, 3]. Expected whole numbers "
        "above 0, or null for a side that is not fixed."
    ),
    "size-that-is-no-number": (
        "The layer 'wide' has units=nan. Expected a finite number. Save the model again."
    ),
    "layers-without-end": (
        "The model has more than 5,000 layers. Expected fewer: the deepest of "
        "keras.applications has 1,044."
    ),
    "models-that-double": (
        "The layers of the model are called more than 10,000 times. Expected fewer: "
        "the largest of keras.applications has 1,044 calls."
    ),
    "deep-json": (
        "config.json in '{path}' is not JSON that can be read (it is nested more than "
        "200 deep). Expected a whole .keras file. Copy, save or convert it again."
    ),
    "key-twice": (
        "config.json in '{path}' is not JSON that can be read (the key 'class_name' "
        "stands twice in one object). Expected a whole .keras file. Copy, save or "
        "convert it again."
    ),
    "circle-of-layers": "The layers 'one', 'two' are not connected to the model's input.",
    "names-that-repeat": (
        "Two layers of the model 'model' have the name 'same'. Expected names that are "
        "unique, as Keras writes them. Rename one and save it again."
    ),
    "layers-that-are-no-list": (
        "The configuration of the model 'model' is damaged: it has no list of layers. "
        "Save the model again."
    ),
    "layer-that-is-a-text": (
        "The configuration of 'model' is damaged: 'Lambda' stands where a layer is "
        "expected, an object with class_name and config. Save the model again."
    ),
    "shard-outside": (
        "The weightsManifest names the file '../../../etc/passwd', which is outside "
        "'{folder}'. Expected files beside model.json."
    ),
    "shard-by-an-absolute-path": (
        "The weightsManifest names the file '/etc/passwd', which is outside "
        "'{folder}'. Expected files beside model.json."
    ),
    "shard-that-is-a-link": (
        "The weight file '{folder}/link.bin' is a link to a place outside '{folder}'."
    ),
    "shard-a-million-times": (
        "The weights in '{folder}' cannot be read. The weightsManifest names "
        "'weights.bin' again and again, or more than 10,000 files. Copy all files "
        "again, or convert the model again."
    ),
    "weight-of-negative-size": (
        "The weights in '{folder}' cannot be read. The weight 'dense/kernel' has the "
        "shape [-48, 2]. Expected whole numbers. Copy all files again, or convert the "
        "model again."
    ),
    "weight-of-half-a-size": (
        "The weights in '{folder}' cannot be read. The weight 'dense/kernel' has the "
        "shape [48.5, 2]. Expected whole numbers. Copy all files again, or convert the "
        "model again."
    ),
    "weight-larger-than-the-memory": (
        "The weights in '{folder}' cannot be read. The weights end before "
        "'dense/kernel' is complete: expected at least "
        "4,835,703,278,458,516,698,824,704 bytes in weights.bin, received 392. Copy "
        "all files again, or convert the model again."
    ),
    "saved-model-of-functions": (
        "The SavedModel '{path}' holds functions without layers, as model.export() and "
        "tf.saved_model.save() write it. Expected one that Keras 2 saved with its "
        "layers. Export the model itself: save it as a .keras file with model.save()."
    ),
    "saved-model-of-a-subclass": (
        "The SavedModel '{path}' holds a model of class 'Mine'. Expected Sequential or "
        "Functional: a subclassed model has no list of layers to convert."
    ),
    "saved-model-variables-that-are-a-link": (
        "The variables of the SavedModel '{path}' cannot be read: 'variables.data-00000-of-00001' "
        "is a link to a place outside. Expected a SavedModel that Keras 2 saved with its layers; "
        "copy or save the whole folder again."
    ),
    "pipe": (
        "'{path}' is neither a file nor a folder. Expected a .keras file, a whole-model .h5 file, "
        "a SavedModel folder of Keras 2, or the model.json of a TensorFlow.js layers model."
    ),
    "saved-model-that-is-cut-off": (
        "'{path}/keras_metadata.pb' cannot be read: it is cut off. Expected a "
        "SavedModel that Keras 2 saved with its layers; copy or save it again."
    ),
    "saved-model-without-an-end": (
        "'{path}/keras_metadata.pb' cannot be read: it has a number that does not end. "
        "Expected a SavedModel that Keras 2 saved with its layers; copy or save it "
        "again."
    ),
}
"""File -> what is said of the whole of it."""

# The corpus in one process: what is loaded, what was created, and how much memory it took.
WHOLE = """
import json, resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from support import hostile
from kerasport.errors import KerasportError
from kerasport.exporter import export
import numpy, pydantic, h5py
import kerasport.exporter.pipeline

def used():
    fields = Path("/proc/self/status").read_text().split()
    return int(fields[fields.index("VmData:") + 1]) * 1024

found = {}
places = {}
for name, build in hostile.BUILDERS.items():
    folder = Path(sys.argv[2]) / name
    folder.mkdir()
    places[name] = build(hostile.Place(folder, folder / "canary"))
limit = used() + (500 << 20)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
for name, path in places.items():
    try:
        export(path, Path(sys.argv[2]) / "out", class_names=["a", "b"])
        found[name] = "exported"
    except KerasportError as error:
        found[name] = "refused"
    except BaseException as error:
        found[name] = repr(error)
heavy = [name for name in ("tensorflow", "keras", "tf_keras") if name in sys.modules]
print(json.dumps({"found": found, "heavy": heavy}))
"""


def message_of(name: str, place: hostile.Place, path: Path) -> str:
    if name in LAYERS:
        found = LAYERS[name]
        listed = "".join(f"\n  - layer {layer}: {why}" for layer, why in found)
        return (
            f"{len(found)} layer(s) cannot be expressed in TensorFlow.js, so nothing was written:"
            f"{listed}"
        )
    return FILES[name].format(path=path, folder=place.folder, canary=place.canary)


@pytest.mark.parametrize("name", hostile.BUILDERS)
def test_a_hostile_file_is_refused_with_its_sentence(name: str, tmp_path: Path) -> None:
    """What is wrong is said exactly, nothing that the file holds ran, and nothing was written."""
    (tmp_path / "in").mkdir()
    place = hostile.Place(tmp_path / "in", tmp_path / "canary")
    path = hostile.BUILDERS[name](place)

    with pytest.raises(KerasportError) as error:
        export(path, tmp_path / "out", class_names=["a", "b"])

    assert str(error.value) == message_of(name, place, path)
    assert [each.name for each in tmp_path.iterdir()] == ["in"]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux shows it")
def test_the_corpus_loads_no_framework_and_little_memory(tmp_path: Path) -> None:
    """All files are refused before TensorFlow is imported, within 500 MB above the imports."""
    done = subprocess.run(
        [sys.executable, "-c", WHOLE, str(Path(__file__).parents[1]), str(tmp_path)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout)
    assert result["heavy"] == []
    assert {name: how for name, how in result["found"].items() if how != "refused"} == {}
    assert list(tmp_path.rglob("canary")) == []


@pytest.mark.parametrize("number", range(3))
def test_the_undamaged_models_are_read(number: int, tmp_path: Path) -> None:
    """What is damaged below is right before, so that damage is what is refused."""
    path = hostile.write_valid(
        hostile.Place(tmp_path, tmp_path / "canary"), hostile.valid_models()[number]
    )

    lowered = lower_classifier(read_model(path).graph, None)

    check_graph(lowered.graph, num_classes=2)
    assert lowered.activation == "softmax"


@pytest.mark.parametrize("seed", range(200))
def test_damage_ends_in_a_sentence(seed: int, tmp_path: Path) -> None:
    """A configuration with values replaced, dropped or doubled is read, or refused in words."""
    model = hostile.valid_models()[seed % 3]
    place = hostile.Place(tmp_path, tmp_path / "canary")
    path = hostile.write_valid(place, hostile.mutated(model, seed))

    with contextlib.suppress(KerasportError):
        check_graph(lower_classifier(read_model(path).graph, None).graph, num_classes=2)
