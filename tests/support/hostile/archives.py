"""Archives: members outside, twice, without end, cut off."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from pathlib import Path

from support.hostile.configurations import classifier, lambda_layer
from support.hostile.containers import archive
from support.hostile.corpus import Place, hostile


@hostile
def archive_member_outside(place: Place) -> Path:
    path = archive(place, classifier())
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("../../canary", "")
    return path


@hostile
def archive_member_twice(place: Place) -> Path:
    path = archive(place, classifier())
    twin = archive(place, classifier(lambda_layer(place))).read_bytes()
    path.write_bytes(twin.replace(b"metadata.json", b"config.json\0\0"))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("model.weights.h6", b"")
    path.write_bytes(path.read_bytes().replace(b"model.weights.h6", b"model.weights.h5"))
    return path


@hostile
def archive_bomb(place: Place) -> Path:
    config = classifier()
    return archive(place, config, bytes(1 << 29), compression=zipfile.ZIP_DEFLATED)


@hostile
def archive_that_counts_wrong(place: Place) -> Path:
    path = archive(place, classifier())
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 65_000, 65_000)
    path.write_bytes(bytes(data))
    return path


@hostile
def archive_without_weights(place: Place) -> Path:
    path = place.folder / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(classifier()))
    return path


@hostile
def archive_of_a_broken_stream(place: Place) -> Path:
    path = archive(place, classifier(), compression=zipfile.ZIP_DEFLATED)
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packed.compress(json.dumps(classifier()).encode()) + packed.flush()
    data = path.read_bytes()
    place_of = data.find(piece[:20])
    path.write_bytes(data[:place_of] + b"\xff" * 20 + data[place_of + 20 :])
    return path
