"""Page mode: the fields of a card, read from the page it is for.

In reading order: `hosts` (which pages may be asked for), `fields` (what a card gets), `filling`
(from a page's texts to a template's fields), `shelf` (what is known of each page, and for how
long), `asking` (one page), `texts` (what is kept of it), `store` (the last good values, on disk).
Whatever goes wrong, the card is drawn with what is known, and a warning says why.
"""

from htmlcard.pages.asking import PageAsker
from htmlcard.pages.fields import NO_PAGE, PageFields, PageFill
from htmlcard.pages.hosts import PageHosts
from htmlcard.pages.shelf import PageShelf
from htmlcard.pages.store import PageStore

__all__ = ["NO_PAGE", "PageAsker", "PageFields", "PageFill", "PageHosts", "PageShelf", "PageStore"]
