from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmlcard.templating.graphemes import MAX_CLUSTER_LENGTH, iter_clusters, truncate

# Each string is one cluster between the bars; the cases follow UAX #29's own test file.
SEGMENTED = [
    "a|b|c",
    "e\u0301|a",
    "👨‍👩‍👧‍👦|👍🏽|❤️|🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "🇩🇪|🇫🇷|🇯",
    "a|🇩🇪",
    "한|국|\u1112\u1161\u11ab|\u1100\u1161",
    "\uac00\u11a8|\uac01\u11a8|\uac01|\u1161",
    "नि|क्ष|मि|त्र",
    "க|னி|த",
    "ก|ำ".replace("|", ""),
    "1️⃣|#️⃣",
    "\u0600\u0661",
    "👩|x‍|👩",
    "©️|™️",
    " \u0308|a",
    "🙂‍|a|🙂",
    "ক্ষ|র",
]


@pytest.mark.parametrize("marked", SEGMENTED)
def test_what_a_reader_calls_one_character_is_one_cluster(marked: str) -> None:
    """A cut inside a family emoji, a flag or a Devanagari conjunct draws garbage."""
    assert list(iter_clusters(marked.replace("|", ""))) == marked.split("|")


@given(st.text())
def test_clusters_lose_nothing(text: str) -> None:
    """Segmentation decides where to cut; it must never change what stays."""
    clusters = list(iter_clusters(text))
    assert "".join(clusters) == text
    assert all(clusters)


@given(st.text(alphabet="a\u0301👩\u200d🇩क\u094d\u1100\u1161", max_size=60), st.integers(1, 20))
def test_a_cut_text_has_exactly_its_length(text: str, length: int) -> None:
    """`max_length` is a promise to the layout, the ellipsis included."""
    cut = truncate(text, length)
    assert len(list(iter_clusters(cut))) <= length
    assert cut == text or cut.endswith("…")


def test_a_chain_of_joined_emoji_is_not_one_endless_character() -> None:
    """One "character" of 10,000 emoji would pass every length limit."""
    clusters = list(iter_clusters("\u200d".join("👩" * 10_000)))
    assert max(map(len, clusters)) == MAX_CLUSTER_LENGTH


def test_truncating_reads_the_head_only() -> None:
    """A megabyte of text costs no more than what is kept of it."""
    started = time.perf_counter()
    truncate("👩🏽" * 500_000, 100)
    assert time.perf_counter() - started < 1
