"""What a reader of a format hands on."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PictureFile", "Screen"]


@dataclass(frozen=True)
class Screen:
    """The screen of an animation, and where the picture's left top corner lies on it."""

    width: int
    height: int
    left: int
    top: int


@dataclass(frozen=True)
class PictureFile:
    """A picture file reduced to what decides its pixels, checked but not decoded.

    `width` and `height` are as stored, before `orientation` (EXIF's 1 to 8) is applied.
    `content` is what a decoder gets. `transparent_level` is PNG's colour that stands for
    transparent, in the file's own bit depth: one value for gray, three for RGB. `screen` is set
    where the picture is only a part of something transparent. Where `is_opaque`, the file says that
    nothing of it is transparent, and pixels that are contradict it. `mode` is Pillow's name of what
    is stored.
    """

    format: str
    width: int
    height: int
    content: bytes
    orientation: int = 1
    transparent_level: tuple[int, ...] | None = None
    bits: int = 8
    screen: Screen | None = None
    is_opaque: bool = False
    mode: str = "RGB"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of all that is shown, before `orientation` is applied."""
        return (self.screen.width, self.screen.height) if self.screen else (self.width, self.height)
