"""What `check` says: how each crawler shows a page, what is wrong with it and how to mend that."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["hint", "warning", "error"]
Verdict = Literal["ok", "warning", "error"]
#: Official documentation, the platform's own source code, third parties, unverified.
Confidence = Literal["O", "S", "3", "U"]
#: `large`: picture above the text; `thumbnail`: a small one beside it; `text`: no picture;
#: `none`: the link stays a link.
Layout = Literal["large", "thumbnail", "text", "none"]
MendKind = Literal["add-tag", "replace-tag", "remove-tag", "header", "server", "picture"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` where `page[start_byte:end_byte]` is, of the bytes as they were sent."""

    start_byte: int
    end_byte: int
    text: str


@dataclass(frozen=True, slots=True)
class Mend:
    """How a finding goes away. `text` is what to paste, or to do where no paste mends it.

    `edits` do it in the page itself; none for the kinds `header`, `server` and `picture`.
    """

    kind: MendKind
    text: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, of some platforms. `evidence` is what was seen."""

    rule: str
    severity: Severity
    platforms: tuple[str, ...]
    message: str
    evidence: str
    source: str
    confidence: Confidence
    fix: Mend


@dataclass(frozen=True, slots=True)
class PlatformView:
    """What one platform shows; None for nothing. `image` is an absolute URL."""

    platform: str
    title: str | None
    description: str | None
    image: str | None
    layout: Layout
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known of one page: platforms as the profiles order them, worst findings first.

    `notes` tell what could not be looked at.
    """

    url: str
    final_url: str
    platforms: tuple[PlatformView, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with lists; `notes` are there where there are any."""
        values = asdict(self)
        return values if self.notes else {k: v for k, v in values.items() if k != "notes"}

    def count(self, severity: Severity) -> int:
        """How many findings of that severity."""
        return sum(finding.severity == severity for finding in self.findings)
