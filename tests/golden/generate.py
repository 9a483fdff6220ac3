"""Write the golden files: pictures, and what preprocessing must make of them, byte for byte.

Run by `make golden`. Pillow's own arithmetic is the reference; Python and TypeScript are both
tested against what is written here, and the differences are reviewed like code.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from kerasport.preprocess import ImageSpec, preprocess

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "pictures"


def base64_of(pixels: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")


def spec_to_json(spec: ImageSpec) -> dict[str, object]:
    return {
        "height": spec.height,
        "width": spec.width,
        "colorMode": spec.color_mode,
        "fit": spec.fit,
        "resample": spec.resample,
        "background": list(spec.background),
    }


def noise(height: int, width: int, *, alpha: bool, seed: int) -> np.ndarray:
    """Random RGBA pixels; asymmetric, so that swapped axes or channels cannot pass."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (height, width, 4), dtype=np.uint8)
    if not alpha:
        pixels[:, :, 3] = 255
    else:
        pixels[generator.random((height, width)) < 0.2, 3] = 0
        pixels[generator.random((height, width)) < 0.2, 3] = 255
    return pixels


def vector_cases() -> list[dict[str, object]]:
    """Every fit and filter on several shapes, then the corner cases one by one."""
    cases: list[tuple[str, np.ndarray, ImageSpec]] = []
    shapes = {
        "reduce": (23, 37, 9, 7),
        "enlarge": (5, 4, 13, 16),
        "mixed": (31, 6, 8, 15),
        "one-pixel": (1, 1, 4, 3),
    }
    for shape, (height, width, new_height, new_width) in shapes.items():
        for fit in ("stretch", "crop", "pad"):
            for resample in ("nearest", "bilinear", "bicubic", "lanczos"):
                spec = ImageSpec(
                    new_height, new_width, fit=fit, resample=resample, background=(12, 200, 99)
                )
                source = noise(height, width, alpha=False, seed=len(cases))
                cases.append((f"{shape}-{fit}-{resample}", source, spec))
    extra = {
        "identity": (8, 9, ImageSpec(8, 9), False),
        "height-only": (20, 9, ImageSpec(7, 9), False),
        "width-only": (8, 30, ImageSpec(8, 11), False),
        "gray-bilinear": (17, 19, ImageSpec(8, 8, color_mode="grayscale"), False),
        "gray-pad": (
            9,
            21,
            ImageSpec(8, 8, color_mode="grayscale", fit="pad", background=(200, 30, 90)),
            False,
        ),
        "gray-crop-lanczos": (
            14,
            33,
            ImageSpec(10, 6, color_mode="grayscale", fit="crop", resample="lanczos"),
            True,
        ),
        "alpha-white": (12, 13, ImageSpec(12, 13), True),
        "alpha-colour": (12, 13, ImageSpec(5, 6, background=(7, 130, 255)), True),
        "alpha-black-gray": (
            12,
            13,
            ImageSpec(6, 6, color_mode="grayscale", background=(0, 0, 0)),
            True,
        ),
        "thin": (1, 200, ImageSpec(6, 6, fit="pad"), False),
        "tall-crop": (200, 2, ImageSpec(6, 6, fit="crop", resample="bicubic"), False),
    }
    for index, (name, (height, width, spec, alpha)) in enumerate(extra.items()):
        cases.append((name, noise(height, width, alpha=alpha, seed=1000 + index), spec))
    return [
        {
            "name": name,
            "spec": spec_to_json(spec),
            "width": source.shape[1],
            "height": source.shape[0],
            "rgba": base64_of(source),
            "expected": base64_of(preprocess(source, spec)),
        }
        for name, source, spec in cases
    ]


