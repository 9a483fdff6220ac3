"""A damaged model is caught, and verify says where: weights, classes, resize, a layer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.damage import change_kernel, change_metadata, swap_outputs
from support.measuring import gather_expectations

from kerasport.bundle import Bundle
from kerasport.errors import BundleError
from kerasport.parity import verify
from kerasport.parity.compare.location import locate_probabilities
from kerasport.parity.compare.tally import Answer, Departure
from kerasport.runtime import Runtime

pytestmark = [pytest.mark.keras, pytest.mark.browser]


@pytest.fixture
def folder(digits_bundle: Bundle, tmp_path: Path) -> Path:
    """A copy of the digits' bundle that a test may damage."""
    return Path(shutil.copytree(digits_bundle.path, tmp_path / "model"))


def found(folder: Path, run: Any = None, **options: Any) -> tuple[bool, list[tuple[str, str]]]:
    parity = verify(Bundle.open(folder), run=run, backends=["wasm"], **options)
    return parity.passed, [(finding.where, finding.detail) for finding in parity.findings]


def test_an_undamaged_bundle_has_no_findings(folder: Path, digits_run: Any) -> None:
    """With the run, every weight and every layer is compared, and nothing is found."""
    assert found(folder, digits_run, trace=True) == (True, [])


def test_one_changed_weight_is_found_by_name(folder: Path, digits_run: Any) -> None:
    """One value of one kernel, off by a thousandth: the weights are named, and the first layer."""
    name = change_kernel(folder, 1e-3)

    passed, findings = found(folder, digits_run)

    assert not passed
    where, detail = findings[-1]
    assert where == "weights"
    assert detail.startswith(f"{name}: 1 of ")
    assert detail.endswith("values are not the run's, off by up to 0.001")


def test_the_trace_names_the_layer_that_departs_first(folder: Path, digits_run: Any) -> None:
    """Layer by layer, a kernel that is off shows in its own layer and not in a later one."""
    name = change_kernel(folder, 0.5)

    _, findings = found(folder, digits_run, trace=True)

    layers = [detail for where, detail in findings if where == "layer"]
    assert len(layers) == 1
    assert layers[0].startswith(f"{name.rpartition('/')[0]} is the first layer that departs: off ")


def test_without_the_run_the_files_are_blamed_and_not_the_browser(folder: Path) -> None:
    """The recorded answers are missed by the browser and by numpy alike."""
    change_kernel(folder, 0.5)

    passed, findings = found(folder)

    assert not passed
    assert {where for where, _ in findings} == {"weights"}
    assert "numpy agrees with this engine" in findings[0][1]


def test_outputs_that_changed_places_are_named(folder: Path) -> None:
    """Two outputs of the last layer swapped: not noise, but these two classes."""
    swap_outputs(folder, 3, 7)

    passed, findings = found(folder)

    assert not passed
    assert {where for where, _ in findings} == {"classes"}
    assert findings[0][1].endswith("'3' and '7' have changed places")


def test_class_names_in_another_order_are_named(folder: Path, digits_run: Any) -> None:
    """The probabilities are right and their names are not, in every file: the run can tell."""
    change_metadata(folder, lambda metadata: metadata["classNames"].reverse())

    passed, findings = found(folder, digits_run)

    assert not passed
    assert findings == [
        (
            "classes",
            "the bundle's class names are in another order: output 0 is '0' in the run and '9' in "
            "the bundle",
        )
    ]


@pytest.mark.parametrize("with_run", [False, True])
def test_another_resize_is_found(with_run: bool, folder: Path, digits_run: Any) -> None:
    """Pictures resized by another filter than in training: the step and both filters are named."""
    change_metadata(folder, lambda metadata: metadata["preprocessing"].update(resample="nearest"))

    passed, findings = found(folder, digits_run if with_run else None)

    assert not passed
    assert findings[0][0] == "resize"
    assert "nearest" in findings[0][1]
    assert "bilinear" in findings[0][1]


def test_a_scaling_that_the_model_does_not_have_is_named(folder: Path) -> None:
    """Metadata that describes another scaling would mislead whoever feeds the model by hand."""
    change_metadata(folder, lambda metadata: metadata["rescaling"].update(scale=0.5))

    passed, findings = found(folder)

    assert not passed
    assert findings[0][0] == "settings"
    assert findings[0][1].startswith("metadata.json says that the model scales by 0.5 and adds")


def test_a_script_of_another_export_is_noticed(folder: Path, digits_bundle: Bundle) -> None:
    """`model.js` is what pages load; one from another export is not taken for this bundle."""
    change_kernel(folder, 0.5)
    shutil.copy(digits_bundle.script, folder / "model.js")

    with pytest.raises(BundleError, match="is not what the files of its folder make: it may hold"):
        found(folder)


def test_verify_runs_no_script_of_the_folder(folder: Path) -> None:
    """What pages are given is written anew from the files, whatever `model.js` has become."""
    bundle = Bundle.open(folder)
    (folder / "model.js").write_text("document.title = 'harmed'; throw new Error('harmed');")

    parity = verify(bundle, backends=["wasm"])

    assert parity.passed
    assert parity.network == "refused"
    assert parity.integrity == bundle.integrity


def test_an_engine_that_computes_otherwise_is_told_from_wrong_files(
    digits_bundle: Bundle,
) -> None:
    """Where numpy gives the expected answer from the same files, the engine is to blame."""
    expected, *_ = gather_expectations(digits_bundle)
    received = np.roll(expected.probabilities, 1) * np.float32(0.5)
    departure = Departure(expected, Answer(received), 0.5, 0)

    names = digits_bundle.metadata.class_names

    where, _ = locate_probabilities(departure, names, 1e-5, lambda: Runtime(digits_bundle))

    assert where == "engine"
