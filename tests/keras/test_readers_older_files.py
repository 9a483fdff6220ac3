"""Files that old versions of Keras wrote: the bundle answers as they did.

`tests/golden/older` has real files of these versions, with the probabilities that each version gave
for the same pixels. `benchmarks/support/save_with_old_keras.py` made them.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.model_files import needs_tf_keras

from kerasport.errors import ModelError
from kerasport.exporter import export
from kerasport.runtime import Runtime

pytestmark = [pytest.mark.keras, needs_tf_keras]

OLDER = Path(__file__).parents[1] / "golden" / "older"
ANSWERS: dict[str, Any] = json.loads((OLDER / "answers.json").read_text())


def answered(source: Path, out: Path, *, scaled: bool = True) -> Any:
    """Return the bundle's probabilities for the pixels that the old versions were asked about."""
    bundle = export(source, out, class_names=["a", "b", "c"], rescaling=None if scaled else "1/255")
    assert "Keras" in bundle.compared_with or "tf_keras" in bundle.compared_with
    shape = (3, *bundle.metadata.input_shape)
    values = np.random.RandomState(6).randint(0, 256, shape)
    values[:, :, ::3] = 0
    pixels = (values // np.array([8, 2, 1]).reshape(3, 1, 1, 1)).astype("uint8")
    answer = Runtime(bundle).predict(pixels)
    # A hundred times what is allowed below.
    assert answer.std(axis=0).min() > 2e-4, "equal answers would hide a difference"
    return answer


@pytest.mark.parametrize("name", ANSWERS)
def test_a_file_of_an_older_version_answers_as_it_did_there(name: str, tmp_path: Path) -> None:
    """Whatever version wrote it, the probabilities are those that this version gave."""
    said = ANSWERS[name]

    received = answered(OLDER / name, tmp_path / "bundle", scaled=said["scaled"])

    # float32 on both sides; the order of the sums differs.
    np.testing.assert_allclose(received, np.array(said["probabilities"]), rtol=0, atol=2e-6)


def test_an_archive_written_on_windows_is_read(tmp_path: Path) -> None:
    """Keras 2.13 joined the groups of its weights with the system's separator."""
    import h5py

    name = "keras-2.13.1-cnn.keras"
    (tmp_path / "old.h5").write_bytes(zipfile.ZipFile(OLDER / name).read("model.weights.h5"))
    with h5py.File(tmp_path / "old.h5") as old, h5py.File(tmp_path / "new.h5", "w") as new:

        def copy(path: str, item: Any) -> None:
            path = path.replace("dependencies/", "dependencies\\")
            if isinstance(item, h5py.Dataset):
                new[path] = item[()]

        old.visititems(copy)
        assert "_layer_checkpoint_dependencies\\conv2d" in new
    with (
        zipfile.ZipFile(OLDER / name) as read,
        zipfile.ZipFile(tmp_path / "windows.keras", "w") as written,
    ):
        for member in read.namelist():
            replaced = (tmp_path / "new.h5").read_bytes()
            written.writestr(member, replaced if member.endswith(".h5") else read.read(member))

    received = answered(tmp_path / "windows.keras", tmp_path / "bundle")

    expected = np.array(ANSWERS[name]["probabilities"])
    np.testing.assert_allclose(received, expected, rtol=0, atol=2e-6)


def test_an_unzipped_archive_is_read(tmp_path: Path) -> None:
    """A folder with what is in a .keras file is the same model, called as the folder."""
    name = "keras-3.5.0-attention.keras"
    zipfile.ZipFile(OLDER / name).extractall(tmp_path / "unzipped")

    received = answered(tmp_path / "unzipped", tmp_path / "bundle")

    expected = np.array(ANSWERS[name]["probabilities"])
    np.testing.assert_allclose(received, expected, rtol=0, atol=2e-6)


def test_an_architecture_without_weights_says_what_is_missing(tmp_path: Path) -> None:
    """The message names the file that is looked for."""
    text = (OLDER / "keras-3.3.3-attention.json").read_text()
    (tmp_path / "model.json").write_text(text)

    with pytest.raises(ModelError, match=r"without its weights.*'model\.weights\.h5'"):
        export(tmp_path / "model.json", tmp_path / "bundle", class_names=["a", "b", "c"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
        ("\n<!DOCTYPE html><html></html>", "is a web page, not a model"),
    ],
)
def test_what_a_download_left_is_told_apart(content: str, message: str, tmp_path: Path) -> None:
    """A pointer of Git LFS and a web page say what they are and what to do."""
    (tmp_path / "model.keras").write_text(content)

    with pytest.raises(ModelError, match=message):
        export(tmp_path / "model.keras", tmp_path / "bundle", class_names=["a", "b"])


def test_weights_alone_need_the_name_of_their_architecture(tmp_path: Path) -> None:
    """With the name they are exported; the number of classes is that of the file."""
    model = keras.applications.MobileNetV2(weights=None, classes=3)
    model.save_weights(tmp_path / "mine.weights.h5")

    with pytest.raises(ModelError, match="--architecture"):
        export(tmp_path / "mine.weights.h5", tmp_path / "bundle", class_names=["a", "b", "c"])
    bundle = export(
        tmp_path / "mine.weights.h5",
        tmp_path / "bundle",
        class_names=["a", "b", "c"],
        architecture="keras.applications.MobileNetV2",
        rescaling="1/127.5,-1",
    )

    assert bundle.metadata.input_shape == (224, 224, 3)
    pixels = np.zeros((1, 224, 224, 3), np.uint8)
    expected = np.asarray(model(pixels / np.float32(127.5) - 1, training=False))
    np.testing.assert_allclose(Runtime(bundle).predict(pixels), expected, rtol=0, atol=2e-6)
