"""What `kerasport.export` finds out about a model, from Python as from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.bundle.metadata import Preprocessing
from kerasport.errors import DataError, ExportError, ModelError, UsageError
from kerasport.exporter import export
from kerasport.exporter.graph import Graph, Node
from kerasport.exporter.readers import ReadModel

GIVEN: dict[str, Any] = {"class_names": ["red", "blue"]}


def model(**known: Any) -> ReadModel:
    """A classifier of two classes as a reader would have read it."""
    source = Node("pixels", "InputLayer", {"batch_shape": [None, 4, 4, 3]})
    graph = Graph("small", {source.name: source}, source.name, source.name)
    graph.append(Node("scaling", "Rescaling", {"scale": 1 / 255, "offset": 0.0}))
    graph.append(Node("mean", "GlobalAveragePooling2D", {"keepdims": False}))
    kernel = np.array([[2, -1], [0, 1], [-1, 2]], np.float32)
    settings = {"units": 2, "activation": "linear", "use_bias": False}
    graph.append(Node("answer", "Dense", settings, weights={"kernel": kernel}))
    return ReadModel("small", graph, **known)


@pytest.mark.parametrize("kind", [str, Path])
def test_class_names_may_be_a_file(kind: Any, tmp_path: Path) -> None:
    """A path is read like the file that the command line takes."""
    (tmp_path / "names.txt").write_text("0 red\n1 blue\n")

    bundle = export(model(), tmp_path / "out", class_names=kind(tmp_path / "names.txt"))

    assert bundle.metadata.class_names == ["red", "blue"]


def test_some_of_the_preprocessing_may_be_given(tmp_path: Path) -> None:
    """A dictionary changes its fields only; the others stay what the files beside a model say."""
    known = model(preprocessing=Preprocessing(fit="crop", background=(1, 2, 3)))

    bundle = export(known, tmp_path / "out", preprocessing={"resample": "nearest"}, **GIVEN)
    whole = export(
        known, tmp_path / "whole", preprocessing=Preprocessing(resample="nearest"), **GIVEN
    )

    steps = bundle.metadata.preprocessing
    assert (steps.fit, steps.background, steps.resample) == ("crop", (1, 2, 3), "nearest")
    assert whole.metadata.preprocessing.fit == "stretch"


@pytest.mark.parametrize(
    ("preprocessing", "error", "message"),
    [
        ({"crop": "yes"}, UsageError, "There is no preprocessing 'crop'. Expected some of: .*fit"),
        ({"fit": "squash"}, DataError, r"The preprocessing \{'fit': 'squash'\} cannot be used"),
    ],
    ids=["field", "value"],
)
def test_wrong_preprocessing_is_refused(
    preprocessing: dict[str, str], error: type[Exception], message: str, tmp_path: Path
) -> None:
    """A field or a value that does not exist is named, and nothing is written."""
    with pytest.raises(error, match=message):
        export(model(), tmp_path / "out", preprocessing=preprocessing, **GIVEN)

    assert list(tmp_path.iterdir()) == []


def test_a_model_without_class_names_is_refused(tmp_path: Path) -> None:
    """In memory it needs class_names; a file needs a list beside it, which is told unread."""
    file = tmp_path / "model.keras"
    file.touch()

    with pytest.raises(ExportError, match=r"does not know its classes\. Give class_names"):
        export(model(), tmp_path / "out")
    with pytest.raises(UsageError, match=r"no labels\.txt beside it.*--labels.*class_names="):
        export(file, tmp_path / "out")


def test_it_is_said_how_many_names_are_wanted(tmp_path: Path) -> None:
    """A model without names says how many outputs it has."""
    with pytest.raises(UsageError, match=r"one per output, in the order .* It has 2 outputs\."):
        export(model(), tmp_path / "out")


def test_one_class_name_is_not_enough(tmp_path: Path) -> None:
    """A list of one line names the second class only, and which that is cannot be known."""
    (tmp_path / "labels.txt").write_text("mask\n")

    for names in (["mask"], tmp_path / "labels.txt"):
        with pytest.raises(DataError, match=r"one class name, 'mask'\. Expected two at least"):
            export(model(), tmp_path / "out", class_names=names)


def test_one_string_is_a_path(tmp_path: Path) -> None:
    """A string is never taken letter by letter."""
    with pytest.raises(DataError, match=r"no label file at 'ab'\. Expected the path .* a list"):
        export(model(), tmp_path / "out", class_names="ab")


def test_a_dictionary_counts_by_its_indices(tmp_path: Path) -> None:
    """Keras' class_indices give the order of the outputs, however they are written."""
    bundle = export(model(), tmp_path / "out", class_names={"red": 1, "blue": 0})

    assert bundle.metadata.class_names == ["blue", "red"]


@pytest.mark.parametrize("given", [{}, GIVEN], ids=["bare", "labels"])
def test_a_path_with_nothing_at_it_is_named(given: dict[str, Any], tmp_path: Path) -> None:
    """Neither labels nor a run are asked for where there is nothing."""
    with pytest.raises(ModelError, match=r"There is nothing at '.*nowhere'\. Expected a run, or"):
        export(tmp_path / "nowhere", tmp_path / "out", **given)


def test_a_folder_without_a_model_is_taken_for_a_run(tmp_path: Path) -> None:
    """The message says what a run would have."""
    with pytest.raises(DataError, match=r"is not a complete run: metadata\.json"):
        export(tmp_path, tmp_path / "out")
