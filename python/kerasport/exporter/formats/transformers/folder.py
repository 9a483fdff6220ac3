"""The files of a folder that `transformers` and `transformers.js` open as an image classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.errors import ExportError
from kerasport.exporter.formats.onnx import Ends, onnx_model
from kerasport.exporter.formats.subject import FormatSubject
from kerasport.exporter.formats.transformers.card import model_card
from kerasport.files import write_bytes, write_json, write_text

__all__ = ["write_transformers"]

_MODEL_TYPE = "resnet"
"""Both libraries choose by it who opens a model, and know none for a network of one's own. This one
asks nothing of it but `pixel_values` and `logits`."""

_RESAMPLE = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3}
"""Filter -> its number in Pillow, which both libraries use."""


def write_transformers(folder: Path, subject: FormatSubject) -> list[Path]:
    """Write the files; return their paths, the model first.

    Raises:
        ExportError: the pipelines of these libraries would give other probabilities.
    """
    description = subject.description
    if subject.gives == "independent":
        raise ExportError(
            f"The model {description.name!r} gives each class a probability of its own, and the "
            "pipeline of transformers.js makes a softmax of whatever it gets. Leave out --also "
            "transformers; --also onnx and --also litert give the same probabilities."
        )
    # The image processors give three channels, whatever a model takes.
    ends = Ends("pixel_values", "logits", channels_first=True, is_color=True, gives="logits")
    model = folder / "onnx" / "model.onnx"
    write_bytes(model, onnx_model(subject.graph, subject.stored, ends=ends))
    documents = {
        "config.json": _config(description),
        "preprocessor_config.json": _preprocessor(description),
    }
    paths = [folder / name for name in documents]
    for path, content in zip(paths, documents.values(), strict=True):
        write_json(path, content)
    write_text(folder / "README.md", model_card(description))
    return [model, *paths, folder / "README.md"]


def _config(description: ClassifierDescription) -> dict[str, Any]:
    names = description.class_names
    return {
        "architectures": ["ResNetForImageClassification"],
        "id2label": {str(index): name for index, name in enumerate(names)},
        "label2id": {name: index for index, name in enumerate(names)},
        "model_type": _MODEL_TYPE,
        "num_channels": 3,
        # transformers.js otherwise looks for weights of 8 bits, which there are none of.
        "transformers.js_config": {"dtype": "fp32"},
    }


def _preprocessor(description: ClassifierDescription) -> dict[str, Any]:
    height, width, _ = description.input_shape
    content: dict[str, Any] = {
        "do_center_crop": False,
        "do_convert_rgb": True,
        "do_normalize": False,
        # The model brings its scaling: it takes pixels of 0 to 255.
        "do_rescale": False,
        "do_resize": True,
        "image_processor_type": "ViTImageProcessor",
        "resample": _RESAMPLE[description.preprocessing.resample],
        "size": {"height": height, "width": width},
    }
    return content
