"""Dates as text: the ISO 8601 forms that `date` fields take and hand on."""

from __future__ import annotations

import datetime as dt


def parse_iso(text: str) -> dt.date:
    """A `date`, or a `datetime` where the text has a time. Raises ValueError."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return dt.datetime.fromisoformat(text)
