"""Damage to picture files as transfers, disks and odd programs do it, the same for a seed."""

from __future__ import annotations

import itertools
import random
import struct
import zlib
from collections.abc import Callable, Mapping

__all__ = ["KINDS", "Mutation", "mutate"]

_PNG_SIGNATURE = 8
_JPEG_LONELY = {0x01, *range(0xD0, 0xDA)}

Mutation = tuple[str, bytes]


def mutate(files: Mapping[str, bytes], *, seed: int, number: int) -> Mutation:
    """Return name and content of one mutation; equal arguments give equal ones.

    The name tells seed, number, kind and original, and keeps the extension.
    """
    chance = random.Random(f"{seed}/{number}")
    original = chance.choice(sorted(files))
    kind = chance.choice(sorted(KINDS))
    content = KINDS[kind](files[original], chance, _relatives(files, original))
    # Half of it in files that are sound around the damage, so that it gets through to decoders.
    if chance.random() < 0.5:
        content = _repaired(content)
    stem, _, extension = original.rpartition(".")
    return f"{seed}-{number:05d}-{kind}-{stem}.{extension}", content


def _relatives(files: Mapping[str, bytes], name: str) -> list[bytes]:
    extension = name.rpartition(".")[2]
    return [files[each] for each in sorted(files) if each.endswith(f".{extension}")]


def _bits(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 5, 20])):
        changed[_place(len(changed), chance)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _bytes(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 6])):
        value = chance.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)])
        changed[_place(len(changed), chance)] = value
    return bytes(changed)


def _lengths(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """Change a number of 2 or 4 bytes, such as a length or a size."""
    width = chance.choice([2, 4])
    if len(content) < width:
        return content
    place = min(_place(len(content), chance), len(content) - width)
    order = chance.choice(["big", "little"])
    old = int.from_bytes(content[place : place + width], order)
    limit = 1 << 8 * width
    new = chance.choice([old + 1, old - 1, old * 2, old // 2, 0, 1, limit - 1, old + 256]) % limit
    return content[:place] + new.to_bytes(width, order) + content[place + width :]


def _cut(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """Leave out the end, or something within, or say something twice."""
    first, last = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    return chance.choice(
        [
            content[:last],
            content[:first] + content[last:],
            content[:last] + content[first:],
            content[:first] + bytes(last - first) + content[last:],
            content[:first] + chance.randbytes(chance.choice([1, 2, 9])) + content[first:],
        ]
    )


def _chunks(content: bytes, chance: random.Random, relatives: list[bytes]) -> bytes:
    """Leave out, repeat, exchange or change whole chunks, or take one of another file."""
    parts = _parts(content)
    if len(parts) < 2:
        return _cut(content, chance, relatives)
    for _ in range(chance.choice([1, 1, 2])):
        one, other = chance.randrange(len(parts)), chance.randrange(len(parts))
        action = chance.randrange(5)
        if action == 0 and len(parts) > 2:
            del parts[one]
        elif action == 1:
            parts.insert(other, parts[one])
        elif action == 2:
            parts[one], parts[other] = parts[other], parts[one]
        elif action == 3:
            parts[one] = _bits(parts[one], chance, []) if parts[one] else b""
        else:
            parts.insert(one, chance.choice(_parts(chance.choice(relatives))))
    return b"".join(parts)


def _splices(content: bytes, chance: random.Random, relatives: list[bytes]) -> bytes:
    """Go on in another file of the same format."""
    other = chance.choice(relatives)
    if chance.random() < 0.5:
        first, second = _parts(content), _parts(other)
        at = chance.randrange(len(first) + 1)
        return b"".join(first[:at] + second[min(at, len(second)) :])
    at = chance.randrange(len(content) + 1)
    return content[:at] + other[min(at, len(other)) :]


KINDS: dict[str, Callable[[bytes, random.Random, list[bytes]], bytes]] = {
    "bits": _bits,
    "bytes": _bytes,
    "chunks": _chunks,
    "cut": _cut,
    "lengths": _lengths,
    "splices": _splices,
}
"""Kinds of damage by name."""


def _place(length: int, chance: random.Random) -> int:
    """Return a position; every other one lies in the first bytes, where headers are."""
    return chance.randrange(min(length, 80) if chance.random() < 0.5 else length)


def _parts(content: bytes) -> list[bytes]:
    """Return the file cut at its segments, chunks or boxes; joined, they are the file."""
    cuts = [0]
    position = cuts[0]
    if content.startswith(b"\xff\xd8"):
        cuts += _jpeg_cuts(content)
    elif content.startswith(b"\x89PNG"):
        position = _PNG_SIGNATURE
        while position + 8 <= len(content):
            cuts.append(position)
            position += 12 + int.from_bytes(content[position : position + 4], "big")
    elif content.startswith(b"RIFF"):
        position = 12
        while position + 8 <= len(content):
            cuts.append(position)
            length = int.from_bytes(content[position + 4 : position + 8], "little")
            position += 8 + length + length % 2
    elif content[4:8] == b"ftyp":
        while position + 8 <= len(content):
            cuts.append(position)
            position += max(8, int.from_bytes(content[position : position + 4], "big"))
    elif content.startswith(b"GIF8"):
        cuts += [at for at in range(13, len(content)) if content[at] in b"\x21\x2c\x3b"][:40]
    else:
        cuts += [14, 54, *range(54, len(content), max(1, len(content) // 8))]
    cuts = sorted({min(cut, len(content)) for cut in cuts} | {len(content)})
    return [content[start:end] for start, end in itertools.pairwise(cuts)]


def _jpeg_cuts(content: bytes) -> list[int]:
    cuts, position = [], 2
    while position + 4 <= len(content):
        cuts.append(position)
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
        # Behind a scan's header comes its data; elsewhere the next marker is already there.
        while position + 1 < len(content) and (
            content[position] != 0xFF
            or content[position + 1] in (0, 0xFF)
            or content[position + 1] in _JPEG_LONELY - {0xD9}
        ):
            position += 1
    return cuts


def _repaired(content: bytes) -> bytes:
    """Return the file with right checksums, lengths of the whole, and an end, where it has such."""
    if content.startswith(b"\xff\xd8") and not content.endswith(b"\xff\xd9"):
        return content + b"\xff\xd9"
    if content.startswith(b"RIFF"):
        return content[:4] + struct.pack("<I", max(0, len(content) - 8)) + content[8:]
    if content.startswith(b"\x89PNG"):
        return _with_checksums(content)
    return content


def _with_checksums(content: bytes) -> bytes:
    repaired = bytearray(content)
    position = _PNG_SIGNATURE
    while position + 12 <= len(repaired):
        end = position + 8 + int.from_bytes(repaired[position : position + 4], "big")
        if end + 4 > len(repaired):
            break
        repaired[end : end + 4] = struct.pack(">I", zlib.crc32(repaired[position + 4 : end]))
        position = end + 4
    return bytes(repaired)
