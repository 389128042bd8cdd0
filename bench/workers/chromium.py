"""The one Chromium everybody uses who needs one: that which htmlcard would find."""

from __future__ import annotations

import os

from htmlcard.browser.binary import ChromiumBinary, find_chromium


def get_chromium() -> ChromiumBinary:
    return find_chromium(os.environ.get("HTMLCARD_CHROMIUM"))
