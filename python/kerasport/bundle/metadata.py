"""What a bundle says about itself: the one source of `metadata.json` and its neighbours.

The JSON Schemas in `kerasport/bundle/schemas/` and the TypeScript types in
`web/src/client/bundle/metadata.generated.ts` are generated from these models (`make schema`), and a
test fails when they are stale. JSON uses camelCase; Python uses the same words in snake_case.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from kerasport.errors import BundleError, DataError
from kerasport.files import to_json
from kerasport.labels import check_class_names
from kerasport.preprocess import ColorMode, Fit, ImageSpec, Resample

__all__ = [
    "FORMAT_VERSION",
    "MINIMUM_TFJS_VERSION",
    "Calibration",
    "ClassifierDescription",
    "FileEntry",
    "FloatAgreement",
    "Metadata",
    "Metrics",
    "MissingWitness",
    "Output",
    "Parity",
    "ParityFinding",
    "Preprocessing",
    "Quantization",
    "QuantizationSearch",
    "QuantizationTrial",
    "Rescaling",
    "Sample",
    "Samples",
    "Training",
    "Witness",
    "parse_document",
    "read_document",
]

FORMAT_VERSION = 1
"""Version of the bundle format; raised only when an older reader could not cope."""

MINIMUM_TFJS_VERSION = "3.21.0"
"""Oldest TensorFlow.js that knows every layer that is written: the first with Rescaling."""

Byte = Annotated[int, Field(ge=0, le=255)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Document(BaseModel):
    # Unknown fields are ignored, so that a field added later does not need a new format version.
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    def to_json(self) -> str:
        """Return the document as camelCase JSON with sorted keys: equal content, equal bytes."""
        return to_json(self.model_dump(mode="json", by_alias=True))


class Rescaling(_Document):
    """The scaling that the model applies to its own input: `x * scale + offset`."""

    scale: float | list[float] = Field(description="Factor, for all channels or one per channel.")
    offset: float | list[float] = Field(description="Summand, for all channels or one per channel.")
    place: Literal["inside the model"] = Field(
        default="inside the model",
        description="The model holds this layer: give it pixels of 0 to 255, never scaled ones.",
    )


class Preprocessing(_Document):
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


class Output(_Document):
    """What the model returns."""

    kind: Literal["probabilities"] = "probabilities"
    activation: Literal["softmax", "sigmoid"] = Field(description="Last activation in the model.")


class FloatAgreement(_Document):
    """How close the stored weights answer to the float32 weights they were made from."""

    pictures: Annotated[int, Field(ge=1)]
    top1_agreement: Probability = Field(description="Share of pictures with the same best class.")
    max_absolute_difference: Probability = Field(description="Largest difference of a probability.")


class QuantizationTrial(FloatAgreement):
    """One way of storing the weights, measured."""

    weights: Literal["float32", "float16", "uint16", "uint8"]
    noise_limit: float | None = Field(
        description="Kernels with more rounding noise in uint8 were given uint16."
    )
    bytes: Annotated[int, Field(ge=0)] = Field(description="Of model.json and the weight files.")
    gzip_bytes: Annotated[int, Field(ge=0)] = Field(description="The same, each file gzipped.")
    accuracy: Probability
    chosen: bool = Field(description="Whether the bundle holds this one.")


class QuantizationSearch(_Document):
    """How the type of the weights was chosen by measuring."""

    pictures: str = Field(description="Which labelled pictures were measured on.")
    max_accuracy_drop: float = Field(
        ge=0, description="Accuracy, in percentage points, that could be lost."
    )
    trials: list[QuantizationTrial]


class Quantization(_Document):
    """How the weights are stored on disk. They are float32 once loaded."""

    weights: Literal["float32", "float16", "uint16", "uint8"] = Field(
        default="float32",
        description="Type asked for. The manifest in model.json has the type of each weight: "
        "small and sensitive ones have more bits.",
    )
    agreement: FloatAgreement | None = Field(
        default=None,
        description="Against the float32 weights, on the samples; null where they are stored.",
    )
    search: QuantizationSearch | None = None


class Counts(_Document):
    """Number of pictures per class, in the order of `classNames`."""

    train: list[int]
    validation: list[int]
    test: list[int]


class Training(_Document):
    """Where the weights come from."""

    recipe: str
    architecture: str
    data_fingerprint: Sha256 = Field(
        description="SHA-256 over every picture's content hash, class and split, sorted."
    )
    counts: Counts
    seed: int
    epochs: int = Field(description="Epochs that were run.")
    best_epoch: int = Field(description="Epoch, counted from 1, whose weights were kept.")
    date: str = Field(description="UTC day on which the training ended, YYYY-MM-DD.")
    versions: dict[str, str] = Field(description="Version of each package that took part.")


class Metrics(_Document):
    """How good the model is, and how that was found."""

    test_accuracy: Probability | None
    test_pictures: int
    validation_accuracy: Probability | None
    method: str = Field(description="How the test accuracy was obtained, in one sentence.")
    expected_calibration_error: Probability | None = Field(
        default=None,
        description="Mean distance between probability and accuracy on the test pictures, over 15 "
        "bins (Guo et al. 2017); null where it was not measured.",
    )


class Calibration(_Document):
    """How the probabilities were made to say how often the model is right."""

    temperature: float = Field(
        gt=0,
        description="What the logits were divided by. The weights hold it already: nothing is left "
        "to be done with it.",
    )
    method: Literal["none", "temperature scaling"] = Field(
        description="How the temperature was found: fitted on the validation pictures (Guo et al. "
        "2017), or not at all, then it is 1."
    )
    ece_before: Probability = Field(
        description="Expected calibration error on the validation pictures, as trained."
    )
    ece_after: Probability = Field(
        description="Expected calibration error on the validation pictures, with the temperature."
    )


class Interface(_Document):
    """What the model takes and gives, as `model.json` keeps it for itself.

    It is `userDefinedMetadata.kerasport` there. Unlike metadata.json that file is covered by a
    hash, so that readers notice when the two do not belong together.
    """

    class_names: list[str]
    input_shape: tuple[int, int, int]
    color_mode: ColorMode
    rescaling: Rescaling
    preprocessing: Preprocessing

    def to_dict(self) -> dict[str, Any]:
        """Return the fields under their names in JSON."""
        return self.model_dump(mode="json", by_alias=True)


class ClassifierDescription(_Document):
    """What is known of a trained classifier, with or without a bundle around it."""

    name: str = Field(min_length=1)
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
        return self

    @property
    def interface(self) -> Interface:
        """What the model takes and gives."""
        return Interface.model_validate(
            {field: getattr(self, field) for field in Interface.model_fields}
        )

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


class FileEntry(_Document):
    """One file of the bundle, by its path relative to `metadata.json`."""

    path: str = Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$")
    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class Metadata(ClassifierDescription):
    """`metadata.json`: everything a front end needs besides the model's own files."""

    format_version: Annotated[int, Field(ge=1)] = FORMAT_VERSION
    kerasport_version: str
    minimum_tfjs_version: str = MINIMUM_TFJS_VERSION
    quantization: Quantization = Quantization()
    files: list[FileEntry] = Field(
        description="Every file but metadata.json, model.js (made of the others) and parity.json "
        "(written later by verify)."
    )


