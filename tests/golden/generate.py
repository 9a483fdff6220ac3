"""Write the golden files: pictures, and what preprocessing must make of them, byte for byte.

Run by `make golden`. Pillow's own arithmetic is the reference; Python and TypeScript are both
tested against what is written here, and the differences are reviewed like code. So is what
convolutions by Winograd's way round, of which Python is the reference.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from kerasport.bundle import NoveltyScale
from kerasport.bundle.metadata import Novelty
from kerasport.preprocess import ImageSpec, preprocess
from kerasport.runtime.winograd import winograd_convolution

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "pictures"


def base64_of(pixels: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")


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
            "spec": spec.to_dict(),
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

    def encode(pixels: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
        stream = io.BytesIO()
        mode = options.pop("mode", None)
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
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
    key = tuple(int(level) for level in rgb[12, 20])
    frames = [Image.fromarray(scene(30, 41, seed)) for seed in (1, 2, 3)]
    others = {"save_all": True, "append_images": frames[1:], "duration": 90}
    return files | {
        "orientation-6.png": encode(rgb, "PNG", exif=exif(6)),
        "orientation-5.webp": encode(rgb, "WEBP", lossless=True, exif=exif(5)),
        "gray-transparent.png": encode(gray, "PNG", transparency=int(gray[20, 9])),
        "rgb-transparent.png": encode(rgb, "PNG", transparency=key),
        "palette-transparent.png": encode(rgb, "PNG", mode="P", transparency=bytes(range(0, 256))),
        "gamma.png": with_chunk(encode(rgb, "PNG"), b"gAMA", struct.pack(">I", 100_000)),
        "profile.jpg": encode(rgb, "JPEG", quality=90, icc_profile=swapping_profile()),
        "animation.png": encode(frames[0], "PNG", **others, default_image=True),
        "animation.gif": encode(frames[0], "GIF", **others),
        "animation.webp": encode(frames[0], "WEBP", lossless=True, **others),
        "frame-inside.gif": framed_gif(encode(rgb, "GIF", mode="P")),
        "lossy-alpha.webp": encode(rgba, "WEBP", quality=60),
        "cmyk-black.jpg": encode(inks(rgb), "JPEG", quality=90),
        "alpha.bmp": encode(rgba, "BMP"),
        "top-down.bmp": masked_bmp(rgb, 16, (0xF800, 0x7E0, 0x1F, 0), top_down=True),
        "masks-16.bmp": masked_bmp(rgb, 16, (0x7C00, 0x3E0, 0x1F, 0x8000)),
        "masks-32.bmp": masked_bmp(rgb, 32, (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000)),
        **{name: png(*arguments) for name, arguments in raw_pngs(rgb, gray).items()},
    }


def with_chunk(content: bytes, kind: bytes, body: bytes) -> bytes:
    """Return a PNG with one more chunk behind its header."""
    return content[:33] + chunk(kind, body) + content[33:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def inks(rgb: np.ndarray) -> Image.Image:
    """Return a CMYK picture that has black in it."""
    return Image.fromarray(np.dstack([rgb // 2, rgb[:, ::-1, 1] // 3]), "CMYK")


def framed_gif(content: bytes) -> bytes:
    """Return a GIF whose frame lies inside a larger screen."""
    frame = content.index(b",\0\0\0\0")
    screen = struct.pack("<HH", 90, 60)
    return (
        content[:6]
        + screen
        + content[10 : frame + 1]
        + struct.pack("<HH", 11, 7)
        + content[frame + 5 :]
    )


def masked_bmp(
    pixels: np.ndarray, bits: int, masks: tuple[int, ...], *, top_down: bool = False
) -> bytes:
    """Return a BMP of any colour masks; its alpha grows from left to right."""
    height, width, _ = pixels.shape
    alpha = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    values = np.zeros((height, width), np.uint64)
    for level, mask in zip([*np.moveaxis(pixels, -1, 0), alpha], masks, strict=True):
        if mask:
            lowest = mask & -mask
            scaled = np.round(level.astype(float) * (mask // lowest) / 255)
            values |= scaled.astype(np.uint64) * np.uint64(lowest)
    stride = (width * bits + 31) // 32 * 4
    rows = np.zeros((height, stride), np.uint8)
    rows[:, : width * bits // 8] = (
        values.astype(f"<u{bits // 8}").view(np.uint8).reshape(height, -1)
    )
    rows = rows if top_down else rows[::-1]
    sign = -1 if top_down else 1
    header = struct.pack(
        "<IiiHHIIiiII", 108, width, sign * height, 1, bits, 3, rows.size, 0, 0, 0, 0
    )
    header += struct.pack("<4I", *masks) + bytes(108 - 56)
    start = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", start + rows.size, 0, 0, start) + header + rows.tobytes()


def swapping_profile() -> bytes:
    """Return a profile whose red is sRGB's green: whoever applies it cannot be missed."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return (
        profile.replace(b"rXYZ", b"????", 1)
        .replace(b"gXYZ", b"rXYZ", 1)
        .replace(b"????", b"gXYZ", 1)
    )


