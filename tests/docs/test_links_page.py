"""`docs/links.md` against the code: the answer of `/unfurl` and its failures."""

from __future__ import annotations

import json

from docs.pages import Page, names_in
from docs.test_http_page import all_kinds
from htmlcard.errors import AnswerTooLarge, FetchFailed, InvalidRequest
from htmlcard.links.reading.metadata import Metadata, MetadataImage
from htmlcard.server.problems import STATUS_BY_ERROR

LINKS = Page("docs/links.md")


def test_the_answer_shown_has_the_keys_there_are() -> None:
    """Clients are written from the example."""
    shown = next(json.loads(block.text) for block in LINKS.blocks if block.language == "json")
    nothing = Metadata("", "", image=MetadataImage("")).as_dict()
    assert list(shown) == list(nothing)
    assert shown["image"].keys() == nothing["image"].keys()


def test_failures_and_their_statuses_are_the_ones_in_the_code() -> None:
    """Programs switch on `code`, and try again by status."""
    told = {
        names_in(row[0])[0]: int(row[1]) for row in LINKS.table("code", "status", "what happened")
    }
    # What is too large is cut; the base of all is never raised.
    kinds = all_kinds(FetchFailed) - {FetchFailed, AnswerTooLarge}
    statuses = {
        kind.reason: next(STATUS_BY_ERROR[base] for base in kind.__mro__ if base in STATUS_BY_ERROR)
        for kind in kinds
    }
    assert told == {**statuses, InvalidRequest.code: STATUS_BY_ERROR[InvalidRequest]}
