"""`htmlcard install-browser`."""

from __future__ import annotations

import sys

from htmlcard.browser.install import install_browser as install
from htmlcard.browser.install import install_fonts


def install_browser(*, fonts: bool = True) -> int:
    """Install Chromium, and fonts for the world's scripts.

    Parameters
    ----------
    fonts
        Also install the fonts.
    """

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    binary = install(report)
    if fonts:
        install_fonts(report)
    print(f"{binary.path}  {binary.version}")
    return 0