def raw_pngs(rgb: np.ndarray, gray: np.ndarray) -> dict[str, tuple]:
    """Return the arguments of `png` for what Pillow does not write."""
    generator = np.random.default_rng(9)
    deep_rgb = rgb.astype(np.uint16) * 256 + generator.integers(0, 256, rgb.shape, np.uint16)
    deep_gray = gray.astype(np.uint16) * 256 + generator.integers(0, 256, gray.shape, np.uint16)
    alpha = generator.integers(0, 65536, (*rgb.shape[:2], 1), np.uint16)
    key = struct.pack(">H", int(deep_gray[20, 9]))
    return {
        "gray-16.png": (deep_gray[:, :, None], 16, 0),
        "gray-16-transparent.png": (deep_gray[:, :, None], 16, 0, [(b"tRNS", key)]),
        "gray-alpha-16.png": (np.dstack([deep_rgb[:, :, :1], alpha]), 16, 4),
        "rgb-16.png": (deep_rgb, 16, 2),
        "rgba-16.png": (np.dstack([deep_rgb, alpha]), 16, 6),
        "gray-2.png": (gray[:, :, None] >> 6, 2, 0),
        "gray-4-transparent.png": (gray[:, :, None] >> 4, 4, 0, [(b"tRNS", b"\0\x09")]),
        "interlaced.png": (rgb, 8, 2, [], True),
        "interlaced-4.png": (gray[:, :, None] >> 4, 4, 0, [], True),
    }


