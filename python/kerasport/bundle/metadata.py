"""`metadata.json`: what a classifier says about itself, in a bundle and in a run.

The JSON Schemas in `kerasport/bundle/schemas/` and the TypeScript types in the client's
`metadata.generated.ts` are generated from the models in this package (`make schema`), and a test
fails when they are stale.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from kerasport.bundle.document import (
    PATH_PATTERN,
    Byte,
    Count,
    Document,
    Probability,
    Sha256,
    Text,
)
from kerasport.bundle.limits import MAX_AXES, MAX_CENTERS, MAX_FEATURES, MAX_QUANTILES
from kerasport.bundle.measured import FloatAgreement, FloatRounding, Quantization, Winograd
from kerasport.bundle.output import LabelsOutput, Output
from kerasport.errors import DataError
from kerasport.labels import check_class_names
from kerasport.literals import ColorMode, Fit, Resample
from kerasport.preprocess import ImageSpec

__all__ = [
    "LABELS_FORMAT_VERSION",
    "MINIMUM_TFJS_VERSION",
    "Calibration",
    "ClassifierDescription",
    "Counts",
    "FileEntry",
    "FormatAgreement",
    "Interface",
    "LabelMetrics",
    "Metadata",
    "Metrics",
    "Novelty",
    "OtherFormat",
    "Preprocessing",
    "Rescaling",
    "Training",
]

MINIMUM_TFJS_VERSION = "3.21.0"
"""Oldest TensorFlow.js that knows every layer that is written: the first with Rescaling."""

LABELS_FORMAT_VERSION = 2
"""Version of the bundle format of models with several labels: an earlier reader, which knows one
winner only, has to refuse them. All others are written as version 1."""


class Rescaling(Document):
    """The scaling that the model applies to its own input: `x * scale + offset`."""

    scale: float | list[float] = Field(description="Factor, for all channels or one per channel.")
    offset: float | list[float] = Field(description="Summand, for all channels or one per channel.")
    place: Literal["inside the model"] = Field(
        default="inside the model",
        description="The model holds this layer: give it pixels of 0 to 255, never scaled ones.",
    )


class Preprocessing(Document):
    """How a picture file becomes the model's uint8 input, step by step."""

    orientation: Literal["exif"] = Field(
        default="exif", description="The EXIF orientation is applied."
    )
    color_profile: Literal["ignored"] = Field(
        default="ignored", description="Embedded colour profiles are not applied."
    )
    background: tuple[Byte, Byte, Byte] = Field(
        default=(255, 255, 255),
        description="RGB colour under transparent pixels and around a padded picture.",
    )
    fit: Fit = Field(
        default="stretch",
        description="stretch: both sides independently; crop: centre crop to the target's aspect "
        "ratio; pad: whole picture on the background.",
    )
    resample: Resample = Field(
        default="bilinear",
        description="Antialiased resampling filter, in Pillow's fixed-point arithmetic.",
    )


class Counts(Document):
    """Number of pictures per class, in the order of `classNames`."""

    train: list[Count]
    validation: list[Count]
    test: list[Count]


class Training(Document):
    """Where the weights come from."""

    recipe: Text
    architecture: Text
    data_fingerprint: Sha256 = Field(
        description="SHA-256 over every picture's content hash, class and split, sorted."
    )
    counts: Counts
    seed: int
    epochs: Count = Field(description="Epochs that were run.")
    best_epoch: Count = Field(description="Epoch, counted from 1, whose weights were kept.")
    date: Text = Field(description="UTC day on which the training ended, YYYY-MM-DD.")
    versions: dict[str, Text] = Field(description="Version of each package that took part.")


class LabelMetrics(Document):
    """How good a model of several labels is, on the test pictures."""

    mean_average_precision: Probability | None = Field(
        description="Mean over the labels of the area under precision and recall."
    )
    macro_f1: Probability | None = Field(
        description="Mean over the labels of F1, with the thresholds of the output."
    )
    micro_f1: Probability | None = Field(
        description="F1 of all labels of all pictures together, with the same thresholds."
    )
    exact_match: Probability | None = Field(
        description="Share of pictures for which exactly the true labels hold."
    )


class Metrics(Document):
    """How good the model is, and how that was found."""

    test_accuracy: Probability | None
    test_pictures: Count
    validation_accuracy: Probability | None
    method: Text = Field(description="How the test accuracy was obtained, in one sentence.")
    expected_calibration_error: Probability | None = Field(
        default=None,
        description="Mean distance between probability and accuracy on the test pictures, over 15 "
        "bins (Guo et al. 2017); null where it was not measured.",
    )
    labels: LabelMetrics | None = Field(
        default=None,
        description="Of a model of several labels, whose accuracy is null; null of all others.",
    )


