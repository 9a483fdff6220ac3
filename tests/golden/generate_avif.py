"""Write the table of AVIF files: what is read of each, or why it is refused.

Run by `make golden`. The files are kept: `avifenc` of libavif 0.11 and Pillow made them, and the
damaged ones are written into the table itself. What Pillow makes of an undamaged file as it lies
there, turned as its header says, is the reference for its pixels.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from kerasport.pictures import Problem, read_picture_file

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "avif"
SEED = 20
DAMAGED = 120


def described(content: bytes) -> dict[str, object]:
    """What a reader hands on: the size, the orientation and the file that is written anew."""
    try:
        file = read_picture_file(content)
    except Problem as problem:
        return {"refusal": str(problem)}
    digest = hashlib.sha256(file.content).hexdigest()
    return {
        "width": file.width,
        "height": file.height,
        "orientation": file.orientation,
        "content": digest,
    }


def pixels_of(content: bytes) -> str:
    """The digest of Pillow's own RGB pixels."""
    with Image.open(io.BytesIO(content)) as image:
        # Pillow would turn by it, but no browser does.
        image.info.pop("xmp", None)
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return hashlib.sha256(np.asarray(upright).tobytes()).hexdigest()


def damage(content: bytes, generator: random.Random) -> bytes:
    """One or two changes: bits, bytes, lengths, gaps, an early end."""
    changed = bytearray(content)
    for _ in range(generator.choice((1, 1, 2))):
        # Most of what is decided here stands in the boxes, before the frame's own data.
        end = len(changed) if generator.random() < 0.2 else min(len(changed), 420)
        at = generator.randrange(end)
        kind = generator.randrange(6)
        if kind <= 1:
            changed[at] ^= 1 << generator.randrange(8)
        elif kind == 2:
            changed[at] = generator.choice((0, 1, 255))
        elif kind == 3:
            del changed[at : at + generator.choice((1, 4, 8))]
        elif kind == 4:
            start = at - at % 4
            length = generator.choice((0, 1, 7, 8, 16, 2**31, 2**32 - 1))
            changed[start : start + 4] = length.to_bytes(4, "big")
        else:
            del changed[at + 20 :]
    return bytes(changed)


def table() -> str:
    """One file a line: small differences between versions stay readable."""
    generator = random.Random(SEED)
    files = {path.name: path.read_bytes() for path in sorted(PICTURES.glob("*.avif"))}
    small = [content for content in files.values() if len(content) < 800]
    lines = []
    for name, content in files.items():
        facts = described(content)
        if "content" in facts:
            facts["pixels"] = pixels_of(content)
        lines.append(json.dumps({"file": name, **facts}))
    for number in range(DAMAGED):
        content = damage(generator.choice(small), generator)
        text = base64.b64encode(content).decode("ascii")
        lines.append(json.dumps({"file": f"damaged-{number}", "bytes": text, **described(content)}))
    return '{"files": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    (FOLDER / "avif.json").write_text(table(), encoding="utf-8")
