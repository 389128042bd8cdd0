"""Stored bytes either give back the very card or nothing."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmlcard.cache.entry import BadEntry, CacheEntry, encode_entry, parse_entry
from htmlcard.cache.keys import etag
from htmlcard.card import ImageFormat, Size

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
_entries = st.builds(
    CacheEntry,
    identity=_text,
    fingerprint=_text,
    template=_text,
    format=st.sampled_from(ImageFormat),
    size_px=st.builds(Size, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    encoding=_text,
    data=st.binary(max_size=300),
    stored_at_s=st.floats(allow_nan=False),
)


@given(_entries)
def test_what_was_encoded_comes_back(entry: CacheEntry) -> None:
    """Any text may stand in a field, so lengths and not separators must part them."""
    assert parse_entry(encode_entry(entry), entry.identity) == entry


@given(_entries)
def test_its_etag_is_the_one_known_before_it_was_drawn(entry: CacheEntry) -> None:
    """A crawler's If-None-Match is judged without the entry."""
    assert entry.etag == etag(entry.identity, entry.fingerprint)
    assert parse_entry(encode_entry(entry), entry.identity).etag == entry.etag


@given(_entries, st.data())
def test_no_cut_is_taken_for_an_entry(entry: CacheEntry, data: st.DataObject) -> None:
    """A machine that lost power leaves half-written files behind."""
    raw = encode_entry(entry)
    length = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(BadEntry):
        parse_entry(raw[:length], entry.identity)


@given(_entries, st.binary(min_size=1, max_size=20))
def test_nothing_may_follow_an_entry(entry: CacheEntry, tail: bytes) -> None:
    """A file written over by a shorter one must not pass with the rest of the longer."""
    with pytest.raises(BadEntry):
        parse_entry(encode_entry(entry) + tail, entry.identity)


@given(st.binary(max_size=400))
def test_noise_is_refused_without_any_other_exception(raw: bytes) -> None:
    """Whatever lies on the disk, the reader must see one kind of failure only."""
    with pytest.raises(BadEntry):
        parse_entry(raw, "anything")


@given(st.binary(min_size=44, max_size=200))
def test_noise_under_a_right_checksum_is_refused(body: bytes) -> None:
    """The checksum has no secret: lengths and texts must be judged even when it fits."""
    raw = b"hcentry\x01" + hashlib.sha256(body).digest() + body
    with pytest.raises(BadEntry):
        parse_entry(raw, "anything")


def test_every_single_flipped_bit_is_seen(make_entry) -> None:
    """One wrong bit in a cached card would be served for a year."""
    entry = make_entry(size_bytes=64)
    raw = encode_entry(entry)
    for position in range(len(raw)):
        for bit in range(8):
            damaged = bytearray(raw)
            damaged[position] ^= 1 << bit
            with pytest.raises(BadEntry):
                parse_entry(bytes(damaged), entry.identity)


def test_a_sound_entry_of_another_card_is_refused(make_entry) -> None:
    """Value files that were swapped are intact each, and still the wrong picture."""
    with pytest.raises(BadEntry, match="another card"):
        parse_entry(encode_entry(make_entry(1)), make_entry(2).identity)
