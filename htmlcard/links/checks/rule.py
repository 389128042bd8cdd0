"""The rules as data (`rules.toml`): whom each concerns, what it says, and on whose word."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from htmlcard.links.report import Confidence, MendKind, Severity

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")
Platforms = Literal["all"] | tuple[str, ...]


class Rule(BaseModel):
    """`message` is for people: what is wrong, and why it matters. `mend` is what to do.

    A finding that `stops` is the only one about its page, or about its picture.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    error: Platforms = ()
    warning: Platforms = ()
    hint: Platforms = ()
    when: str
    message: str
    kind: MendKind
    mend: str
    source: str | Mapping[Severity, str]
    confidence: Confidence | Mapping[Severity, Confidence]
    stops: bool = False

    def platforms(self, severity: Severity) -> Platforms:
        """Whom the rule may strike with that severity."""
        return {"error": self.error, "warning": self.warning, "hint": self.hint}[severity]

    def allows(self, severity: Severity, platform: str) -> bool:
        """Whether it may be that bad there."""
        platforms = self.platforms(severity)
        return platforms == "all" or platform in platforms

    def find_severity(self, platform: str) -> Severity | None:
        """How bad it is there at the worst; None where it does not matter."""
        return next((s for s in SEVERITIES if self.allows(s, platform)), None)

    def source_of(self, severity: Severity) -> str:
        """Who says so."""
        return self.source if isinstance(self.source, str) else self.source[severity]

    def confidence_of(self, severity: Severity) -> Confidence:
        """How far that carries."""
        return self.confidence if isinstance(self.confidence, str) else self.confidence[severity]


@cache
def load_rules() -> Mapping[str, Rule]:
    """All rules by id, in the order they are applied."""
    text = files("htmlcard.links.checks").joinpath("rules.toml").read_text("utf-8")
    return {name: Rule(id=name, **rule) for name, rule in tomllib.loads(text).items()}