class Sample(_Document):
    """A picture in the bundle with what Keras answered for it."""

    file: str = Field(description="Path relative to metadata.json.")
    label: str | None = Field(description="True class, where known.")
    probabilities: list[Probability] = Field(
        description="Keras' float32 answer, in the order of classNames. Where the weights are "
        "quantised, the answer of the weights as they are stored."
    )
    float_probabilities: list[Probability] | None = Field(
        default=None,
        description="Keras' answer before the weights were quantised; null where they are not.",
    )
    pixels_sha256: Sha256 = Field(
        description="SHA-256 of the uint8 pixels after preprocessing, row by row, channels last."
    )


class Samples(_Document):
    """`samples/samples.json`: pictures by which any consumer can check itself."""

    samples: list[Sample]


class Witness(_Document):
    """What one engine on one backend answered, compared with Keras."""

    name: str = Field(description="Engine and backend, like chromium/wasm; or another reader.")
    engine: str
    engine_version: str
    backend: str
    tfjs_version: str
    pictures: int
    differing_pixels: int = Field(description="Input values that differ after preprocessing.")
    max_absolute_difference: float = Field(description="Largest difference of a probability.")
    tolerance: float = Field(description="Largest difference that is allowed.")
    top1_agreement: Probability = Field(
        description="Share of pictures with the same best class; ties within tolerance agree."
    )
    worst_picture: str | None = Field(description="Picture with the largest difference.")
    passed: bool
    differing_pictures: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Pictures with such input values, or refused by the engine."
    )
    float_agreement: FloatAgreement | None = Field(
        default=None,
        description="Against the float32 weights, where those in the bundle are quantised.",
    )
    seconds: float | None = Field(
        default=None, description="Time that the engine took for all pictures."
    )