def png(
    samples: np.ndarray,
    bits: int,
    color: int,
    extra: list[tuple[bytes, bytes]] | None = None,
    interlaced: bool = False,
) -> bytes:
    """Return a PNG of samples `[height, width, channels]`, every filter among its rows."""
    height, width, channels = samples.shape
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    passes = [*passes, (1, 0, 2, 1)] if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for top, left, down, across in passes:
        part = samples[top::down, left::across]
        previous = bytes((part.shape[1] * channels * bits + 7) // 8)
        for number, row in enumerate(part):
            planes = [((row.ravel() >> bit) & 1) for bit in range(bits - 1, -1, -1)]
            line = np.packbits(np.stack(planes, axis=-1).astype(np.uint8).ravel()).tobytes()
            raw += filtered(line, previous, number % 5, max(1, bits * channels // 8))
            previous = line
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, int(interlaced))
    chunks = [(b"IHDR", header), *(extra or []), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in chunks)


def filtered(line: bytes, above: bytes, kind: int, distance: int) -> bytes:
    """Return a row of PNG with its filter byte."""
    result = bytearray([kind])
    for index, level in enumerate(line):
        left = line[index - distance] if index >= distance else 0
        corner = above[index - distance] if index >= distance else 0
        up = above[index]
        guess = left + up - corner
        near = min((left, up, corner), key=lambda value: abs(guess - value))
        result.append((level - (0, left, up, (left + up) // 2, near)[kind]) % 256)
    return bytes(result)


PICTURE_SPECS = {
    "rgb": ImageSpec(24, 20, fit="crop", background=(255, 255, 255)),
    "original": ImageSpec(48, 70, resample="bicubic", background=(30, 60, 90)),
    "grayscale": ImageSpec(16, 16, color_mode="grayscale", fit="pad"),
}


def picture_cases(files: dict[str, bytes]) -> list[dict[str, object]]:
    return [
        {
            "file": name,
            "spec": spec.to_dict(),
            "expected": base64_of(preprocess(content, spec)),
        }
        for name, content in files.items()
        for spec in PICTURE_SPECS.values()
    ]


def winograd_cases() -> list[dict[str, object]]:
    """Convolutions of one channel: sums over channels have no order of their own to agree on."""
    generator = np.random.default_rng(12)
    cases = []
    for side in (2, 4):
        for padding in ("same", "valid"):
            x = generator.normal(size=(1, 11, 9, 1)).astype(np.float32)
            weights = {
                "kernel": generator.normal(size=(3, 3, 1, 5)).astype(np.float32),
                "bias": generator.normal(size=5).astype(np.float32),
            }
            y = winograd_convolution({"padding": padding}, weights, [x], side)
            cases.append(
                {
                    "shape": x.shape[1:],
                    "padding": padding,
                    "side": side,
                    "outputShape": y.shape[1:],
                    "x": base64_of(x),
                    **{name: base64_of(array) for name, array in weights.items()},
                    "expected": base64_of(y),
                }
            )
    return cases


def novelty_cases() -> list[dict[str, object]]:
    """Scales of several sizes, and pictures near, far, and beyond every number."""
    generator = np.random.default_rng(18)
    cases = []
    for features, axes, centers in ((1, 1, 1), (5, 2, 3), (8, 8, 2), (300, 18, 5)):
        turned = np.linalg.qr(generator.normal(size=(features, features)))[0][:axes]
        vectors = generator.normal(size=(8, features)).astype(np.float32)
        vectors[3] *= 40
        vectors[4] = np.float32(3e38)
        blank = Novelty(
            layer="dense",
            features=features,
            axes=axes,
            centers=centers,
            pictures=9,
            quantiles=[0.0, 1.0],
            threshold=0.75,
        )
        scale = NoveltyScale(
            blank,
            generator.normal(size=features).astype(np.float32),
            turned.astype(np.float32),
            generator.uniform(0.1, 9, axes).astype(np.float32),
            np.float32(0.3),
            generator.normal(size=(centers, axes)).astype(np.float32),
        )
        distances = scale.distances(vectors)
        # Some of them are themselves among the quantiles, one twice.
        quantiles = sorted([*distances[:3], distances[0], distances[5] * 1.25])
        novelty = blank.model_copy(update={"quantiles": quantiles})
        novelties = dataclasses.replace(scale, novelty=novelty).novelties(vectors)
        cases.append(
            {
                "novelty": json.loads(novelty.to_json()),
                "file": base64_of(np.frombuffer(scale.to_bytes(), np.uint8)),
                "vectors": base64_of(vectors),
                "distances": base64_of(distances),
                "novelties": base64_of(novelties),
            }
        )
    return cases


def dump(cases: list[dict[str, object]]) -> str:
    """One case a line: small differences between versions stay readable."""
    lines = ",\n".join(json.dumps(case) for case in cases)
    return '{"cases": [\n' + lines + "\n]}\n"


def golden() -> dict[Path, bytes]:
    """Return path -> content of every golden file that preprocessing or arithmetic decides.

    The pictures themselves are kept once written: another version of Pillow may encode the same
    scene into other bytes, and what has to be equal is the decoding.
    """
    files = {path.name: path.read_bytes() for path in sorted(PICTURES.glob("*"))}
    return {
        FOLDER / "preprocess-vectors.json": dump(vector_cases()).encode(),
        FOLDER / "pictures.json": dump(picture_cases(files)).encode(),
        FOLDER / "winograd.json": dump(winograd_cases()).encode(),
        FOLDER / "novelty.json": dump(novelty_cases()).encode(),
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
