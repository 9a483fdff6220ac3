"""Addresses and patterns that data is read from: those that cannot be are refused in a sentence."""

from __future__ import annotations

import pytest

from kerasport.dataset import read_data
from kerasport.errors import DataError


@pytest.mark.parametrize(
    "address", ["https://me:secret@example.org/a.tar", "SFTP:/me:secret@host/x.tar?key=secret"]
)
def test_a_password_in_an_address_is_neither_taken_nor_repeated(address: str) -> None:
    """Names of pictures are written down; the message itself does not repeat it."""
    with pytest.raises(DataError, match="has a password in it") as caught:
        read_data(address)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["dir://x/a.tar", "reference://x.tar", "generic://x/a.tar"])
def test_an_address_that_is_not_enough_is_told(address: str) -> None:
    """What fsspec opens with more than an address ends in a sentence, not in words of Python."""
    pytest.importorskip("fsspec")

    with pytest.raises(DataError, match=f"{address.partition(':')[0]}:// takes more than an addre"):
        read_data(address)


def test_braces_stand_for_no_more_files_than_any_set_has() -> None:
    """A pattern of patterns is refused before its names are made."""
    with pytest.raises(DataError, match="stands for more than 100,000 files"):
        read_data("train-{0..99999}-{0..99999}-{0..99999}.tar")
