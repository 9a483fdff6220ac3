"""What of a picture file decides its pixels, format by format, and what decoders are not asked."""

from __future__ import annotations

import io
import random
import struct
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.broken_pictures import PICTURES, many_scans, riff

from kerasport.dataset.dataset import Header, Skipped
from kerasport.dataset.identity import identify
from kerasport.errors import DataError
from kerasport.pictures import Problem, decode_gif, read_picture_file
from kerasport.pictures.gif_codes import decode_codes
from kerasport.preprocess import decode, preprocess, read_pixels, turns
from kerasport.preprocess.spec import ImageSpec


def golden(name: str) -> bytes:
    return (PICTURES / name).read_bytes()


def with_segment(jpeg: bytes, marker: int, body: bytes, *, without: int) -> bytes:
    """Return a JPEG with a segment in front, and without those of another marker."""
    head = bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body
    start = jpeg.index(bytes([0xFF, without]))
    end = start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big")
    return jpeg[:2] + head + jpeg[2:start] + jpeg[end:]


@pytest.mark.parametrize(
    ("marker", "body"), [(0xE0, b"JFIF\0"), (0xE0, b"JFXX\0\x10"), (0xEE, b"Adobe")]
)
def test_segments_of_jpeg_that_are_too_short_do_nothing(marker: int, body: bytes) -> None:
    """A JPEG with a stump of a segment has the pixels that it has without."""
    jpeg = golden("photo-420.jpg")

    pixels = read_pixels(with_segment(jpeg, marker, body, without=0xE0))

    assert np.array_equal(pixels, read_pixels(jpeg))


def test_what_a_baseline_scan_says_of_coefficients_is_not_believed() -> None:
    """Some cameras leave the last three bytes of the scan's header wrong."""
    jpeg = golden("photo-420.jpg")
    scan = jpeg.index(b"\xff\xda")
    end = scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4], "big")

    wrong = jpeg[: end - 3] + b"\1\0\x13" + jpeg[end:]

    assert read_picture_file(wrong).content == read_picture_file(jpeg).content


def test_restart_markers_are_counted() -> None:
    """All of them, in their order, make a picture; one more at its end does no harm."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (33, 150, 3), np.uint8)
    Image.fromarray(pixels).save(stream, "JPEG", restart_marker_blocks=2)
    jpeg = stream.getvalue()
    count = sum(jpeg.count(bytes([0xFF, marker])) for marker in range(0xD0, 0xD8))
    one_more = jpeg[:-2] + bytes([0xFF, 0xD0 + count % 8]) + jpeg[-2:]

    read = [read_pixels(each) for each in (jpeg, one_more)]

    assert count > 8
    assert np.array_equal(*read)
    for damaged in (jpeg.replace(b"\xff\xd2", b"", 1), jpeg.replace(b"\xff\xd2", b"\xff\xd3", 1)):
        with pytest.raises(DataError, match="restart markers are wrong"):
            read_pixels(damaged)


def test_as_many_scans_as_are_allowed_are_read() -> None:
    """99 scans that bring every bit of every coefficient are a picture."""
    assert read_pixels(many_scans(99)).shape == (8, 8, 3)


def plain_codes(data: bytes, code_size: int, pixels: int) -> bytes | None:
    """Decode LZW the way it is told in books: code by code, None where that ends early."""
    clear = 1 << code_size
    colors = [bytes([color]) for color in range(clear)] + [b"", b""]
    table, size, previous = list(colors), code_size + 1, b""
    written = bytearray()
    bits = held = 0
    for byte in data:
        bits |= byte << held
        held += 8
        while held >= size and len(written) < pixels:
            code = bits & ((1 << size) - 1)
            bits >>= size
            held -= size
            if code == clear:
                table, size, previous = list(colors), code_size + 1, b""
                continue
            if code == clear + 1 or code > len(table) or (code == len(table) and not previous):
                return None
            if code == len(table) == 4096:
                return None
            entry = table[code] if code < len(table) else previous + previous[:1]
            if previous and len(table) < 4096:
                table.append(previous + entry[:1])
                if len(table) == 1 << size and size < 12:
                    size += 1
            written += entry
            previous = entry
    return bytes(written[:pixels]) if len(written) >= pixels else None


@pytest.mark.parametrize("seed", range(40))
def test_codes_of_gif_are_decoded_as_code_by_code(seed: int) -> None:
    """Random data, and a picture's data with a bit changed, give the same or nothing."""
    chance = random.Random(seed)
    for _ in range(10):
        code_size = chance.randint(2, 8)
        data = chance.randbytes(chance.randint(1, 80))
        pixels = chance.randint(1, 90)
        if chance.random() < 0.6:
            colors = chance.choice([2, 5, 200])
            side = chance.randint(1, 70)
            picture = bytes(chance.randrange(colors) for _ in range(side * side))
            stream = io.BytesIO()
            Image.frombytes("L", (side, side), picture).save(stream, "GIF")
            data, code_size, pixels = frame_codes(stream.getvalue()), 8, side * side
            if chance.random() < 0.5:
                changed = bytearray(data)
                changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                data = bytes(changed)

        expected = plain_codes(data, code_size, pixels)

        if expected is None:
            with pytest.raises(Problem, match="compressed data is wrong"):
                decode_codes(data, code_size, pixels)
        else:
            assert decode_codes(data, code_size, pixels).tobytes() == expected


