"""What can be chosen about an export, as one value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kerasport.bundle.metadata import Preprocessing, Rescaling
from kerasport.exporter.quantize import Quantize

__all__ = ["ExportOptions"]


@dataclass(frozen=True)
class ExportOptions:
    """The choices of an export; None stands for what the model or the files beside it say.

    Attributes:
        class_names: one name per output, or the path of a file that lists them.
        name: what the model is called on the page.
        preprocessing: how pictures become the input: all of it, or some of its fields by name.
        rescaling: the scaling of a model that brings none.
        architecture: the model of `keras.applications` whose weights alone are in the file.
        quantize: how the weights are stored.
        force: whether a bundle that is already there is replaced.
        without: passes that are left out.
    """

    class_names: Sequence[str] | str | Path | None = None
    name: str | None = None
    preprocessing: Preprocessing | Mapping[str, str] | None = None
    rescaling: Rescaling | None = None
    architecture: str | None = None
    quantize: Quantize = field(default_factory=Quantize)
    force: bool = False
    without: Collection[str] = ()

    def of_the_model(self) -> dict[str, object]:
        """Return by name those that were given and that a run knows from its training."""
        names = ("class_names", "name", "preprocessing", "rescaling", "architecture")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}
