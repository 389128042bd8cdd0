"""What is known to be wrong with a site, so that only what is new fails a build.

A finding is known by page and rule: evidence changes from day to day, and so do the platforms.
A known warning that has become an error is new; an error that is a warning by now is not.
Hints never fail a build and are not kept. The file is JSON, sorted, a rule a line.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from htmlcard.errors import InvalidRequest
from htmlcard.links.report import Finding, Report, Severity

Kept = Literal["warning", "error"]
Pages = Mapping[str, Mapping[str, Kept]]

_RANKS: Mapping[Severity | None, int] = {None: 0, "hint": 1, "warning": 2, "error": 3}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1]
    pages: dict[str, dict[str, Kept]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Reports with what is new in them, hints included; pages and rules that were mended."""

    new: tuple[Report, ...]
    mended: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The worst severity of each rule that is known of each page, by its URL."""

    pages: Pages

    def knows(self, url: str, finding: Finding) -> bool:
        """Whether this, or worse of the same rule, is known of that page."""
        known = self.pages.get(url, {}).get(finding.rule)
        return _RANKS[finding.severity] <= _RANKS[known]

    def compare(self, reports: Iterable[Report], gone: Collection[str] = ()) -> Comparison:
        """What is new, and what is in here and not so bad any more.

        Pages that are neither in `reports` nor `gone` are not judged.
        """
        new = []
        now: dict[str, Mapping[str, Kept]] = {url: {} for url in gone}
        for report in reports:
            findings = tuple(each for each in report.findings if not self.knows(report.url, each))
            new.append(replace(report, findings=findings))
            now[report.url] = _worst(report)
        mended = sorted(
            (url, rule)
            for url in self.pages.keys() & now.keys()
            for rule, severity in self.pages[url].items()
            if _RANKS[now[url].get(rule)] < _RANKS[severity]
        )
        return Comparison(tuple(new), tuple(mended))

    def update(self, reports: Iterable[Report], gone: Collection[str] = ()) -> Baseline:
        """What is known after this: pages that are neither in `reports` nor `gone` stay."""
        pages = {url: rules for url, rules in self.pages.items() if url not in gone}
        pages |= {report.url: _worst(report) for report in reports}
        return Baseline(pages)

    def dump(self) -> str:
        """As it stands in its file."""
        pages = {url: dict(sorted(rules.items())) for url, rules in self.pages.items() if rules}
        content: dict[str, Any] = {"version": 1, "pages": dict(sorted(pages.items()))}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def load_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises InvalidRequest where there is none that can be used."""
    try:
        return Baseline(_File.model_validate_json(path.read_bytes()).pages)
    except FileNotFoundError as error:
        raise InvalidRequest(
            f"there is no baseline {path}; `--update-baseline` writes the first one"
        ) from error
    except OSError as error:
        raise InvalidRequest(f"baseline {path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise InvalidRequest(
            f"baseline {path} cannot be used: {place}: {first['msg']}; "
            "`--update-baseline` without the old file writes a new one"
        ) from error


def _worst(report: Report) -> dict[str, Kept]:
    """Of errors and warnings, by rule."""
    found: dict[str, Kept] = {}
    for finding in report.findings:
        if finding.severity != "hint" and found.get(finding.rule) != "error":
            found[finding.rule] = finding.severity
    return found
