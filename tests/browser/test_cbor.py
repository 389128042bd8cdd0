"""Chromium's binary messages: whatever JSON can say survives the way there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from htmlcard.browser import cbor

#: Surrogates that stand alone, too; a pair of them is one letter in UTF-16.
_TEXTS = st.text(st.characters()).map(
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
)
_NUMBERS = st.integers(-(2**31) + 1, 2**31 - 1) | st.floats(allow_nan=False)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
    max_leaves=20,
)

#: As Chromium 156 said it: `Runtime.evaluate` of 1, in a session.
_ANSWER = (
    b"\xd8\x18Z\x00\x00\x00|\xbfbid\x18?fresult\xd8\x18Z\x00\x00\x00;\xbffresult\xd8\x18Z"
    b"\x00\x00\x00+\xbfdtypefnumberevalue\xfb?\xf0\x00\x00\x00\x00\x00\x00kdescriptiona1\xff"
    b"\xffisessionIdx 91974FED9A343C8A2546A28DA339AD38\xff"
)


# A busy machine is no fault of what is tested.
_patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_patient
@given(value=_VALUES)
def test_what_is_encoded_is_decoded(value: Any) -> None:
    """A title that loses a letter on the way is another title."""
    encoded = cbor.encode(value)
    assert cbor.decode(encoded) == value
    assert cbor.read_value(b"before" + encoded + b"behind", 6) == value
    if isinstance(value, dict | list):
        assert cbor.read_length(encoded[: cbor.HEADER_BYTES]) == len(encoded)


def test_what_chromium_says_is_understood() -> None:
    """The dialect is Chromium's own, so its own words are what counts."""
    said = {
        "id": 63,
        "result": {"result": {"type": "number", "value": 1.0, "description": "1"}},
        "sessionId": "91974FED9A343C8A2546A28DA339AD38",
    }
    assert cbor.decode(_ANSWER) == said
    assert json.loads(cbor.to_json(_ANSWER)) == said


@pytest.mark.parametrize("length", [0, 1, 23, 24, 255, 256, 65_535, 65_536, 1_000_000])
def test_lengths_of_every_width(length: int) -> None:
    for value in ("x" * length, b"x" * length, "\ud800" * length, {"x": "y" * length}):
        assert cbor.decode(cbor.encode(value)) == value


def test_numbers_beyond_32_bits_go_as_floating_point() -> None:
    """As in JavaScript; Chromium knows no larger whole ones."""
    assert cbor.decode(cbor.encode(2**53)) == 2**53
    assert cbor.encode(2**31)[0] == cbor.encode(-(2**31))[0] == 0xFB
    assert cbor.encode(2**31 - 1)[0] == 0x1A


@_patient
@given(data=st.data())
def test_damage_is_an_error_and_no_crash(data: st.DataObject) -> None:
    """A renderer that was taken over says what it likes."""
    message = bytearray(cbor.encode({"id": 7, "result": {"a": ["b", 1.5, "\ud800", b"c"]}}))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(message) - 1))
        if data.draw(st.booleans()):
            message[at] = data.draw(st.integers(0, 255))
        else:
            del message[at]
    for check in (cbor.decode, cbor.to_json):
        try:
            check(bytes(message))
        except ValueError:
            continue


def test_nesting_without_end_is_an_error() -> None:
    """A page may hand over a value of any depth."""
    message = b""
    for _ in range(5000):
        message = b"\x9f" + message + b"\xff"
        message = b"\xd8\x18\x5a" + len(message).to_bytes(4, "big") + message
    with pytest.raises(ValueError, match="without end"):
        cbor.decode(message)


@pytest.mark.parametrize("value", [{1, 2}, object(), {"a": 1j}])
def test_what_no_message_can_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot hold"):
        cbor.encode(value)
