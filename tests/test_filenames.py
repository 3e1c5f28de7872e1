from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vizkit.errors import AddressError
from vizkit.filenames import decode, encode


@given(st.text())
def test_every_text_is_a_file_name_and_back(text: str) -> None:
    name = encode(text)
    assert decode(name) == text
    assert set(name) <= set(string.ascii_letters + string.digits + "_.-~")
    assert name[:1] not in {".", "-"}
    assert not name.endswith(".")


@given(st.text(), st.text())
def test_different_texts_are_different_names(one: str, other: str) -> None:
    assert (encode(one) == encode(other)) == (one == other)


@given(st.text(alphabet=string.ascii_letters + "~x0123456789ABCDEF._-"))
def test_what_was_never_encoded_is_refused(name: str) -> None:
    try:
        text = decode(name)
    except AddressError:
        return
    assert encode(text) == name


@pytest.mark.parametrize(
    "name", ["con", "CON.txt", "nul", "LPT1", "aux.", "-rf", ".hidden", "..", "a."]
)
def test_names_that_systems_reserve_are_escaped(name: str) -> None:
    encoded = encode(name)
    assert "~x" in encoded
    assert decode(encoded) == name


@pytest.mark.parametrize("name", ["~", "~q~", "~xZZ", "~x41", "a/b", "ä", "~xFF", ".a"])
def test_names_that_encode_never_makes(name: str) -> None:
    with pytest.raises(AddressError, match="is not an encoded name"):
        decode(name)
