"""What a path holds, told without loading anything."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from kerasport.errors import ModelError
from kerasport.exporter.readers.archives import peek_archive
from kerasport.exporter.readers.detection import detect

READABLE = {
    "hdf5": ("model.h5", b"\x89HDF\r\n\x1a\n..."),
    "keras": ("model.keras", b"PK\x03\x04..."),
    "layers-model": ("model.json", b'\xef\xbb\xbf\n {"format": 1}'),
    "saved-model": ("saved_model.pb", b"\x08\x01"),
}


@pytest.mark.parametrize("kind", list(READABLE))
def test_a_file_is_known_by_its_content(kind: str, tmp_path: Path) -> None:
    """The first bytes decide, whatever a file is called, and a folder by what lies in it."""
    name, content = READABLE[kind]
    (tmp_path / name).write_bytes(content)

    assert detect(tmp_path / name)[0] == kind
    if kind in ("layers-model", "saved-model"):
        assert detect(tmp_path) == detect(tmp_path / name)
    else:
        with pytest.raises(ModelError, match=f"It holds '{name}': give that path"):
            detect(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tflite", b"\x1c\0\0\0TFL3", "is a LiteRT (TensorFlow Lite) model, whose layers were"),
        ("a.bin", b"\x1c\0\0\0TFL3", "is a LiteRT (TensorFlow Lite) model"),
        ("a.onnx", b"\x08\x07", "is an ONNX model. Expected the Keras model it came from"),
        ("a.pth", b"\x80\x02", "is a PyTorch model"),
        ("frozen.pb", b"\x0a\x02", "is a TensorFlow graph without layers"),
        ("a.keras", b"", "its 0 bytes are of no kind that is read, or damaged"),
    ],
)
def test_other_files_are_refused(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    """Formats without layers are called by their name."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ModelError) as error:
        detect(tmp_path / name)

    assert message in str(error.value)


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    """A download that was not unpacked says so, and a damaged archive too."""
    path = tmp_path / "converted_keras.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("keras_model.h5", b"")

    with pytest.raises(ModelError, match=r"without a Keras model in it; it holds keras_model\.h5"):
        peek_archive(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(
        ModelError, match=r"cannot be opened as a ZIP archive.*Expected a whole \.keras"
    ):
        peek_archive(path)
