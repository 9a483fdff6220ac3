"""What rules ask of a layer's inputs and settings; what is not so refuses the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from kerasport.bundle.field import MISSING, Field, dimensions
from kerasport.bundle.limits import MAX_LAYER_VALUES
from kerasport.bundle.rules.layer_plan import MAX_RANK, Shape
from kerasport.bundle.topology import LayerEntry

__all__ = [
    "bias_of",
    "channels_last",
    "fail_inputs",
    "first_input",
    "last_axis",
    "nothing_but",
    "only_input",
    "only_ones",
    "only_picture",
    "read_flag",
    "read_frame",
    "read_padding",
    "read_pair",
    "read_side",
]


def only_input(layer: LayerEntry, inputs: Sequence[Shape]) -> Shape:
    """Return the shape of the only input."""
    return inputs[0] if len(inputs) == 1 else fail_inputs(layer, "one layer")


def first_input(layer: LayerEntry, inputs: Sequence[Shape]) -> Shape:
    """Return the shape of the first input."""
    return inputs[0] if inputs else fail_inputs(layer, "at least one layer")


def fail_inputs(layer: LayerEntry, expected: str) -> NoReturn:
    """Refuse the inputs, in words: one layer, two layers."""
    count = len(layer.inputs)
    taken = "1 layer" if count == 1 else f"{count} layers"
    layer.entry.refuse(f"{layer.entry.place} takes {taken}. Expected {expected}.")


def only_picture(layer: LayerEntry, inputs: Sequence[Shape]) -> Shape:
    """Return the shape of the only input, with height, width and channels in this order."""
    shape = only_input(layer, inputs)
    if len(shape) != 3:
        layer.entry.refuse(
            f"{layer.entry.place} takes {dimensions(shape)} values. Expected height x width x "
            "channels."
        )
    channels_last(layer)
    return shape


def read_side(setting: Field) -> int:
    """Return a side of a tensor."""
    return setting.integer(1, MAX_LAYER_VALUES)


def read_pair(setting: Field, minimum: int = 1) -> list[int]:
    """Return two whole numbers, rows and columns."""
    numbers = setting.each(lambda number: number.integer(minimum, MAX_LAYER_VALUES))
    if len(numbers) != 2:
        setting.fail("two whole numbers")
    return numbers


def read_frame(setting: Field) -> list[list[int]]:
    """Return what lies above, below, left and right, as two pairs."""
    pairs = setting.each(lambda pair: read_pair(pair, 0))
    if len(pairs) != 2:
        setting.fail("two pairs of whole numbers")
    return pairs


def read_flag(setting: Field) -> bool:
    """Return a switch that is on unless the document says otherwise."""
    found = setting.optional(lambda switch: switch.boolean())
    return True if found is None else found


def nothing_but(setting: Field, value: str | bool, name: str) -> None:
    """Check that a setting is `value`, called `name`, where it is there at all."""
    is_text = isinstance(value, str) and setting.value == value
    if setting.value is not value and not is_text and setting.value not in (None, MISSING):
        setting.fail(name)


def channels_last(layer: LayerEntry) -> None:
    """Check that channels come last."""
    nothing_but(layer.settings.get("data_format"), "channels_last", "channels_last")


def read_padding(layer: LayerEntry) -> str:
    """Return `same` or `valid`."""
    return layer.settings.get("padding").one_of("same", "valid")


def only_ones(layer: LayerEntry) -> None:
    """Check that a window has no gaps."""
    setting = layer.settings.get("dilation_rate")
    if setting.optional(read_pair) not in (None, [1, 1]):
        setting.fail("[1, 1]")


def bias_of(layer: LayerEntry, length: int) -> dict[str, Shape]:
    """Return the shape of the bias, where there is one."""
    return {"bias": (length,)} if read_flag(layer.settings.get("use_bias")) else {}


def last_axis(layer: LayerEntry, shape: Shape) -> None:
    """Check that the axis is the last one, which all backends compute."""
    setting = layer.settings.get("axis")
    inner = setting.items()[0] if isinstance(setting.value, list) and setting.value else setting
    if inner.optional(lambda axis: axis.integer(-1, MAX_RANK)) not in (None, -1, len(shape)):
        setting.fail(f"-1 or {len(shape)}")