def frame_codes(gif: bytes) -> bytes:
    """Return the joined sub-blocks of a GIF of one frame with a palette of 256 for all."""
    position = gif.index(b",\0\0\0\0") + 11
    assert gif[position - 1] == 8
    codes = b""
    while gif[position]:
        codes += gif[position + 1 : position + 1 + gif[position]]
        position += 1 + gif[position]
    return codes


@pytest.mark.parametrize(("length", "is_clear"), [(3, False), (4, True), (5, True)])
def test_a_control_block_of_gif_counts_if_it_is_long_enough(length: int, is_clear: bool) -> None:
    """Its transparent index is read from the first four bytes, and not from fewer."""
    gif = golden("picture.gif")
    start = gif.index(b",\0\0\0\0")
    index = int(np.asarray(Image.open(io.BytesIO(gif)))[0, 0])
    body = bytes([1, 0, 0, index, 0])[:length]
    control = b"\x21\xf9" + bytes([length]) + body + b"\0"

    pixels = decode_gif(gif[:start] + control + gif[start:])

    assert (pixels.shape[2] == 4) is is_clear


def test_indices_beyond_the_palette_of_gif_are_black() -> None:
    """A palette that lost its second half leaves the rest of the picture as it was."""
    gif = golden("picture.gif")
    whole = decode_gif(gif)
    assert gif[10] & 0x87 == 0x87

    short = decode_gif(gif[:10] + bytes([gif[10] & ~1]) + gif[11 : 13 + 384] + gif[13 + 768 :])

    indices = np.asarray(Image.open(io.BytesIO(gif)))
    assert (short[indices >= 128] == 0).all()
    assert np.array_equal(short[indices < 128], whole[indices < 128])


def test_a_frame_of_webp_lies_on_a_transparent_screen() -> None:
    """The first frame of an animation is put where it says, on nothing."""
    webp = golden("lossy.webp")
    body = webp[20:]
    sides = struct.pack("<I", 69)[:3] + struct.pack("<I", 47)[:3]
    frame = struct.pack("<I", 2)[:3] + struct.pack("<I", 3)[:3] + sides + bytes(4)
    chunk = b"VP8 " + struct.pack("<I", len(body)) + body
    animation = riff(
        (b"VP8X", bytes([2, 0, 0, 0]) + struct.pack("<I", 79)[:3] + struct.pack("<I", 59)[:3]),
        (b"ANIM", bytes(6)),
        (b"ANMF", frame + chunk),
    )

    image = decode(animation)

    assert (image.mode, image.size) == ("RGBA", (80, 60))
    inside = np.asarray(image)[6:54, 4:74]
    assert np.array_equal(inside[:, :, :3], read_pixels(webp))
    assert np.asarray(image)[:, :, 3].sum() == 255 * 70 * 48


