"""The pictures of image fields: fetched by us, never by the browser.

In reading order: `hosts` (what may be asked for), `fields` (what a card gets), `shelf` (what is
known of each URL, and for how long: `freshness`), `preparing` (from a stranger's bytes to a file
of ours). Whatever goes wrong, the card is drawn with its placeholder, and a warning says why.
"""

from htmlcard.pictures.fields import NO_PICTURES, PictureFields, PictureSet
from htmlcard.pictures.hosts import PictureHosts
from htmlcard.pictures.preparing import Preparer
from htmlcard.pictures.shelf import PictureShelf

__all__ = ["NO_PICTURES", "PictureFields", "PictureHosts", "PictureSet", "PictureShelf", "Preparer"]
