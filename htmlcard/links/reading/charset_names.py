"""The names charsets have on the web: labels of the Encoding standard to its names."""

from __future__ import annotations

import turbohtml


def find_charset_name(label: str) -> str | None:
    """The lower-case name a label stands for, as `gbk` for `GB2312`; None where there is none.

    Python's own codec names differ (`latin1` is `windows-1252` on the web), so the parser is asked.
    """
    if not label.strip() or not label.isascii():
        return None
    try:
        encoding = turbohtml.parse(b"", encoding=label).encoding
    except LookupError:
        return None
    return encoding.lower() if encoding else None
