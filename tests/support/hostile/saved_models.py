"""SavedModels: code, links, pipes, files that are cut off."""

from __future__ import annotations

import json
import os
from pathlib import Path

from support.hostile.configurations import classifier, lambda_layer, legacy, recorded
from support.hostile.containers import in_saved_model, saved_model
from support.hostile.corpus import Place, hostile


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
