"""Small pictures of every format, and of kinds within it, that mutations start from."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, features

__all__ = ["originals"]

PICTURES = Path(__file__).parents[1] / "golden" / "pictures"


def originals() -> dict[str, bytes]:
    """Return name -> content: the golden pictures, and kinds that are rare among them."""
    golden = {path.name: path.read_bytes() for path in sorted(PICTURES.iterdir())}
    return golden | _more()


def _scene(height: int, width: int, seed: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 120 * np.sin(x / (3 + part) + y / (7 - part) + seed) for part in range(4)]
    noise = np.random.default_rng(seed).normal(0, 9, (height, width, 4))
    return (np.stack(waves, axis=-1) + noise).clip(0, 255).astype(np.uint8)


def _encode(pixels: np.ndarray, kind: str, mode: str | None = None, **options: object) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(stream, kind, **options)
    return stream.getvalue()


def _more() -> dict[str, bytes]:
    rgba, small = _scene(37, 50, 1), _scene(9, 13, 2)
    rgb = np.ascontiguousarray(rgba[:, :, :3])
    frames = [Image.fromarray(_scene(21, 30, seed)[:, :, :3]) for seed in (3, 4)]
    animated = {"save_all": True, "append_images": frames[1:], "duration": 50}
    first = np.asarray(frames[0])
    files = {
        "progressive-420.jpg": _encode(rgb, "JPEG", quality=85, progressive=True),
        "progressive-gray.jpg": _encode(rgb[:, :, 0], "JPEG", quality=60, progressive=True),
        "restarts.jpg": _encode(rgb, "JPEG", quality=70, restart_marker_blocks=2),
        "restarts-rows.jpg": _encode(rgb, "JPEG", progressive=True, restart_marker_rows=1),
        "inks-progressive.jpg": _encode(rgb, "JPEG", "CMYK", progressive=True),
        "optimized.jpg": _encode(small[:, :, :3], "JPEG", quality=95, subsampling=0, optimize=True),
        "interlaced.gif": _encode(rgb, "GIF", "P", interlace=1),
        "clear.gif": _encode(rgba, "GIF", "RGBA"),
        "few-colors.gif": _encode(rgb // 128 * 255, "GIF", "P", interlace=0),
        "bilevel.gif": _encode(rgb[:, :, 0], "GIF", "1"),
        "lossless.webp": _encode(rgb, "WEBP", lossless=True),
        "lossless-palette.webp": _encode(rgb // 86 * 86, "WEBP", lossless=True),
        "lossy-plain-alpha.webp": _encode(rgba, "WEBP", quality=40, alpha_quality=30),
        "lossy-animation.webp": _encode(first, "WEBP", **animated),
        "lossy-tiny.webp": _encode(small[:, :, :3], "WEBP", quality=20, method=6),
        "palette.bmp": _encode(rgb, "BMP", "P"),
        "bilevel.bmp": _encode(rgb[:, :, 0], "BMP", "1"),
    }
    if features.check("avif"):
        files |= {
            "photo.avif": _encode(rgb, "AVIF", quality=50),
            "lossless.avif": _encode(rgb, "AVIF", quality=100, subsampling="4:4:4"),
            "alpha.avif": _encode(rgba, "AVIF", quality=60),
            "gray.avif": _encode(rgb[:, :, 0], "AVIF", quality=60),
        }
    return files