class Calibration(Document):
    """How the probabilities were made to say how often the model is right."""

    temperature: float = Field(
        gt=0,
        description="What the logits were divided by. The weights hold it already: nothing is left "
        "to be done with it.",
    )
    method: Literal["none", "temperature scaling", "Platt scaling"] = Field(
        description="How the temperature was found: fitted on the validation pictures (Guo et al. "
        "2017), or not at all, then it is 1; so it is with Platt scaling, where the logit of each "
        "label got a factor and a summand of its own, in the weights too."
    )
    ece_before: Probability = Field(
        description="Expected calibration error on the validation pictures, as trained."
    )
    ece_after: Probability = Field(
        description="Expected calibration error on the validation pictures, with the temperature."
    )


class Novelty(Document):
    """How far a picture is from those that the model was trained on, by its features.

    The features are the values that the last dense layer takes. `novelty.bin` holds what their
    distance is computed from; docs/novelty.md has the formula.
    """

    layer: str = Field(
        min_length=1,
        description="Dense layer whose input are the features; by its name in "
        "model.json in a bundle, in model.keras in a run.",
    )
    features: Annotated[int, Field(ge=1, le=MAX_FEATURES)] = Field(
        description="Values of one picture."
    )
    axes: Annotated[int, Field(ge=1, le=MAX_AXES)] = Field(
        description="Directions in which distances are measured each for itself."
    )
    centers: Annotated[int, Field(ge=1, le=MAX_CENTERS)] = Field(
        description="Points of which the nearest one counts: the means of the classes."
    )
    pictures: Annotated[int, Field(ge=1)] = Field(
        description="Validation pictures that the quantiles were taken from."
    )
    quantiles: Annotated[list[float], Field(min_length=2, max_length=MAX_QUANTILES)] = Field(
        description="Distances of the validation pictures, ascending: the least, so on in equal "
        "shares, the largest. Where among them a distance lies is its novelty, 0..1."
    )
    threshold: Probability = Field(
        description="Novelty up to which a picture is familiar: the share of validation pictures "
        "that are."
    )

    @model_validator(mode="after")
    def _ascending(self) -> Novelty:
        pairs = zip(self.quantiles, self.quantiles[1:], strict=False)
        if self.quantiles[0] < 0 or any(low > high for low, high in pairs):
            raise ValueError("quantiles are not distances in ascending order")
        return self