def scene(height: int, width: int, seed: int = 5) -> np.ndarray:
    """A smooth, colourful, asymmetric picture with an edge: kind to lossy formats."""
    y, x = np.mgrid[0:height, 0:width]
    red = 255 * x / width
    green = 127 + 127 * np.sin(y / 7 + x / 13)
    blue = 255 * y / height
    pixels = np.stack([red, green, blue], axis=-1)
    pixels[height // 4 : height // 2, width // 8 : width // 3] = [250, 20, 60]
    pixels += np.random.default_rng(seed).normal(0, 4, pixels.shape)
    return pixels.clip(0, 255).astype(np.uint8)


def picture_files() -> dict[str, bytes]:
    """Small files of the usual kinds, with orientation, palette, alpha and gray among them."""

    def encode(pixels: np.ndarray, kind: str, **options: object) -> bytes:
        stream = io.BytesIO()
        mode = options.pop("mode", None)
        image = Image.fromarray(pixels)
        if mode:
            image = image.convert(str(mode))
        image.save(stream, kind, **options)
        return stream.getvalue()

    def exif(orientation: int) -> bytes:
        tags = Image.Exif()
        tags[0x0112] = orientation
        return tags.tobytes()

    rgb = scene(48, 70)
    gray = scene(40, 33)[:, :, 1]
    rgba = np.dstack([scene(30, 41), (scene(30, 41)[:, :, 0] // 3 * 2)])
    files = {
        "photo-420.jpg": encode(rgb, "JPEG", quality=88, subsampling=2),
        "photo-422.jpg": encode(rgb, "JPEG", quality=75, subsampling=1),
        "photo-444-progressive.jpg": encode(
            rgb, "JPEG", quality=90, subsampling=0, progressive=True
        ),
        "gray.jpg": encode(gray, "JPEG", quality=85),
        "cmyk.jpg": encode(rgb, "JPEG", quality=90, mode="CMYK"),
        "rgb.png": encode(rgb, "PNG"),
        "gray.png": encode(gray, "PNG"),
        "alpha.png": encode(rgba, "PNG"),
        "gray-alpha.png": encode(rgba, "PNG", mode="LA"),
        "palette.png": encode(rgb, "PNG", mode="P"),
        "bilevel.png": encode(gray, "PNG", mode="1"),
        "picture.gif": encode(rgb, "GIF", mode="P"),
        "picture.bmp": encode(rgb, "BMP"),
        "lossy.webp": encode(rgb, "WEBP", quality=80),
        "lossless-alpha.webp": encode(rgba, "WEBP", lossless=True, exact=True),
    }
    for orientation in range(2, 9):
        files[f"orientation-{orientation}.jpg"] = encode(
            rgb, "JPEG", quality=90, exif=exif(orientation)
        )
    return files


PICTURE_SPECS = {
    "rgb": ImageSpec(24, 20, fit="crop", background=(255, 255, 255)),
    "original": ImageSpec(48, 70, resample="bicubic", background=(30, 60, 90)),
    "grayscale": ImageSpec(16, 16, color_mode="grayscale", fit="pad"),
}


def picture_cases(files: dict[str, bytes]) -> list[dict[str, object]]:
    return [
        {
            "file": name,
            "spec": spec_to_json(spec),
            "expected": base64_of(preprocess(content, spec)),
        }
        for name, content in files.items()
        for spec in PICTURE_SPECS.values()
    ]


def dump(cases: list[dict[str, object]]) -> str:
    """One case a line: small differences between versions stay readable."""
    lines = ",\n".join(json.dumps(case) for case in cases)
    return '{"cases": [\n' + lines + "\n]}\n"


def golden() -> dict[Path, bytes]:
    """Return path -> content of every golden file that preprocessing decides.

    The pictures themselves are kept once written: another version of Pillow may encode the same
    scene into other bytes, and what has to be equal is the decoding.
    """
    files = {path.name: path.read_bytes() for path in sorted(PICTURES.glob("*"))}
    return {
        FOLDER / "preprocess-vectors.json": dump(vector_cases()).encode(),
        FOLDER / "pictures.json": dump(picture_cases(files)).encode(),
    }


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for name, content in picture_files().items():
        if not (PICTURES / name).exists():
            (PICTURES / name).write_bytes(content)
    for path, content in golden().items():
        path.write_bytes(content)


if __name__ == "__main__":
    main()
