"""What a page says about itself: bytes and headers in, title, picture and the rest out.

In reading order: `decoding` (bytes to text, with `content_type` and `prescan`), `parsing` (text to
parts, the only door to the parser, with `tree` and `positions`), `metadata` (parts to values, with
`pictures`, `json_ld`, `web_url` and `values`), `picture_header` (the size of a picture).
All of it is pure: nothing here fetches.
"""

from htmlcard.links.metadata import Metadata, read_metadata
from htmlcard.links.parsing import parse_page
from htmlcard.links.parts import PageParts

__all__ = ["Metadata", "PageParts", "parse_page", "read_metadata"]
