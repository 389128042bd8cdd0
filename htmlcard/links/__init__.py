"""Links: what crawlers see of other people's pages.

In reading order: `reading` (a page's bytes to what it says), `unfurling` (a URL to what its page
says), `checking` (what each crawler shows of it: `visiting` and `belongings` fetch, `checks` judges
by `profiles`, `mending` mends), `reports` (for people and programs), `audits` (whole sites).
"""

from htmlcard.links.reading.metadata import Metadata, read_metadata
from htmlcard.links.reading.parsing import parse_page
from htmlcard.links.reading.parts import PageParts

__all__ = ["Metadata", "PageParts", "parse_page", "read_metadata"]
