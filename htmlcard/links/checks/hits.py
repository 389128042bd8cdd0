"""What a rule finds: one thing, at one platform. `findings` puts together what is alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from htmlcard.links.checks.mends import Repair
from htmlcard.links.checks.rule import load_rules
from htmlcard.links.profiles import Profile
from htmlcard.links.report import MendKind, Severity


@dataclass(frozen=True, slots=True)
class Hit:
    """`evidence` is what was seen, `limit` what this platform makes of it.

    `names` fills the place in the rule's mend, `words` stand in its place; `repair` does it in the
    page. `kind` where it is not the rule's.
    """

    rule: str
    severity: Severity
    platform: str
    evidence: str
    limit: str = ""
    names: str = ""
    words: str = ""
    repair: Repair | None = None
    kind: MendKind | None = None


def strike(
    rule: str,
    profiles: Iterable[Profile],
    evidence: str,
    *,
    severity: Severity | None = None,
    limit: str = "",
    names: str = "",
    words: str = "",
    repair: Repair | None = None,
    kind: MendKind | None = None,
) -> Iterator[Hit]:
    """A hit for each of these platforms that the rule is about, as bad as it is there at the worst
    unless a `severity` is given."""
    found = load_rules()[rule]
    for profile in profiles:
        bad = severity or found.find_severity(profile.platform)
        if bad is not None:
            assert found.allows(bad, profile.platform), f"{rule} is no {bad} at {profile.platform}"
            yield Hit(rule, bad, profile.platform, evidence, limit, names, words, repair, kind)


def concerns(rule: str, profile: Profile) -> bool:
    """Whether the rule is about that platform: asked before anything is changed for it."""
    return load_rules()[rule].find_severity(profile.platform) is not None
