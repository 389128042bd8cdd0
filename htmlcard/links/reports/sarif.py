"""Reports as SARIF 2.1.0, for code scanning: a result per finding, with its mend as a fix.

Property names and their meaning: OASIS, Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from htmlcard import __version__
from htmlcard.links.checks.rule import load_rules
from htmlcard.links.report import Edit, Finding, Mend, Report
from htmlcard.links.reports.visible import escape_in_json, make_visible
from htmlcard.links.reports.words import (
    CONFIDENCES,
    MEND_LEADS,
    SEVERITIES,
    list_platforms,
)

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warning": "warning", "hint": "note"}
#: RFC 3986: what may stand in a URI as it is.
_URI_SAFE = "!#$%&'()*+,/:;=?@[]~"


def write_sarif(reports: Iterable[Report], files: Mapping[str, Path] | None = None) -> str:
    """One run with all pages. `files` has those pages, by URL, that are files of this machine:
    they are read for the lines of findings, and named from the working folder."""
    rules: dict[str, dict[str, Any]] = {}
    results = []
    for report in reports:
        page = _Page(report, (files or {}).get(report.url))
        for finding in report.findings:
            if finding.rule not in rules:
                rules[finding.rule] = _rule(finding.rule)
            results.append(page.result(finding, list(rules).index(finding.rule)))
    driver = {"name": "htmlcard", "version": __version__, "rules": [*rules.values()]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return escape_in_json(json.dumps(log, indent=1, ensure_ascii=False))


class _Page:
    def __init__(self, report: Report, path: Path | None) -> None:
        self._report = report
        self._data = b""
        if path is None:
            self._artifact = {"uri": quote(report.url, safe=_URI_SAFE, errors="replace")}
            return
        self._data = path.read_bytes() if path.is_file() else b""
        absolute, folder = path.resolve(), Path.cwd().resolve()
        if absolute.is_relative_to(folder):
            relative = absolute.relative_to(folder).as_posix()
            self._artifact = {"uri": quote(os.fsencode(relative)), "uriBaseId": "%SRCROOT%"}
        else:
            self._artifact = {"uri": absolute.as_uri()}

    def result(self, finding: Finding, rule_index: int) -> dict[str, Any]:
        concerned = list_platforms(finding, self._report)
        text = f"{finding.message}\n\nSeen: {finding.evidence}\nConcerns: {concerned}"
        identity = f"{self._artifact['uri']}\n{finding.rule}\n{finding.severity}"
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": rule_index,
            "level": _LEVELS[finding.severity],
            "message": {"text": make_visible(text)},
            "locations": [{"physicalLocation": self._place(finding)}],
            "partialFingerprints": {
                # Not of the evidence, which changes from day to day.
                "htmlcard/v1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()
            },
            "properties": {
                "platforms": list(finding.platforms),
                "source": finding.source,
                "confidence": CONFIDENCES[finding.confidence],
                "mend": f"{MEND_LEADS[finding.fix.kind]}: {finding.fix.text}",
            },
        }
        if finding.fix.edits:
            result["fixes"] = [self._fix(finding.fix)]
        return result

    def _place(self, finding: Finding) -> dict[str, Any]:
        place: dict[str, Any] = {"artifactLocation": self._artifact}
        edits = sorted(finding.fix.edits, key=lambda edit: edit.start_byte)
        if edits:
            place["region"] = self._region(edits[0])
        elif self._data:
            # Code scanning wants a line, also of what concerns the page as a whole.
            place["region"] = {"startLine": 1}
        return place

    def _region(self, edit: Edit) -> dict[str, int]:
        """The place in bytes and, where the file is at hand, in lines and columns from 1."""
        region = {"byteOffset": edit.start_byte, "byteLength": edit.end_byte - edit.start_byte}
        if self._data:
            for name, end in (("start", edit.start_byte), ("end", edit.end_byte)):
                *lines, last = self._data[:end].decode("utf-8", "replace").split("\n")
                region |= {f"{name}Line": len(lines) + 1, f"{name}Column": len(last) + 1}
        return region

    def _fix(self, mend: Mend) -> dict[str, Any]:
        replacements = [
            {
                "deletedRegion": {
                    "byteOffset": edit.start_byte,
                    "byteLength": edit.end_byte - edit.start_byte,
                },
                "insertedContent": {"text": edit.text},
            }
            for edit in mend.edits
        ]
        change = {"artifactLocation": self._artifact, "replacements": replacements}
        return {"description": {"text": MEND_LEADS[mend.kind]}, "artifactChanges": [change]}


def _rule(name: str) -> dict[str, Any]:
    rule = load_rules()[name]
    worst = next(severity for severity in SEVERITIES if rule.platforms(severity))
    source = f"{rule.source_of(worst)} ({CONFIDENCES[rule.confidence_of(worst)]})"
    return {
        "id": name,
        "shortDescription": {"text": name.replace("-", " ").capitalize()},
        "fullDescription": {"text": rule.message},
        "help": {"text": f"{rule.message}\n\nFound where {rule.when}.\n\nSource: {source}."},
        "defaultConfiguration": {"level": _LEVELS[worst]},
        "properties": {"tags": ["link-preview"]},
    }
