"""One tag as it was written, with some attributes changed and all else left alone."""

from __future__ import annotations

import html
from collections.abc import Mapping

import turbohtml

#: Longer ones are not by people; to take them apart costs more than a mend is worth.
_MAX_LENGTH = 5000


def rewrite_meta(source: str, changes: Mapping[str, tuple[str, str]]) -> str | None:
    """The `meta` tag with other attributes, name and value, in place of some of its own.

    None where it cannot be done: the tag is monstrous, or lacks an attribute that is to change.
    """
    if len(source) > _MAX_LENGTH:
        return None
    document = turbohtml.parse(source, source_locations=True)
    element = next(document.iter_elements(("meta",)), None)
    if element is None or element.source_location is None:
        return None
    spans = element.source_location.attrs
    if not changes.keys() <= spans.keys():
        return None
    for own in sorted(changes, key=lambda own: spans[own].start_offset, reverse=True):
        name, value = changes[own]
        start, end = spans[own].start_offset, spans[own].end_offset
        source = f'{source[:start]}{name}="{html.escape(value)}"{source[end:]}'
    return source
