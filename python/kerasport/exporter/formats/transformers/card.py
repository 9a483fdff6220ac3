"""A model card: what Hugging Face shows of a model, made from what its run measured."""

from __future__ import annotations

import html
import json
import re

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.displayed import displayable
from kerasport.shares import share_text

__all__ = ["model_card"]


def model_card(description: ClassifierDescription) -> str:
    """Return the text of a README.md: a head in YAML, then what is known of the classifier."""
    return "\n".join([*_head(description), "", *_body(description)]) + "\n"


def _head(description: ClassifierDescription) -> list[str]:
    # JSON is YAML, whatever characters a name has.
    name = _quoted(description.name)
    lines = [
        "---",
        "library_name: transformers.js",
        "pipeline_tag: image-classification",
        "tags: [image-classification, onnx, keras, kerasport]",
    ]
    metrics, training = description.metrics, description.training
    if metrics is not None and metrics.test_accuracy is not None:
        data = _quoted(training.recipe if training else description.name)
        lines += [
            "model-index:",
            f"- name: {name}",
            "  results:",
            "  - task: {type: image-classification}",
            f"    dataset: {{name: {data}, type: {data}}}",
            f"    metrics: [{{type: accuracy, value: {metrics.test_accuracy:.4f}}}]",
        ]
    return [*lines, "---"]


def _body(description: ClassifierDescription) -> list[str]:
    height, width, _ = description.input_shape
    steps = description.preprocessing
    lines = [
        f"# {_plain(description.name)}",
        "",
        f"An image classifier of {len(description.class_names)} classes, for pictures of "
        f"{height} x {width}, which are {_FITTED[steps.fit]} with the filter {steps.resample}. The "
        "model scales the pixels itself: it takes them as they are, 0 to 255.",
        "",
        "```js",
        "import { pipeline } from '@huggingface/transformers';",
        "",
        "const classify = await pipeline('image-classification', 'FOLDER_OR_NAME');",
        "const answers = await classify('picture.jpg', { top_k: 3 });",
        "```",
        "",
    ]
    if description.color_mode == "grayscale":
        lines += [
            "It was trained on gray pictures. What the image processors give it are three "
            "channels, of which it makes gray itself, after they were resized and not before: "
            "levels may be off by 1 of 255.",
            "",
        ]
    if steps.fit != "stretch":
        lines += [
            f"The image processors of transformers do not know the fit `{steps.fit}` that this "
            "model was trained with: they stretch. Answers for pictures that are not "
            f"{height} x {width} in shape are others than they should be.",
            "",
        ]
    lines += [
        "transformers.js resizes in its own way, in browsers with a canvas, whatever the filter: "
        "its answers for a picture of another size are not quite those that were measured.",
        "",
        "## Classes",
        "",
        *(f"{index}. {_plain(name)}" for index, name in enumerate(description.class_names)),
    ]
    return [*lines, *_measured(description)]


_FITTED = {
    "stretch": "stretched to it",
    "crop": "cropped to its shape and resized",
    "pad": "padded to its shape and resized",
}


def _measured(description: ClassifierDescription) -> list[str]:
    metrics, training = description.metrics, description.training
    lines: list[str] = []
    if metrics is not None and metrics.test_accuracy is not None:
        lines += [
            "",
            "## Measured",
            "",
            f"Accuracy {share_text(metrics.test_accuracy)} on {metrics.test_pictures:,} pictures. "
            f"{_plain(metrics.method)}",
        ]
        if metrics.expected_calibration_error is not None:
            lines += [f"Expected calibration error {metrics.expected_calibration_error:.3f}."]
        if description.confidence_threshold is not None:
            lines += [
                f"Below a probability of {description.confidence_threshold:.2f} the answer should "
                "be read as: not sure."
            ]
    if training is not None:
        counts = training.counts
        lines += [
            "",
            "## Training",
            "",
            f"Recipe {_plain(training.recipe)}, architecture "
            f"{_plain(training.architecture)}, seed {training.seed}, best of "
            f"{training.epochs} epochs: {training.best_epoch}; {_plain(training.date)}.",
            "",
            "| class | training | validation | test |",
            "|---|---|---|---|",
            *(
                f"| {_plain(name)} | {a} | {b} | {c} |"
                for name, a, b, c in zip(
                    description.class_names,
                    counts.train,
                    counts.validation,
                    counts.test,
                    strict=True,
                )
            ),
        ]
    return lines


def _plain(text: str) -> str:
    """Return a text of somebody's so that neither Markdown nor HTML reads anything into it."""
    escaped = html.escape(displayable(text), quote=False)
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", escaped)


def _quoted(text: str) -> str:
    """Return a text in quotes: JSON, with escapes for what YAML takes for line ends, or not at all.

    Not those of JSON for all that is not ASCII: YAML knows no pairs of surrogates.
    """
    stored = json.dumps(text, ensure_ascii=False)
    return _NO_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", stored)


_NO_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
