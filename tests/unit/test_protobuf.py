"""Protocol buffers without their schema, and what Keras wrote into SavedModels with them."""

from __future__ import annotations

import pytest
from support.hostile import field, varint

from kerasport.exporter.containers import ProtobufProblem, read_fields
from kerasport.exporter.readers.saved_models import described_in_saved_model


def test_fields_come_in_their_order() -> None:
    """Numbers, texts, inner messages and fixed widths, repeated ones too."""
    fixed = bytes([5 << 3 | 5]) + (7).to_bytes(4, "little")
    fixed += bytes([6 << 3 | 1]) + (9).to_bytes(8, "little")
    message = field(1, 300) + field(2, "text") + fixed + field(2, field(1, 1))

    found = [
        (number, bytes(value) if isinstance(value, memoryview) else value)
        for number, value in read_fields(message)
    ]

    assert found == [(1, 300), (2, b"text"), (5, 7), (6, 9), (2, b"\x08\x01")]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (b"\xff" * 11, "a number that does not end"),
        (b"\x80", "it is cut off"),
        (field(1, "text")[:-1], "it is cut off"),
        (bytes([1 << 3 | 2]) + varint(1 << 40), "it is cut off"),
        (bytes([1 << 3 | 3]), "of the unknown kind 3"),
    ],
    ids=["endless", "number", "text", "length", "kind"],
)
def test_what_is_no_message_is_said(message: bytes, problem: str) -> None:
    """No length is believed before the bytes are there."""
    with pytest.raises(ProtobufProblem, match=problem):
        list(read_fields(message))


def test_older_saved_models_hold_the_metadata_themselves() -> None:
    """Before TensorFlow 2.5 each object has its JSON in the table of objects of the graph."""

    def saved_object(metadata: str, identifier: str = "_tf_keras_layer", **children: int) -> bytes:
        references = b"".join(
            field(1, field(1, number) + field(2, name)) for name, number in children.items()
        )
        return field(1, references + field(4, field(1, identifier) + field(3, metadata)))

    root = {"layer-0": 1, "layer_with_weights-0": 2, "keras_api": 3}
    table = saved_object("{}", "_tf_keras_network", **root)
    table += saved_object('{"name": "input"}') + saved_object('{"name": "dense"}')
    table += saved_object("", "generic")
    message = field(1, 1) + field(2, field(1, "meta") + field(7, table))

    found = sorted(
        (each.path, each.identifier, each.metadata)
        for each in described_in_saved_model(memoryview(message))
    )

    assert found == [
        ("root", "_tf_keras_network", "{}"),
        ("root.layer-0", "_tf_keras_layer", '{"name": "input"}'),
        ("root.layer_with_weights-0", "_tf_keras_layer", '{"name": "dense"}'),
    ]