class MissingWitness(_Document):
    """An engine that could not be asked, or was left out. It proves nothing."""

    name: str
    reason: str = Field(description="Why, and what brings it.")
    left_out: bool = Field(
        default=False,
        description="Whether it was not asked because nobody named it; else it is not there.",
    )


class ParityFinding(_Document):
    """Where two sides part."""

    where: Literal[
        "settings", "classes", "decode", "orientation", "resize", "weights", "layer", "engine"
    ]
    witness: str | None = Field(description="Engine that showed it; null where the files do.")
    picture: str | None
    detail: str = Field(description="What was expected and what was found.")


class Parity(_Document):
    """`parity.json`: what `kerasport verify` measured on this bundle."""

    reference: str = Field(description="Where the expected probabilities come from.")
    model_sha256: Sha256 = Field(description="SHA-256 of the model.json that was measured.")
    pictures: str = Field(description="Which pictures were compared.")
    skipped: list[str] = Field(description="Files that are not readable pictures, with reasons.")
    witnesses: list[Witness]
    missing: list[MissingWitness] = Field(
        default=[], description="Witnesses that are not there, or were left out."
    )
    findings: list[ParityFinding] = Field(
        default=[], description="What was found to differ, and where."
    )
    passed: bool


DocumentType = TypeVar("DocumentType", bound=_Document)


def parse_document(kind: type[DocumentType], text: str, source: str) -> DocumentType:
    """Return the document in `text`.

    Raises:
        BundleError: the text is not JSON, misses a field, or has a newer `formatVersion`.
    """
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise BundleError(
            f"'{source}' is not JSON (line {error.lineno}: {error.msg}). Export the bundle again."
        ) from None
    version = value.get("formatVersion") if isinstance(value, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise BundleError(
            f"'{source}' has bundle format {version}; this kerasport reads formats up to "
            f"{FORMAT_VERSION}. Upgrade it with: pip install --upgrade kerasport"
        )
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'document'}: {problem['msg']}"
            for problem in error.errors()[:5]
        )
        raise BundleError(
            f"'{source}' is not a valid {kind.__name__} document: {problems}. "
            "Export the bundle again."
        ) from None


def read_document(kind: type[DocumentType], path: Path) -> DocumentType:
    """Return the document in the file `path`; see `parse_document`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BundleError(
            f"There is no '{path.name}' in '{path.parent}'. Expected a folder written by kerasport."
        ) from None
    except UnicodeDecodeError as error:
        raise BundleError(f"'{path}' is not UTF-8 text ({error}). Export it again.") from None
    return parse_document(kind, text, str(path))
