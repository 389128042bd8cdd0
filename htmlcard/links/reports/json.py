"""Reports as JSON, in the shape that `GET /check` and `--json` promise."""

from __future__ import annotations

import json
from collections.abc import Sequence

from htmlcard.links.report import Report
from htmlcard.links.reports.visible import escape_in_json


def write_json(report: Report | Sequence[Report], *, indent: int | None = 2) -> str:
    """One report as an object, several as a list; without a line feed at the end.

    Terminals may show it: characters that steer them are written as escapes.
    """
    value = report.as_dict() if isinstance(report, Report) else [each.as_dict() for each in report]
    return escape_in_json(json.dumps(value, indent=indent, ensure_ascii=False))
