"""Compare what a bundle says about itself with its run, with its samples and with `model.js`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from kerasport.bundle import Bundle
from kerasport.bundle.metadata import ClassifierDescription
from kerasport.bundle.parity import ParityFinding
from kerasport.bundle.samples import Sample
from kerasport.literals import Fit, Resample
from kerasport.preprocess import ImageSpec, preprocess
from kerasport.runs.run import Run

__all__ = ["compare_metadata", "compare_with_script"]


def compare_metadata(bundle: Bundle, run: Run | None) -> list[ParityFinding]:
    """Return where the bundle's metadata departs from its run, or from its own samples."""
    found = list(_compare_scaling(bundle))
    if run is None:
        return [*found, *_compare_samples(bundle)]
    return [
        *found,
        *_compare_classes(run.description, bundle.metadata),
        *_compare_steps(run.description, bundle.metadata),
        *_compare_labels(run.description, bundle.metadata),
    ]


def compare_with_script(
    witness: str, bundle: Bundle, embedded: Mapping[str, Any]
) -> list[ParityFinding]:
    """Return what `model.js`, which pages load, says otherwise than `metadata.json`."""
    written = bundle.metadata.model_dump(mode="json", by_alias=True)
    other = [
        key
        for key in ("classNames", "inputShape", "preprocessing", "output", "files")
        if embedded.get(key) != written[key]
    ]
    if not other:
        return []
    detail = (
        f"model.js has other {', '.join(other)} than metadata.json: it is from another export. "
        "Export the bundle again."
    )
    return [ParityFinding(where="settings", witness=witness, picture=None, detail=detail)]


def _compare_labels(
    run: ClassifierDescription, bundle: ClassifierDescription
) -> Iterator[ParityFinding]:
    if run.labels_output == bundle.labels_output:
        return
    said = [
        "no labels" if each is None else f"labels from {', '.join(map(str, each.thresholds))} on"
        for each in (run.labels_output, bundle.labels_output)
    ]
    yield ParityFinding(
        where="settings",
        witness=None,
        picture=None,
        detail=f"the run tells {said[0]}, the bundle {said[1]}",
    )


def _compare_scaling(bundle: Bundle) -> Iterator[ParityFinding]:
    said = bundle.metadata.rescaling
    for place, scale, offset in _scalings_inside(bundle):
        if (scale, offset) != (said.scale, said.offset):
            yield ParityFinding(
                where="settings",
                witness=None,
                picture=None,
                detail=f"metadata.json says that the model scales by {said.scale} and adds "
                f"{said.offset}; {place} in model.json scales by {scale} and adds {offset}",
            )
            return


def _scalings_inside(bundle: Bundle) -> Iterator[tuple[str, Any, Any]]:
    """Yield what model.json says of the scaling: its record, and the layer where it is alone.

    One behind other layers may have been multiplied into the ones that follow.
    """
    layers = bundle.layers()
    inputs = {layer.name for layer in layers if layer.class_name == "InputLayer"}
    scalings = [layer for layer in layers if layer.class_name == "Rescaling"]
    if len(scalings) == 1 and set(scalings[0].inputs) <= inputs:
        yield "the layer", scalings[0].config["scale"], scalings[0].config["offset"]
    own = bundle.model().get("userDefinedMetadata", {}).get("kerasport", {}).get("rescaling")
    if own is not None:
        yield "its record", own["scale"], own["offset"]


def _compare_classes(
    run: ClassifierDescription, bundle: ClassifierDescription
) -> Iterator[ParityFinding]:
    if run.class_names == bundle.class_names:
        return
    pairs = zip(run.class_names, bundle.class_names, strict=True)
    output, (expected, found) = next(
        (number, pair) for number, pair in enumerate(pairs) if pair[0] != pair[1]
    )
    what = "in another order" if sorted(run.class_names) == sorted(bundle.class_names) else "others"
    yield ParityFinding(
        where="classes",
        witness=None,
        picture=None,
        detail=f"the bundle's class names are {what}: output {output} is {expected!r} in the run "
        f"and {found!r} in the bundle",
    )


def _compare_steps(
    run: ClassifierDescription, bundle: ClassifierDescription
) -> Iterator[ParityFinding]:
    ours = run.preprocessing.model_dump()
    theirs = bundle.preprocessing.model_dump()
    for step, expected in ours.items():
        if theirs[step] != expected:
            yield ParityFinding(
                where="orientation" if step == "orientation" else "resize",
                witness=None,
                picture=None,
                detail=f"the bundle's preprocessing has {step} {theirs[step]!r}, the run "
                f"{expected!r}",
            )


def _compare_samples(bundle: Bundle) -> Iterator[ParityFinding]:
    spec = bundle.metadata.image_spec
    changed = [sample for sample in bundle.samples() if _hash(bundle, sample, spec) is None]
    if not changed:
        return
    yield ParityFinding(
        where="resize",
        witness=None,
        picture=changed[0].file,
        detail=f"{len(changed)} samples do not give the pixels that Keras saw at export: "
        + _explain(bundle, changed, spec),
    )


def _explain(bundle: Bundle, changed: list[Sample], spec: ImageSpec) -> str:
    for fit in get_args(Fit):
        for resample in get_args(Resample):
            other = replace(spec, fit=fit, resample=resample)
            if all(_hash(bundle, sample, other) for sample in changed):
                return (
                    f"they were fitted by {fit} and resampled by {resample}; the bundle says "
                    f"{spec.fit} and {spec.resample}"
                )
    return "its preprocessing or its samples were changed after the export"


def _hash(bundle: Bundle, sample: Sample, spec: ImageSpec) -> str | None:
    """Return the hash of a sample's pixels where it is the recorded one."""
    pixels = preprocess(Path(bundle.path, sample.file), spec)
    found = hashlib.sha256(pixels.tobytes()).hexdigest()
    return found if found == sample.pixels_sha256 else None
