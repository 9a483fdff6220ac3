"""What the model's input looks like, and how pictures are brought into that shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from kerasport.errors import DataError
from kerasport.literals import ColorMode, Fit, Resample

__all__ = ["ImageSpec"]


@dataclass(frozen=True)
class ImageSpec:
    """What the model's input looks like and how a picture is brought into that shape.

    `height` and `width` are in pixels, `background` is RGB in 0..255.
    """

    height: int
    width: int
    color_mode: ColorMode = "rgb"
    fit: Fit = "stretch"
    resample: Resample = "bilinear"
    background: tuple[int, int, int] = (255, 255, 255)

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise DataError(
                f"The image size {self.height}x{self.width} is not usable. "
                "Expected height and width of at least 1 pixel."
            )
        for name, value, allowed in (
            ("color_mode", self.color_mode, get_args(ColorMode)),
            ("fit", self.fit, get_args(Fit)),
            ("resample", self.resample, get_args(Resample)),
        ):
            if value not in allowed:
                raise DataError(f"Unknown {name} {value!r}. Expected one of: {', '.join(allowed)}.")
        if len(self.background) != 3 or not all(0 <= level <= 255 for level in self.background):
            raise DataError(
                f"The background {self.background!r} is not a colour. "
                "Expected three whole numbers of 0 to 255 (red, green, blue)."
            )

    @property
    def channels(self) -> int:
        """Number of channels of the model's input: 3 for `rgb`, 1 for `grayscale`."""
        return 3 if self.color_mode == "rgb" else 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels

    def to_dict(self) -> dict[str, object]:
        """Return the fields as the client library's `ImageSpec` names them."""
        return {
            "height": self.height,
            "width": self.width,
            "colorMode": self.color_mode,
            "fit": self.fit,
            "resample": self.resample,
            "background": list(self.background),
        }
