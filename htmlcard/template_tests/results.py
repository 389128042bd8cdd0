"""What came of a case, of a template, of a whole run; what of it is a failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from htmlcard.images.perceptual import Difference
from htmlcard.linting.finding import LintFinding
from htmlcard.template_tests.cases import Case


class Verdict(StrEnum):
    """How a card stands to its golden."""

    SAME = "same"
    DIFFERENT = "different"
    NEW = "new"
    """There is no golden yet, which is no failure."""
    WRITTEN = "written"
    UNCOMPARED = "uncompared"
    """This fixture has no goldens."""
    UNDRAWN = "undrawn"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One card, drawn and judged. `picture` and `golden` are WebP; `failure` says why undrawn."""

    case: Case
    verdict: Verdict
    findings: tuple[LintFinding, ...] = ()
    failure: str = ""
    picture: bytes = field(default=b"", repr=False)
    golden: bytes = field(default=b"", repr=False)
    difference: Difference | None = None

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def failed(self) -> bool:
        return bool(self.failure or self.errors) or self.verdict is Verdict.DIFFERENT

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "case": self.case.name,
            "fixture": self.case.fixture.name,
            "size": self.case.size_name,
            "verdict": self.verdict.value,
            "failed": self.failed,
            "findings": [finding.as_dict() for finding in self.findings],
        }
        if self.failure:
            told["failure"] = self.failure
        if self.difference is not None:
            told["different_pixels"] = self.difference.pixels
        return told


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """All cards of a template. `problems` are what its files have wrong, `file:line: message`;
    `broken` tells that nothing could be drawn because of them."""

    name: str
    title: str
    cases: Sequence[CaseResult]
    problems: tuple[str, ...] = ()
    broken: bool = False
    stale_goldens: tuple[str, ...] = ()
    """Golden files that belong to no case any more."""

    @property
    def failed(self) -> bool:
        return self.broken or any(result.failed for result in self.cases)

    def count(self, verdict: str) -> int:
        return sum(result.verdict == verdict for result in self.cases)

    @property
    def errors(self) -> int:
        return sum(result.errors for result in self.cases)

    @property
    def warnings(self) -> int:
        return sum(len(result.findings) - result.errors for result in self.cases)

    def as_dict(self) -> dict[str, Any]:
        return {
            "template": self.name,
            "failed": self.failed,
            "broken": self.broken,
            "problems": list(self.problems),
            "stale_goldens": list(self.stale_goldens),
            "cases": [result.as_dict() for result in self.cases],
        }