def test_lossless_webp_that_announces_no_alpha_stays_rgb() -> None:
    """All of its alpha being 255, it is a picture without."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(4).integers(0, 256, (9, 11, 3), np.uint8)
    Image.fromarray(pixels).save(stream, "WEBP", lossless=True)

    image = decode(stream.getvalue())

    assert image.mode == "RGB"
    assert np.array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(golden("rgb.png"), id="png"),
        pytest.param(golden("photo-420.jpg"), id="jpeg"),
        pytest.param(golden("lossy.webp"), id="webp"),
    ],
)
def test_whatever_a_decoder_raises_is_the_picture_s_fault(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception of any kind becomes one sentence about the picture."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("cannot <_io.BytesIO object at 0x7f>")

    monkeypatch.setattr(Image, "open", fail)
    monkeypatch.setattr(Image, "frombytes", fail)

    with pytest.raises(DataError) as error:
        preprocess(content, ImageSpec(8, 8))

    assert str(error.value) == (
        "The picture cannot be read: it is damaged, its compressed data is wrong. "
        "Copy or save it again."
    )


def test_too_little_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running out of memory is a reason to leave one picture out, not to end."""

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image, "open", fail)

    with pytest.raises(DataError, match="not enough memory"):
        preprocess(golden("rgb.png"), ImageSpec(8, 8))


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("cmyk.jpg", Header("JPEG", 70, 48, "CMYK")),
        ("gray.jpg", Header("JPEG", 33, 40, "L")),
        ("bilevel.png", Header("PNG", 33, 40, "1")),
        ("gray-16.png", Header("PNG", 33, 40, "I;16")),
        ("palette.png", Header("PNG", 70, 48, "P")),
        ("gray-alpha.png", Header("PNG", 41, 30, "LA")),
        ("masks-32.bmp", Header("BMP", 70, 48, "RGBA")),
        ("frame-inside.gif", Header("GIF", 90, 60, "P")),
        ("lossless-alpha.webp", Header("WEBP", 41, 30, "RGBA")),
        ("lossy.webp", Header("WEBP", 70, 48, "RGB")),
    ],
)
def test_a_header_says_what_is_stored(name: str, header: Header) -> None:
    """Format, size and mode are Pillow's words, found without Pillow."""
    found = identify(Path(name), golden(name))

    assert not isinstance(found, Skipped)
    assert found[1] == header


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"hello", "not a picture"),
        (b"II*\0" + bytes(40), "it is a TIFF, which not every browser reads"),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "it is a HEIC or another file of its family, which not every browser reads",
        ),
    ],
)
def test_what_is_left_out_is_named(content: bytes, reason: str) -> None:
    """A format that is known and not read is told by its name."""
    assert identify(Path("x.jpg"), content) == Skipped(Path("x.jpg"), reason)


@pytest.mark.parametrize("chunk", [b"tEXt", b"iCCP", b"pHYs", b"cHRM"])
def test_chunks_of_png_that_decide_nothing_are_not_read(chunk: bytes) -> None:
    """However long or short they are, the picture is identified and read."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(5).integers(0, 256, (9, 11, 3), np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    png = stream.getvalue()
    body = b"x\0" + bytes(3_000_000) if chunk in (b"tEXt", b"iCCP") else b"\0\1\2"
    odd = struct.pack(">I", len(body)) + chunk + body
    odd += struct.pack(">I", zlib.crc32(chunk + body))

    content = png[:33] + odd + png[33:]

    assert not isinstance(identify(Path("a.png"), content), Skipped)
    assert np.array_equal(read_pixels(content), pixels)


def test_bmp_of_four_bits_a_channel_is_identified() -> None:
    """Masks of 4 bits, which Pillow does not know, are read like any others."""
    values = np.arange(64, dtype="<u2").tobytes()
    masks = struct.pack("<4I", 0xF00, 0xF0, 0xF, 0xF000)
    info = struct.pack("<IiiHHIIiiII", 56, 8, 8, 1, 16, 3, 128, 0, 0, 0, 0) + masks
    content = b"BM" + struct.pack("<IHHI", 14 + 56 + 128, 0, 0, 70) + info + values

    found = identify(Path("a.bmp"), content)

    assert not isinstance(found, Skipped)
    assert found[1] == Header("BMP", 8, 8, "RGBA")


def test_large_pictures_take_turns() -> None:
    """No more pixels are decoded at once than there are to hand out, and all get their turn."""
    office = turns._Turns(10)
    running, most, done = 0, 0, 0
    lock = threading.Lock()

    def work(pixels: int) -> None:
        nonlocal running, most, done
        with office.of(pixels):
            with lock:
                running += pixels
                most = max(most, running)
            time.sleep(0.002)
            with lock:
                running -= pixels
                done += 1

    threads = [threading.Thread(target=work, args=(pixels,)) for pixels in [3, 10, 4, 6, 1, 9] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done == len(threads)
    assert most <= 10