class Interface(Document):
    """What the model takes and gives, as `model.json` keeps it for itself.

    It is `userDefinedMetadata.kerasport` there. Unlike metadata.json that file is covered by a
    hash, so that readers notice when the two do not belong together.
    """

    class_names: list[str]
    input_shape: tuple[int, int, int]
    color_mode: ColorMode
    rescaling: Rescaling
    preprocessing: Preprocessing
    output: LabelsOutput | None = Field(
        default=None, description="Of a model of several labels; all others have no such field."
    )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields under their names in JSON."""
        left_out = {"output"} if self.output is None else None
        return self.model_dump(mode="json", by_alias=True, exclude=left_out)


class ClassifierDescription(Document):
    """What is known of a trained classifier, with or without a bundle around it."""

    name: Text = Field(min_length=1)
    class_names: list[str] = Field(
        min_length=2, description="One name per output, in the order of the outputs."
    )
    input_shape: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Literal[1, 3]] = (
        Field(description="Height, width, channels.")
    )
    color_mode: ColorMode
    input_range: tuple[Literal[0], Literal[255]] = Field(
        default=(0, 255), description="Range of the float32 values that the model expects."
    )
    rescaling: Rescaling
    preprocessing: Preprocessing
    output: Output
    training: Training | None = None
    metrics: Metrics | None = None
    calibration: Calibration | None = None
    confidence_threshold: Probability | None = Field(
        default=None,
        description="Probability from which on the best class can be relied upon: at least 95 % of "
        "the validation pictures that reach it are answered rightly; never below 0.5. Below it an "
        "answer is 'not sure'. Null where there is no such probability.",
    )
    novelty: Novelty | None = Field(
        default=None,
        description="How far a picture is from those of the training; null where that was not "
        "measured, and in files of earlier versions.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> ClassifierDescription:
        try:
            check_class_names(self.class_names)
        except DataError as error:
            # Only a ValueError becomes part of pydantic's own list of problems.
            raise ValueError(str(error)) from None
        channels = {"rgb": 3, "grayscale": 1}[self.color_mode]
        if self.input_shape[2] != channels:
            raise ValueError(
                f"colorMode {self.color_mode!r} has {channels} channel(s), "
                f"but inputShape ends in {self.input_shape[2]}"
            )
        if self.labels_output is not None:
            self._check_labels(self.labels_output)
        if self.training is not None:
            self._check_counts(self.training.counts)
        return self

    def _check_counts(self, counts: Counts) -> None:
        for split in ("train", "validation", "test"):
            found, classes = len(getattr(counts, split)), len(self.class_names)
            if found != classes:
                raise ValueError(
                    f"training.counts.{split} has {found} numbers for {classes} class names. "
                    "Expected one for each."
                )

    def _check_labels(self, output: LabelsOutput) -> None:
        if len(output.thresholds) != len(self.class_names):
            raise ValueError(
                f"output.thresholds has {len(output.thresholds)} numbers for "
                f"{len(self.class_names)} class names. Expected one for each."
            )
        if self.confidence_threshold is not None:
            raise ValueError(
                "confidenceThreshold is a number beside labels, which have thresholds of their "
                "own. Expected null."
            )

    @property
    def labels_output(self) -> LabelsOutput | None:
        """The output of a model of several labels; None of one that chooses one class."""
        return self.output if isinstance(self.output, LabelsOutput) else None

    @property
    def interface(self) -> Interface:
        """What the model takes and gives."""
        fields = {field: getattr(self, field) for field in Interface.model_fields}
        return Interface.model_validate({**fields, "output": self.labels_output})

    @property
    def image_spec(self) -> ImageSpec:
        """The preprocessing that turns any picture into this model's input."""
        height, width, _ = self.input_shape
        return ImageSpec(
            height=height,
            width=width,
            color_mode=self.color_mode,
            fit=self.preprocessing.fit,
            resample=self.preprocessing.resample,
            background=self.preprocessing.background,
        )


class FileEntry(Document):
    """One file of the bundle, by its path relative to `metadata.json`."""

    path: str = Field(pattern=PATH_PATTERN)
    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class FormatAgreement(FloatAgreement):
    """How close a runtime's answers from a file of another format are to the bundle's own."""

    runtime: Text = Field(description="What ran the file while exporting: `onnxruntime 1.32.0`.")


class OtherFormat(Document):
    """The same model for another runtime, in a folder of the bundle."""

    format: Text = Field(min_length=1, description="As `kerasport export --also` calls it.")
    files: Annotated[list[FileEntry], Field(min_length=1)] = Field(
        description="Its files, the model first. They are in no script, and a copy of the bundle "
        "may leave them out."
    )
    agreement: FormatAgreement | None = Field(
        description="On the samples and on made-up pictures; null where its runtime was not "
        "installed when it was exported."
    )


class Metadata(ClassifierDescription):
    """`metadata.json`: everything a front end needs besides the model's own files."""

    format_version: Annotated[int, Field(ge=1)] = Field(
        default=1, description="2 of a model of several labels, else 1."
    )
    kerasport_version: Text
    minimum_tfjs_version: Text = MINIMUM_TFJS_VERSION
    quantization: Quantization = Quantization()
    float_rounding: FloatRounding | None = Field(
        default=None,
        description="What float32 adds to the answers; null in bundles of earlier versions.",
    )
    winograd: Winograd | None = Field(
        default=None,
        description="What a reader may compute by Winograd's way; null where nothing is worth it "
        "or rounds too much, and in bundles of earlier versions.",
    )
    layer_names: dict[str, Text] | None = Field(
        default=None,
        description="Names of layers in model.json -> the model's own, of those that had to be "
        "renamed because TensorFlow.js does not take them; null where none had.",
    )
    files: list[FileEntry] = Field(
        description="Every file but metadata.json, model.js (made of the others), parity.json "
        "(written later by verify) and those of other formats."
    )
    other_formats: list[OtherFormat] | None = Field(
        default=None,
        description="The same model for other runtimes; null where none was asked for, and in "
        "bundles of earlier versions.",
    )

    @model_validator(mode="after")
    def _written_for_its_readers(self) -> Metadata:
        if self.labels_output is not None and self.format_version < LABELS_FORMAT_VERSION:
            raise ValueError(
                f"formatVersion is {self.format_version} beside the output kind labels. Expected "
                f"at least {LABELS_FORMAT_VERSION}."
            )
        return self
